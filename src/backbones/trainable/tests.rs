use burn::tensor::ElementConversion;
use burn::tensor::backend::AutodiffBackend;
use ndarray::{Array2, Array3};

use super::*;
use crate::backbones::native::Native;
use crate::backbones::tests::worst;
use crate::backbones::{Backbone, BackboneName, Variant, seeded};
use crate::device::{Device, OnBackend};

/// Features of the part behind `cut` for maps of the native engine, and what the weights are afterwards.
struct Behind<'a> {
    backbone: &'a Backbone,
    cut: Option<&'a str>,
    layer: &'a str,
    mode: NormMode,
    dtype: FloatDType,
    images: &'a [Array3<f32>],
}

impl OnBackend for Behind<'_> {
    type Output = (Array2<f32>, Weights);

    fn run<B: AutodiffBackend>(self, device: &B::Device) -> Self::Output {
        let whole = self.backbone.weights().require(self.backbone.architecture(), &[self.layer.to_owned()]).unwrap();
        let all = self.backbone.architecture();
        let views: Vec<_> = self.images.iter().map(Array3::view).collect();
        let (part, spec, inputs) = match self.cut {
            None => (whole, Some(self.backbone.spec()), planes(self.images)),
            Some(cut) => {
                let names = [cut.to_owned()];
                let native = Native::new(&all.up_to(&names).unwrap(), self.backbone.weights(), &self.backbone.spec());
                let deep = all.after(cut).unwrap().up_to(&[self.layer.to_owned()]).unwrap();
                (deep, None, native.unwrap().maps(&views).unwrap())
            }
        };
        let weights = self.backbone.weights();
        let part = Trainable::<B::InnerBackend>::new(part, weights, spec, self.mode, device).unwrap();
        let rows: Vec<f32> = inputs
            .into_iter()
            .flat_map(|map| {
                let (channels, height, width) = map.dim();
                let values = map.into_iter().collect::<Vec<_>>();
                let input = Tensor::from_data(TensorData::new(values, [1, channels, height, width]), device);
                part.features(input, self.dtype).into_data().to_vec::<f32>().unwrap()
            })
            .collect();
        let shape = (self.images.len(), rows.len() / self.images.len());
        (Array2::from_shape_vec(shape, rows).unwrap(), part.into_weights(weights))
    }
}

fn planes(images: &[Array3<f32>]) -> Vec<Array3<f32>> {
    images.iter().map(|image| image.view().permuted_axes([2, 0, 1]).as_standard_layout().into_owned()).collect()
}

fn native(backbone: &Backbone, layer: &str, images: &[Array3<f32>]) -> Array2<f32> {
    let views: Vec<_> = images.iter().map(Array3::view).collect();
    backbone.native(&[layer.to_owned()]).unwrap().features(&views).unwrap()
}

#[test]
fn a_frozen_prefix_and_the_part_behind_it_are_the_whole_network() {
    let images = seeded::images();
    for (backbone, layer) in [
        (Backbone::embedded().unwrap(), "head"),
        (seeded::backbone(BackboneName::Resnet50, Variant::Caffe), "conv4_block6_out"),
        (seeded::backbone(BackboneName::Vgg16, Variant::Torchvision), "head"),
    ] {
        let expected = native(&backbone, layer, &images);
        let stage = backbone.architecture().before_stage_of(layer).unwrap().map(|layer| layer.name.clone());
        for (cut, mode) in [
            (None, NormMode::Frozen),
            (None, NormMode::Trained),
            (stage.as_deref(), NormMode::Frozen),
            (stage.as_deref(), NormMode::Trained),
            (Some(layer), NormMode::Frozen),
        ] {
            let dtype = FloatDType::F32;
            let job = Behind { backbone: &backbone, cut, layer, mode, dtype, images: &images };
            let (features, weights) = Device::Cpu.run(job);
            let error = worst(&features, &expected);
            assert!(error < 1e-4, "{} {cut:?} {mode:?}: {error}", backbone.name());
            assert_eq!(weights.hash(), backbone.hash(), "nothing was learned");
        }
    }
}

