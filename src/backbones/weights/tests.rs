//! Files of weights that are read, and the errors for others.

use std::path::Path;

use super::{Tensor, Variant, Weights};
use crate::backbones::{Architecture, Backbone, BackboneError, BackboneName, WeightsAt, import, list, seeded};

const NAME: BackboneName = BackboneName::Resnet50;

/// A safetensors file of `tensors`.
fn file_of(weights: &Weights, keep: impl Fn(&str) -> bool, change: impl Fn(&str, &mut Tensor)) -> Vec<u8> {
    let tensors = weights.tensors().iter().filter(|(name, _)| keep(name)).map(|(name, tensor)| {
        let mut tensor = tensor.clone();
        change(name, &mut tensor);
        let bytes: Vec<u8> = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        (name.clone(), tensor.shape, bytes)
    });
    let tensors: Vec<_> = tensors.collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn read(bytes: &[u8]) -> Result<Weights, BackboneError> {
    Weights::from_bytes(bytes, Path::new("some/file.safetensors"), &Architecture::of(NAME, Variant::Caffe))
}

#[test]
fn prefixes_are_taken_off_and_do_not_change_the_hash() {
    let plain = read(&seeded::safetensors(NAME, Variant::Caffe, "")).unwrap();
    let wrapped = read(&seeded::safetensors(NAME, Variant::Caffe, "state_dict.module.model.")).unwrap();
    assert_eq!(plain.tensors(), wrapped.tensors());
    assert_eq!(plain.hash(), wrapped.hash());
}

#[test]
fn a_layer_that_is_not_there_is_named_with_those_that_are() {
    let whole = read(&seeded::safetensors(NAME, Variant::Caffe, "")).unwrap();
    let shallow = read(&file_of(&whole, |name| !name.starts_with("layer4"), |_, _| {})).unwrap();
    let backbone = Backbone::new(NAME, Variant::Caffe, shallow).unwrap();
    assert_eq!(backbone.layers(), ["conv2_block3_out", "conv3_block4_out", "conv4_block6_out"]);
    assert_ne!(backbone.hash(), whole.hash());
    let error = backbone.native(&["conv5_block3_out".to_owned()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weights lack layer `conv5_block3_out` (tensor `layer4.0.downsample.0.weight`), they have \
         `conv2_block3_out`, `conv3_block4_out`, `conv4_block6_out`: `some/file.safetensors`"
    );
    assert!(error.hint().is_some());
}

#[test]
fn wrong_tensors_are_named() {
    let whole = read(&seeded::safetensors(NAME, Variant::Caffe, "")).unwrap();
    let reshaped = file_of(
        &whole,
        |_| true,
        |name, tensor| {
            if name == "layer1.0.conv1.weight" {
                tensor.shape = vec![32, 128, 1, 1];
            }
        },
    );
    assert_eq!(
        read(&reshaped).unwrap_err().to_string(),
        "tensor `layer1.0.conv1.weight` has shape [32, 128, 1, 1], expected [64, 64, 1, 1]: `some/file.safetensors`"
    );
    let broken = file_of(
        &whole,
        |_| true,
        |name, tensor| {
            if name == "bn1.bias" {
                tensor.values[3] = f32::NAN;
            }
        },
    );
    assert!(matches!(read(&broken), Err(BackboneError::NotFinite { tensor, .. }) if tensor == "bn1.bias"));
    let other = read(&seeded::safetensors(BackboneName::Vgg16, Variant::Caffe, "")).unwrap();
    assert!(matches!(Backbone::new(NAME, Variant::Caffe, other), Err(BackboneError::OtherNetwork { .. })));
}

#[test]
fn garbage_is_refused_with_a_hint() {
    let whole = seeded::safetensors(BackboneName::EfficientnetLite0, Variant::Tensorflow, "");
    let garbage: [&[u8]; 6] = [b"", b"PK\x03\x04", b"\x80\x02", b"<html>not found</html>", &whole[..1000], &[0; 64]];
    for bytes in garbage {
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, BackboneError::NotWeights { .. }), "{error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn an_import_keeps_the_numbers_and_the_variant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("resnet50_keras.bin");
    std::fs::write(&file, seeded::safetensors(NAME, Variant::Caffe, "module.")).unwrap();
    let checkpoints = folder.path().join("checkpoints");
    assert!(matches!(Backbone::load(NAME, &checkpoints), Err(BackboneError::NoWeights { .. })));

    let guessed = import(&file, NAME, None, &checkpoints).unwrap();
    assert_eq!(guessed.variant, Variant::Caffe, "the name says keras");
    assert!(guessed.missing.is_empty());
    let explicit = import(&file, NAME, Some(Variant::Torchvision), &checkpoints).unwrap();
    let loaded = Backbone::load(NAME, &checkpoints).unwrap();
    assert_eq!((loaded.variant(), loaded.hash()), (Variant::Torchvision, explicit.hash.as_str()));
    assert_eq!(loaded.weights().metadata()["rails.source"], "resnet50_keras.bin");
    assert!(import(&file, NAME, Some(Variant::Tensorflow), &checkpoints).is_err());
    assert_eq!(std::fs::read_dir(&checkpoints).unwrap().count(), 1, "nothing half-written stays");

    let models = list(&checkpoints);
    let found: Vec<_> = models.iter().map(|model| (model.name, model.variant)).collect();
    assert_eq!(
        found,
        [
            (BackboneName::EfficientnetLite0, Some(Variant::Tensorflow)),
            (BackboneName::Resnet50, Some(Variant::Torchvision)),
            (BackboneName::Vgg16, None),
        ]
    );
    assert_eq!(models[0].weights, WeightsAt::Embedded);
    assert!(models[1].layers.iter().all(|(_, _, present)| *present));
    assert!(matches!(models[2].weights, WeightsAt::Missing(_)));
}
