//! Global average pooling of a pretrained network's layers, one layer after the other.
//!
//! The CPU runs the native engine, whose numbers depend on nothing but the image; CUDA runs the burn module, which
//! agrees to about 1e-5 of a vector's norm.

use std::sync::{Mutex, PoisonError};

use burn::tensor::backend::{AutodiffBackend, Backend as BurnBackend};
use burn::tensor::{Tensor, TensorData};
use ndarray::{Array2, Array3};

use super::{BatchExtractor, FeatureError, Features};
use crate::backbones::native::Native;
use crate::backbones::network::Network;
use crate::backbones::{Backbone, BackboneError};
use crate::device::{Device, OnBackend};
use crate::images::{Decoded, DepthRange, Image, Interpolation, Resize, resize};

/// Runs images through layers of a backbone.
pub struct BackboneFeatures {
    engine: Engine,
    columns: Vec<String>,
    fingerprint: String,
    /// Rows and columns that the weights expect.
    size: usize,
    resize: Resize,
}

/// Every network here was trained on bilinearly resized images.
const INTERPOLATION: Interpolation = Interpolation::Bilinear;

impl BackboneFeatures {
    /// Averages of `layers`, in this order, of images brought to the size of the weights by `resize`.
    ///
    /// # Errors
    /// When a layer is unknown or the weights lack it.
    pub fn new(backbone: &Backbone, layers: &[String], resize: Resize, device: Device) -> Result<Self, BackboneError> {
        let engine = match device {
            Device::Cpu => Engine::Native(backbone.native(layers)?),
            Device::Cuda => Engine::Burn(device.run(Build { backbone, layers })?),
        };
        let mut columns = Vec::new();
        for layer in layers {
            let channels = backbone.architecture().layer(layer)?.channels;
            columns.extend((0..channels).map(|index| format!("{layer}_{index}")));
        }
        let size = backbone.spec().size;
        let fingerprint = format!(
            "{} {} weights {} layers {} size {size} resize {resize:?} {INTERPOLATION:?} engine {}",
            backbone.name(),
            backbone.variant().as_str(),
            backbone.hash(),
            layers.join("+"),
            engine.name(),
        );
        Ok(Self { engine, columns, fingerprint, size, resize })
    }
}

impl Features for BackboneFeatures {
    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }
}

impl BatchExtractor for BackboneFeatures {
    fn prepare(&self, image: Image) -> Image {
        resize(image, (self.size, self.size), self.resize, INTERPOLATION)
    }

    fn prepare_decoded(&self, decoded: &Decoded, depth: &DepthRange) -> Image {
        depth.apply_resized(decoded, (self.size, self.size), self.resize, INTERPOLATION)
    }

    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
        match &self.engine {
            Engine::Native(native) => {
                let pixels: Vec<_> = images.iter().map(|image| image.pixels.view()).collect();
                native.features(&pixels).map_err(|error| FeatureError(error.to_string()))
            }
            Engine::Burn(network) => network.lock().unwrap_or_else(PoisonError::into_inner).extract(images),
        }
    }
}

enum Engine {
    Native(Native),
    /// One batch at a time: the GPU is busy with it anyway.
    Burn(Mutex<Box<dyn Extract>>),
}

impl Engine {
    const fn name(&self) -> &'static str {
        match self {
            Self::Native(_) => "native",
            Self::Burn(_) => "burn",
        }
    }
}

/// A network whose backend is no longer part of its type.
trait Extract: Send {
    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError>;
}

/// A network and where it lies.
struct OnDevice<B: BurnBackend> {
    network: Network<B>,
    device: B::Device,
}

