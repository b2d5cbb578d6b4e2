//! Weights from a seeded generator, for tests; `tests/golden/make_backbones.py` has the same generator.

use std::path::Path;

use ndarray::Array3;

use super::weights::Weights;
use super::{Architecture, Backbone, BackboneName, Variant};

/// `SplitMix64` seeded with the FNV-1a hash of `name`: `count` numbers in -1..1.
pub fn uniform(name: &str, count: usize) -> Vec<f32> {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn tensor(name: &str, shape: &[usize]) -> Vec<f32> {
    let mut values = uniform(name, shape.iter().product());
    let map: Box<dyn Fn(f32) -> f32> = if shape.len() == 4 {
        let fan_in: usize = shape[1..].iter().product();
        let bound = (6.0 / fan_in as f64) as f32;
        Box::new(move |value| value * bound.sqrt())
    } else if name.ends_with("running_var") {
        Box::new(|value| 1.0 + 0.5 * value)
    } else if name.ends_with("weight") {
        Box::new(|value| 0.75 + 0.25 * value)
    } else {
        Box::new(|value| 0.25 * value)
    };
    for value in &mut values {
        *value = map(*value);
    }
    values
}

/// The bytes of a safetensors file with every tensor of a network, its names behind `prefix`.
pub fn safetensors(name: BackboneName, variant: Variant, prefix: &str) -> Vec<u8> {
    let shapes = Architecture::of(name, variant).convs().flat_map(super::weights::tensors_of).collect::<Vec<_>>();
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = shapes
        .into_iter()
        .map(|(name, shape)| {
            let values = tensor(&name, &shape).into_iter().flat_map(f32::to_le_bytes).collect();
            (format!("{prefix}{name}"), shape, values)
        })
        .collect();
    let view = |shape: &Vec<usize>, bytes| {
        safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap()
    };
    safetensors::serialize(bytes.iter().map(|(name, shape, bytes)| (name, view(shape, bytes))), None).unwrap()
}

/// A network with seeded weights.
pub fn backbone(name: BackboneName, variant: Variant) -> Backbone {
    let bytes = safetensors(name, variant, "");
    let weights = Weights::from_bytes(&bytes, Path::new("<seeded>"), &Architecture::of(name, variant)).unwrap();
    Backbone::new(name, variant, weights).unwrap()
}

/// Two RGB images and one grey one of 64×64.
pub fn images() -> Vec<Array3<f32>> {
    let size = 64;
    let level = |value: f32| ((value + 1.0) * 128.0).floor();
    let colour: Vec<f32> = uniform("pixels", 2 * size * size * 3).into_iter().map(level).collect();
    let grey: Vec<f32> = uniform("grey", size * size).into_iter().map(level).collect();
    let mut images: Vec<_> = colour
        .chunks_exact(size * size * 3)
        .map(|image| Array3::from_shape_vec((size, size, 3), image.to_vec()).unwrap())
        .collect();
    images.push(Array3::from_shape_vec((size, size, 1), grey).unwrap());
    images
}
