//! Activations of a network as features.

use ndarray::{Array2, ArrayView3};

use super::{FeatureError, FeatureExtractor};
use crate::backbones::native::Native;
use crate::backbones::{Backbone, BackboneError};
use crate::device::Device;
use crate::images::{Image, Interpolation, Resize, resize};

/// The averages of one or several layers of a network.
pub struct BackboneFeatures {
    native: Native,
    columns: Vec<String>,
    fingerprint: String,
    size: usize,
    mode: Resize,
}

impl BackboneFeatures {
    /// # Errors
    /// When a layer is unknown, or the weights lack it.
    pub fn new(backbone: &Backbone, layers: &[String], mode: Resize, _: Device) -> Result<Self, BackboneError> {
        let native = backbone.native(layers)?;
        let columns = (0..native.n_features()).map(|i| i.to_string()).collect();
        let fingerprint = format!("{} {} {layers:?} {mode:?} native", backbone.name(), backbone.hash());
        Ok(Self { native, columns, fingerprint, size: backbone.spec().size, mode })
    }
}

impl FeatureExtractor for BackboneFeatures {
    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn prepare(&self, image: Image) -> Image {
        resize(image, (self.size, self.size), self.mode, Interpolation::Bilinear)
    }

    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
        let views: Vec<ArrayView3<'_, f32>> = images.iter().map(|image| image.pixels.view()).collect();
        self.native.features(&views).map_err(|error| FeatureError(error.to_string()))
    }
}