impl<B: BurnBackend> Extract for OnDevice<B> {
    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
        let n_features = self.network.n_features();
        let Some(first) = images.first() else { return Ok(Array2::zeros((0, n_features))) };
        let (height, width, _) = first.pixels.dim();
        if let Some(odd) = images.iter().find(|image| image.pixels.dim().0 != height || image.pixels.dim().1 != width) {
            return Err(FeatureError(format!("images of different sizes in a batch: {:?}", odd.pixels.dim())));
        }
        // Grey images cross to the device as one channel, unless there is a coloured one among them.
        let channels = images.iter().map(|image| image.pixels.dim().2).max().unwrap_or(1);
        let mut planes = Vec::with_capacity(images.len() * channels * height * width);
        for image in images {
            planes.extend(channels_first(&image.pixels, channels));
        }
        let batch = TensorData::new(planes, [images.len(), channels, height, width]);
        let features = self.network.features(Tensor::from_data(batch, &self.device)).into_data();
        let values = features.to_vec::<f32>().map_err(|error| FeatureError(format!("{error:?}")))?;
        Array2::from_shape_vec((images.len(), n_features), values).map_err(|error| FeatureError(error.to_string()))
    }
}

/// Values in `[channels, height, width]` order; a grey image's channel is repeated.
fn channels_first(pixels: &Array3<f32>, channels: usize) -> impl Iterator<Item = f32> + '_ {
    let last = pixels.dim().2 - 1;
    (0..channels).flat_map(move |c| pixels.index_axis(ndarray::Axis(2), c.min(last)).into_iter().copied())
}

/// Puts a network on the device.
struct Build<'a> {
    backbone: &'a Backbone,
    layers: &'a [String],
}

impl OnBackend for Build<'_> {
    type Output = Result<Mutex<Box<dyn Extract>>, BackboneError>;

    fn run<B: AutodiffBackend>(self, device: &B::Device) -> Self::Output {
        let network = self.backbone.network::<B::InnerBackend>(self.layers, device)?;
        Ok(Mutex::new(Box::new(OnDevice::<B::InnerBackend> { network, device: device.clone() })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(channels: usize, step: usize) -> Image {
        let level = |(y, x, c): (usize, usize, usize)| ((y * step + 3 * x + 50 * c) % 256) as f32;
        Image { pixels: Array3::from_shape_fn((50, 70, channels), level) }
    }

    fn extractor(layers: &[&str]) -> BackboneFeatures {
        let layers: Vec<String> = layers.iter().map(ToString::to_string).collect();
        BackboneFeatures::new(&Backbone::embedded().unwrap(), &layers, Resize::Stretch, Device::Cpu).unwrap()
    }

    #[test]
    fn layers_stand_side_by_side_and_grey_mixes_with_colour() {
        let both = extractor(&["stage3", "stage5"]);
        let columns = both.columns();
        assert_eq!((columns.len(), columns[0].as_str(), columns[40].as_str()), (152, "stage3_0", "stage5_0"));
        let images = [image(1, 1), image(3, 2)].map(|image| both.prepare(image));
        let features = both.extract(&images).unwrap();
        let alone = extractor(&["stage5"]);
        assert_eq!(features.slice(ndarray::s![.., 40..]), alone.extract(&images).unwrap());
        assert_ne!(both.fingerprint(), alone.fingerprint());
    }

    #[test]
    fn the_burn_engine_gives_the_same_features() {
        let layers = ["stage2".to_owned(), "stage4".to_owned()];
        let backbone = Backbone::embedded().unwrap();
        let burn = Device::Cpu.run(Build { backbone: &backbone, layers: &layers }).unwrap();
        let native = extractor(&["stage2", "stage4"]);
        let images = [image(1, 1), image(3, 2)].map(|image| resize(image, (64, 64), Resize::Stretch, INTERPOLATION));
        let expected = native.extract(&images).unwrap();
        let actual = burn.lock().unwrap().extract(&images).unwrap();
        for (a, e) in actual.iter().zip(&expected) {
            assert!((a - e).abs() < 1e-4, "{a} {e}");
        }
    }

    #[test]
    fn an_unknown_layer_names_those_there_are() {
        let backbone = Backbone::embedded().unwrap();
        let built = BackboneFeatures::new(&backbone, &["tail".to_owned()], Resize::Stretch, Device::Cpu);
        let message = built.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains("`tail`") && message.contains("`head`"), "{message}");
    }
}
