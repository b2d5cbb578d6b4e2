//! Golden answers: see `tests/golden/make_backbones.py`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, ArrayView1, ArrayView3};
use safetensors::SafeTensors;

use super::weights::Variant;
use super::{Backbone, BackboneName, seeded};

fn golden(path: &Path) -> BTreeMap<String, Array2<f32>> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let values = |view: &safetensors::tensor::TensorView<'_>| match view.dtype() {
        safetensors::Dtype::U8 => view.data().iter().map(|&byte| f32::from(byte)).collect(),
        _ => view.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect::<Vec<_>>(),
    };
    file.iter()
        .map(|(name, view)| {
            let rows = view.shape()[0];
            let values = values(&view);
            (name.to_owned(), Array2::from_shape_vec((rows, values.len() / rows), values).unwrap())
        })
        .collect()
}

fn committed(name: &str) -> BTreeMap<String, Array2<f32>> {
    golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name))
}

/// Norm of the difference, in units of the expected norm.
pub fn distance(actual: ArrayView1<'_, f32>, expected: ArrayView1<'_, f32>) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let difference = norm(&mut actual.iter().zip(expected).map(|(a, e)| f64::from(*a) - f64::from(*e)));
    difference / norm(&mut expected.iter().map(|e| f64::from(*e)))
}

/// The largest distance over the rows.
pub fn worst(actual: &Array2<f32>, expected: &Array2<f32>) -> f64 {
    assert_eq!(actual.dim(), expected.dim());
    actual.outer_iter().zip(expected.outer_iter()).map(|(a, e)| distance(a, e)).fold(0.0, f64::max)
}

fn features(backbone: &Backbone, layer: &str, images: &[Array3<f32>]) -> Array2<f32> {
    let views: Vec<ArrayView3<'_, f32>> = images.iter().map(Array3::view).collect();
    backbone.native(&[layer.to_owned()]).unwrap().features(&views).unwrap()
}

fn greys(pixels: &Array2<f32>) -> Vec<Array3<f32>> {
    let image = |row: ArrayView1<'_, f32>| Array3::from_shape_vec((224, 224, 1), row.to_vec()).unwrap();
    pixels.outer_iter().map(image).collect()
}

#[test]
fn embedded_efficientnet_agrees_with_its_f32_original() {
    let golden = committed("efficientnet-lite0.safetensors");
    let backbone = Backbone::embedded().unwrap();
    let images = greys(&golden["pixels"]);
    for layer in ["head", "logits"] {
        let error = worst(&features(&backbone, layer, &images), &golden[layer]);
        println!("efficientnet-lite0 {layer}: {error:.1e}");
        assert!(error < 1e-3, "{layer}: {error}");
    }
}

#[test]
fn seeded_networks_agree_with_onnxruntime() {
    let golden = committed("seeded_networks.safetensors");
    for (name, variant) in [
        (BackboneName::Resnet50, Variant::Caffe),
        (BackboneName::Resnet50, Variant::Torchvision),
        (BackboneName::Vgg16, Variant::Caffe),
    ] {
        let backbone = seeded::backbone(name, variant);
        for layer in backbone.layers() {
            let expected = &golden[&format!("{name}.{}.{layer}", variant.as_str())];
            let error = worst(&features(&backbone, &layer, &seeded::images()), expected);
            println!("{name} {} {layer}: {error:.1e}", variant.as_str());
            assert!(error < 2e-5, "{name} {variant:?} {layer}: {error}");
        }
    }
}

#[test]
fn pretrained_files_agree_with_onnxruntime() {
    let shared = std::env::var_os("RAILS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = shared.join("golden/backbones.safetensors");
    if !path.exists() {
        eprintln!("SKIPPED: pretrained_files_agree_with_onnxruntime needs `{}` (set RAILS_SHARED)", path.display());
        return;
    }
    let golden = golden(&path);
    let images = &greys(&golden["pixels"])[..2];
    for (name, file, layers) in [
        (
            BackboneName::Resnet50,
            "resnet50_caffe_c4.safetensors",
            &[
                ("conv2_block3_out", "resnet50.layer1"),
                ("conv3_block4_out", "resnet50.layer2"),
                ("conv4_block6_out", "resnet50.layer3"),
            ][..],
        ),
        (
            BackboneName::Vgg16,
            "vgg16_keras_notop.safetensors",
            &[
                ("block2_conv2", "vgg16.block2_conv2"),
                ("block4_conv3", "vgg16.block4_conv3"),
                ("block5_conv3", "vgg16.block5_conv3"),
                ("head", "vgg16.head"),
            ],
        ),
    ] {
        let backbone = Backbone::open(name, &shared.join("weights").join(file), None).unwrap();
        assert_eq!(backbone.variant(), Variant::Caffe, "told by the file");
        let asked: Vec<String> = layers.iter().map(|(layer, _)| (*layer).to_owned()).collect();
        let views: Vec<_> = images.iter().map(Array3::view).collect();
        let all = backbone.native(&asked).unwrap().features(&views).unwrap();
        let mut start = 0;
        for (layer, reference) in layers {
            let expected = &golden[*reference];
            for (row, expected) in expected.outer_iter().enumerate().take(images.len()) {
                let actual = all.slice(ndarray::s![row, start..start + expected.len()]);
                let error = distance(actual, expected);
                println!("{name} {layer}: {error:.1e}");
                assert!(error < 1e-3, "{name} {layer}: {error}");
            }
            start += expected.ncols();
        }
    }
}

#[test]
fn grey_is_three_equal_channels() {
    let grey = seeded::images().remove(2);
    let colour = Array3::from_shape_fn((64, 64, 3), |(y, x, _)| grey[[y, x, 0]]);
    for variant in [Variant::Caffe, Variant::Torchvision] {
        let backbone = seeded::backbone(BackboneName::Resnet50, variant);
        let [one, three] =
            [&grey, &colour].map(|image| features(&backbone, "conv3_block4_out", std::slice::from_ref(image)));
        let error = worst(&one, &three);
        assert!(error < 1e-5, "{variant:?}: {error}");
    }
}

#[test]
fn neither_threads_nor_batch_change_a_bit() {
    let backbone = Backbone::embedded().unwrap();
    let mut images = seeded::images();
    images.extend(seeded::images().into_iter().map(|image| 255.0 - image));
    let native = backbone.native(&["stage4".to_owned(), "head".to_owned()]).unwrap();
    let views: Vec<_> = images.iter().map(Array3::view).collect();
    let run = |threads: usize, views: &[ArrayView3<'_, f32>]| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| native.features(views).unwrap())
    };
    let together = run(1, &views);
    assert_eq!(together, run(3, &views));
    for (row, view) in views.iter().enumerate() {
        assert_eq!(together.row(row), run(1, &[*view]).row(0));
    }
}
