//! Input specification: the size and scaling of images that weights expect. It belongs to them, never to the caller.

use serde::{Deserialize, Serialize};

use super::Weights;
use crate::backbones::BackboneName;

/// Which training of a network; decides details of its form and its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// The authors' Caffe weights, which Keras ships: BGR minus the mean, strides in the first 1×1 convolutions.
    Caffe,
    /// torchvision's and timm's: RGB, standardised, strides in the 3×3 convolutions.
    Torchvision,
    /// Google's `EfficientNet`: RGB to ±1, padded as with TensorFlow's `SAME`.
    Tensorflow,
}

impl Variant {
    /// As in recipes and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caffe => "caffe",
            Self::Torchvision => "torchvision",
            Self::Tensorflow => "tensorflow",
        }
    }

    /// The variants a network comes in, the usual one first.
    #[must_use]
    pub const fn of(name: BackboneName) -> &'static [Self] {
        match name {
            BackboneName::EfficientnetLite0 => &[Self::Tensorflow],
            BackboneName::Resnet50 | BackboneName::Vgg16 => &[Self::Torchvision, Self::Caffe],
        }
    }

    /// The variant that the file tells of: its `rails.variant`, else a word in its description or name (`caffe`, `keras`,
    /// `bgr`), else the usual variant. Tensor names and shapes cannot tell.
    #[must_use]
    pub fn guess(name: BackboneName, weights: &Weights) -> Self {
        let variants = Self::of(name);
        let stated = weights.metadata().get("rails.variant");
        if let Some(known) = variants.iter().find(|variant| stated.is_some_and(|text| text == variant.as_str())) {
            return *known;
        }
        let file = weights.source().file_name().map(|name| name.to_string_lossy().to_lowercase());
        let told = weights.metadata().values().map(|text| text.to_lowercase()).chain(file);
        let caffe = told.into_iter().any(|text| ["caffe", "keras", "bgr"].iter().any(|word| text.contains(word)));
        if caffe && variants.contains(&Self::Caffe) { Self::Caffe } else { variants[0] }
    }
}

/// The order of colours in the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// As in image files.
    Rgb,
    /// As in Caffe and `OpenCV`.
    Bgr,
}

/// Input that the network was trained on: channel `c` is `(pixel - mean[c]) * scale[c]`, pixels in `0..=255`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WeightsSpec {
    /// Rows and columns of the input.
    pub size: usize,
    /// Order of the channels, and of `mean` and `scale`.
    pub channel_order: ChannelOrder,
    /// Subtracted, in grey levels.
    pub mean: [f32; 3],
    /// Multiplied.
    pub scale: [f32; 3],
}

impl WeightsSpec {
    /// The input that a variant expects; every network here was trained on bilinearly resized 224×224 images.
    #[must_use]
    pub fn of(variant: Variant) -> Self {
        match variant {
            Variant::Caffe => {
                Self { size: 224, channel_order: ChannelOrder::Bgr, mean: [103.939, 116.779, 123.68], scale: [1.0; 3] }
            }
            Variant::Torchvision => Self {
                size: 224,
                channel_order: ChannelOrder::Rgb,
                mean: [0.485, 0.456, 0.406].map(|mean| 255.0 * mean),
                scale: [0.229, 0.224, 0.225].map(|deviation: f32| 1.0 / (255.0 * deviation)),
            },
            Variant::Tensorflow => {
                Self { size: 224, channel_order: ChannelOrder::Rgb, mean: [127.0; 3], scale: [1.0 / 128.0; 3] }
            }
        }
    }

    /// Which channel of the image, 0 for red, the network's channel `c` reads.
    #[must_use]
    pub const fn source_channel(&self, c: usize) -> usize {
        match self.channel_order {
            ChannelOrder::Rgb => c,
            ChannelOrder::Bgr => 2 - c,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_serde() {
        for variant in [Variant::Caffe, Variant::Torchvision, Variant::Tensorflow] {
            assert_eq!(serde_json::to_string(&variant).unwrap(), format!("\"{}\"", variant.as_str()));
        }
    }
}
