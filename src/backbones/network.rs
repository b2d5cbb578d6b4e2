//! A backbone as a burn module, for inference: what CUDA runs. [`super::trainable`] is its sibling that learns.
//!
//! It is built from the same [`Architecture`] and weights as [`super::native`]; a test holds the two together. Batch
//! norms are folded into the convolutions.

use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::architecture::{Architecture, Conv};
use super::fold::fold;
use super::graph::{average, convolution, maps, normalised};
use super::weights::{Weights, WeightsSpec};
use super::{Backbone, BackboneError};

/// Kernels and biases of one convolution.
#[derive(Module, Debug)]
pub struct Kernels<B: Backend> {
    /// Shape `[outputs, inputs, rows, columns]`; `inputs` is 1 where depthwise.
    pub weight: Param<Tensor<B, 4>>,
    /// Shape `[outputs]`.
    pub bias: Param<Tensor<B, 1>>,
}

/// A backbone on a burn backend.
#[derive(Module, Debug)]
pub struct Network<B: Backend> {
    /// In the order of computation.
    pub convolutions: Vec<Kernels<B>>,
    #[module(skip)]
    architecture: Architecture,
    #[module(skip)]
    spec: WeightsSpec,
}

impl Backbone {
    /// The burn module, as deep as `layers` need.
    ///
    /// # Errors
    /// When a layer is unknown or the weights lack it.
    pub fn network<B: Backend>(&self, layers: &[String], device: &B::Device) -> Result<Network<B>, BackboneError> {
        let architecture = self.weights().require(self.architecture(), layers)?;
        Network::new(architecture, self.weights(), self.spec(), device)
    }
}

impl<B: Backend> Network<B> {
    /// Computes every layer of `architecture` (see [`Architecture::up_to`]).
    ///
    /// # Errors
    /// When a tensor is missing.
    pub fn new(
        architecture: Architecture,
        weights: &Weights,
        spec: WeightsSpec,
        device: &B::Device,
    ) -> Result<Self, BackboneError> {
        let convolutions =
            architecture.convs().map(|conv| Kernels::new(conv, weights, device)).collect::<Result<_, _>>()?;
        Ok(Self { convolutions, architecture, spec })
    }

    /// Number of features of an image: the channels of all layers.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.architecture.layers.iter().map(|layer| layer.channels).sum()
    }

    /// The maps of the layers, `[batch, channels, height, width]` each, for RGB or grey `images` of shape
    /// `[batch, 3 or 1, size, size]` with values in `0.0..=255.0`.
    pub fn maps(&self, images: Tensor<B, 4>) -> Vec<Tensor<B, 4>> {
        maps(&self.architecture, normalised(images, &self.spec), |index, conv, map| {
            let Kernels { weight, bias } = &self.convolutions[index];
            convolution(conv, map, weight.val(), Some(bias.val()))
        })
    }

    /// The averages of the layers, one after the other, shape `[batch, n_features]`, for images as in [`Self::maps`].
    pub fn features(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        Tensor::cat(self.maps(images).into_iter().map(average).collect(), 1)
    }
}

impl<B: Backend> Kernels<B> {
    fn new(conv: &Conv, weights: &Weights, device: &B::Device) -> Result<Self, BackboneError> {
        let folded = fold(conv, weights)?;
        let inputs = if conv.depthwise { 1 } else { conv.inputs };
        let shape = [conv.outputs, inputs, conv.kernel, conv.kernel];
        let weight = Tensor::from_data(TensorData::new(folded.weights, shape), device);
        let bias = Tensor::from_data(TensorData::new(folded.bias, [conv.outputs]), device);
        Ok(Self { weight: Param::from_tensor(weight), bias: Param::from_tensor(bias) })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::backend::AutodiffBackend;
    use ndarray::{Array2, Array3};

    use super::*;
    use crate::backbones::tests::worst;
    use crate::backbones::{BackboneName, Variant, seeded};
    use crate::device::{Device, OnBackend};

    struct Features<'a> {
        backbone: &'a Backbone,
        layers: &'a [String],
        images: &'a [Array3<f32>],
    }

    impl OnBackend for Features<'_> {
        type Output = Array2<f32>;

        fn run<B: AutodiffBackend>(self, device: &B::Device) -> Array2<f32> {
            let network = self.backbone.network::<B::InnerBackend>(self.layers, device).unwrap();
            let rows = self.images.iter().flat_map(|image| {
                let (height, width, channels) = image.dim();
                let planes = image.view().permuted_axes([2, 0, 1]).iter().copied().collect::<Vec<_>>();
                let images = Tensor::from_data(TensorData::new(planes, [1, channels, height, width]), device);
                network.features(images).into_data().to_vec::<f32>().unwrap()
            });
            Array2::from_shape_vec((self.images.len(), network.n_features()), rows.collect()).unwrap()
        }
    }

    #[test]
    fn both_engines_agree() {
        let images = seeded::images();
        let seeded = |name, variant| seeded::backbone(name, variant);
        for backbone in [
            Backbone::embedded().unwrap(),
            seeded(BackboneName::Resnet50, Variant::Caffe),
            seeded(BackboneName::Resnet50, Variant::Torchvision),
            seeded(BackboneName::Vgg16, Variant::Torchvision),
        ] {
            let layers = backbone.layers();
            let burn = Device::Cpu.run(Features { backbone: &backbone, layers: &layers, images: &images });
            let views: Vec<_> = images.iter().map(Array3::view).collect();
            let native = backbone.native(&layers).unwrap().features(&views).unwrap();
            let error = worst(&burn, &native);
            println!("{} {}: {error:.1e}", backbone.name(), backbone.variant().as_str());
            assert!(error < 1e-4, "{} {:?}: {error}", backbone.name(), backbone.variant());
        }
    }
}
