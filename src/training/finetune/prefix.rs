//! The part of a network that stays as it is: the native engine on the processor, the burn module on a GPU.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use ndarray::{Array2, Array3, Axis};

use super::TrainedPart;
use crate::backbones::native::Native;
use crate::backbones::network::Network;
use crate::backbones::trainable::{NormMode, Trainable};
use crate::backbones::{Backbone, BackboneError};
use crate::device::Device;
use crate::images::Image;

/// The frozen part: turns an image into the input of the part that learns.
pub(super) enum Prefix<B: Backend> {
    /// Nothing: the image itself is the input.
    Nothing,
    /// On the processor.
    Native { engine: Native, pooled: bool },
    /// On a GPU.
    Burn { network: Network<B>, device: B::Device, pooled: bool },
}

/// Cuts the network of `backbone` up to `layer` in two: what stays, and what learns.
///
/// # Errors
/// When the weights lack the layer.
pub(super) fn cut<B: Backend, L: Backend<Device = B::Device>>(
    backbone: &Backbone,
    layer: &str,
    part: TrainedPart,
    mode: NormMode,
    on: Device,
    device: &B::Device,
) -> Result<(Prefix<B>, Trainable<L>), BackboneError> {
    let names = [layer.to_owned()];
    let (weights, spec) = (backbone.weights(), backbone.spec());
    let whole = weights.require(backbone.architecture(), &names)?;
    let cut = match part {
        TrainedPart::Head => Some(layer.to_owned()),
        TrainedPart::LastStage => backbone.architecture().before_stage_of(layer)?.map(|layer| layer.name.clone()),
        TrainedPart::All => None,
    };
    let Some(cut) = cut else {
        return Ok((Prefix::Nothing, Trainable::new(whole, weights, Some(spec), mode, device)?));
    };
    let learns = backbone.architecture().after(&cut)?.up_to(&names)?;
    let pooled = part == TrainedPart::Head;
    let prefix = match on {
        Device::Cpu => Prefix::Native { engine: backbone.native(&[cut])?, pooled },
        Device::Cuda => Prefix::Burn { network: backbone.network(&[cut], device)?, device: device.clone(), pooled },
    };
    Ok((prefix, Trainable::new(learns, weights, None, mode, device)?))
}

impl<B: Backend> Prefix<B> {
    /// `[channels, height, width]` for each image; averages are maps of one pixel.
    ///
    /// # Errors
    /// When an image has another shape than the network takes.
    pub fn maps(&self, images: &[Image]) -> Result<Vec<Array3<f32>>, BackboneError> {
        let views: Vec<_> = images.iter().map(|image| image.pixels.view()).collect();
        let pixels = |rows: Array2<f32>| {
            rows.outer_iter().map(|row| row.to_owned().insert_axis(Axis(1)).insert_axis(Axis(2))).collect()
        };
        match self {
            Self::Nothing => Ok(images.iter().map(planes).collect()),
            Self::Native { engine, pooled: true } => engine.features(&views).map(pixels),
            Self::Native { engine, pooled: false } => engine.maps(&views),
            Self::Burn { network, device, pooled } => {
                let maps = images.iter().map(|image| {
                    let input = stack::<B>(&[&planes(image)], device);
                    let map = network.maps(input).pop().map(|map| if *pooled { averages(map) } else { map });
                    map.map_or_else(|| Array3::zeros((0, 0, 0)), array)
                });
                Ok(maps.collect())
            }
        }
    }
}

fn planes(image: &Image) -> Array3<f32> {
    image.pixels.view().permuted_axes([2, 0, 1]).as_standard_layout().into_owned()
}

fn averages<B: Backend>(map: Tensor<B, 4>) -> Tensor<B, 4> {
    map.mean_dim(3).mean_dim(2)
}

/// The only map of a batch of one.
fn array<B: Backend>(map: Tensor<B, 4>) -> Array3<f32> {
    let [_, channels, height, width] = map.dims();
    let values = map.into_data().convert::<f32>().into_vec().expect("converted to f32");
    Array3::from_shape_vec((channels, height, width), values).expect("burn gives row-major data")
}

/// Maps of one height and width as a batch; a grey image among coloured ones is repeated in every channel.
pub(super) fn stack<B: Backend>(maps: &[&Array3<f32>], device: &B::Device) -> Tensor<B, 4> {
    let channels = maps.iter().map(|map| map.dim().0).max().unwrap_or(0);
    let (_, height, width) = maps.first().map_or((0, 0, 0), |map| map.dim());
    let mut values: Vec<f32> = Vec::with_capacity(maps.len() * channels * height * width);
    for map in maps {
        let last = map.dim().0 - 1;
        (0..channels).for_each(|c| values.extend(map.index_axis(Axis(0), c.min(last))));
    }
    Tensor::from_data(TensorData::new(values, [maps.len(), channels, height, width]), device)
}