#[test]
fn sixteen_bits_inside_change_little() {
    let (images, backbone) = (seeded::images(), Backbone::embedded().unwrap());
    let (cut, mode, dtype) = (Some("stage6"), NormMode::Trained, FloatDType::BF16);
    let job = Behind { backbone: &backbone, cut, layer: "head", mode, dtype, images: &images };
    let error = worst(&Device::Cpu.run(job).0, &native(&backbone, "head", &images));
    assert!((1e-5..0.05).contains(&error), "{error}");
}

/// The loss falls along a numeric derivative as the gradient says it does.
struct GradientCheck(NormMode);

impl OnBackend for GradientCheck {
    type Output = ();

    fn run<B: AutodiffBackend>(self, device: &B::Device) {
        let backbone = Backbone::embedded().unwrap();
        let tail = backbone.architecture().after("stage6").unwrap().up_to(&["stage7".to_owned()]).unwrap();
        let part = Trainable::<B>::new(tail, backbone.weights(), None, self.0, device).unwrap();
        let values = |name: &str, n: usize| seeded::uniform(name, n);
        let input = Tensor::<B, 4>::from_data(TensorData::new(values("input", 2 * 192 * 9), [2, 192, 3, 3]), device);
        let weights = Tensor::<B, 2>::from_data(TensorData::new(values("loss", 2 * 320), [2, 320]), device);
        let loss = |part: &Trainable<B>| (part.features(input.clone(), FloatDType::F32) * weights.clone()).sum();
        let gradients = loss(&part).backward();
        for index in 0..part.convolutions.len() {
            let weight = part.convolutions[index].weight.val();
            let gradient = weight.grad(&gradients).unwrap();
            // Along the gradient itself, where the derivative is its squared norm.
            let square: f32 = gradient.clone().square().sum().into_scalar().elem();
            let step = 2e-3 / square.sqrt();
            let moved = |sign: f32| {
                let mut other = part.clone();
                let direction = Tensor::from_inner(gradient.clone() * (sign * step));
                other.convolutions[index].weight = Param::from_tensor(weight.clone().detach() + direction);
                let loss: f32 = loss(&other).into_scalar().elem();
                f64::from(loss)
            };
            let numeric = (moved(1.0) - moved(-1.0)) / f64::from(2.0 * step);
            let error = (numeric / f64::from(square) - 1.0).abs();
            assert!(error < 0.02, "{:?}, convolution {index}: {numeric} against {square}", self.0);
        }
    }
}

#[test]
fn gradients_are_what_numeric_differences_say() {
    Device::Cpu.run(GradientCheck(NormMode::Frozen));
    Device::Cpu.run(GradientCheck(NormMode::Trained));
}

/// Batch statistics of one batch, and what they do to the running averages.
struct Statistics;

impl OnBackend for Statistics {
    type Output = (Weights, Weights);

    fn run<B: AutodiffBackend>(self, device: &B::Device) -> Self::Output {
        let backbone = Backbone::embedded().unwrap();
        let tail = backbone.architecture().after("stage6").unwrap().up_to(&["stage7".to_owned()]).unwrap();
        let part = Trainable::<B>::new(tail, backbone.weights(), None, NormMode::Trained, device).unwrap();
        let input = seeded::uniform("input", 2 * 192 * 9);
        let input = Tensor::<B, 4>::from_data(TensorData::new(input, [2, 192, 3, 3]), device);
        part.features(input, FloatDType::F32);
        (backbone.weights().clone(), part.into_weights(backbone.weights()))
    }
}

#[test]
fn trained_norms_follow_the_images() {
    let (before, after) = Device::Cpu.run(Statistics);
    let changed: Vec<&String> =
        before.tensors().iter().filter(|(name, old)| after.tensors()[*name] != **old).map(|(name, _)| name).collect();
    assert_eq!(changed.len(), 6, "two statistics of three norms: {changed:?}");
    assert!(changed.iter().all(|name| name.contains("running_")), "{changed:?}");
}
