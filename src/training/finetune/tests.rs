use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array1, Array2, Array3};

use super::*;
use crate::backbones::trainable::NormMode;
use crate::backbones::{BackboneName, Variant, seeded};
use crate::progress::Silent;
use crate::training::{Classifier, DenseLayer};

/// Stripes: of class 0 across, of class 1 along.
struct Stripes {
    calls: AtomicUsize,
    /// After so many images the disk fails.
    fail_after: usize,
}

impl Stripes {
    fn good() -> Self {
        Self { calls: AtomicUsize::new(0), fail_after: usize::MAX }
    }
}

impl Pictures for Stripes {
    fn picture(&self, row: usize) -> Result<Image, String> {
        if self.calls.fetch_add(1, Ordering::Relaxed) >= self.fail_after {
            return Err(format!("gone: `{row}.png`"));
        }
        let noise = seeded::uniform(&format!("stripes {row}"), 32 * 32);
        let level = |(y, x, _): (usize, usize, usize)| {
            let wave = if row.is_multiple_of(2) { y } else { x } as f32 * 1.3;
            (128.0 + 90.0 * wave.sin() + 60.0 * noise[y * 32 + x]).clamp(0.0, 255.0)
        };
        Ok(Image { pixels: Array3::from_shape_fn((32, 32, 1), level) })
    }
}

/// Everything a job borrows.
struct Bench {
    backbone: Backbone,
    layer: &'static str,
    head: Head,
    refit: Option<Head>,
    ids: Vec<ImageId>,
    y: Vec<ClassId>,
    weights: Vec<f32>,
    split: Split,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(backbone: Backbone, layer: &'static str) -> Self {
        let n = 20;
        let width = backbone.architecture().layer(layer).unwrap().channels;
        let first = DenseLayer {
            weights: Array2::from_shape_fn((width, 2), |(i, j)| ((i + j) % 3) as f32 * 1e-3),
            bias: Array1::zeros(2),
        };
        Self {
            backbone,
            layer,
            head: Head::new(None, vec![first]).unwrap(),
            refit: None,
            ids: (0..n).map(|row: u32| ImageId::of_bytes(&row.to_le_bytes())).collect(),
            y: (0..n).map(|row| ClassId(row as usize % 2)).collect(),
            weights: vec![1.0; n as usize],
            split: Split { train: (0..12).collect(), validation: (12..20).collect(), test: vec![] },
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn embedded() -> Self {
        Self::new(Backbone::embedded().unwrap(), "head")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("training/state")
    }

    fn run(&self, recipe: &FinetuneRecipe, pictures: &Stripes, resume: bool) -> Result<FineTuned, TrainError> {
        let job = FineTune {
            recipe,
            backbone: &self.backbone,
            layer: self.layer,
            head: &self.head,
            refit: self.refit.as_ref(),
            pictures,
            ids: &self.ids,
            y: &self.y,
            weights: &self.weights,
            split: &self.split,
            seed: 3,
            state: &self.state(),
            resume,
            memory: MemoryBudget::of_machine(),
        };
        finetune(&job, Device::Cpu, &Silent)
    }
}

fn recipe(text: &str) -> FinetuneRecipe {
    toml::from_str(&format!(
        "epochs = 2\nbatch_size = 4\nwarm_up = 0\nlearning_rate = 3e-4\nhead_learning_rate = 3e-3\n{text}"
    ))
    .unwrap()
}

/// Results that must be the same whenever the same is learned.
fn essence(tuned: &FineTuned) -> (Option<String>, Classifier, Vec<[f64; 4]>, usize) {
    let history = tuned.trained.history.iter();
    let history = history.map(|e| [e.train_loss, e.train_accuracy, e.validation_loss, e.validation_accuracy]).collect();
    (tuned.weights.as_ref().map(Weights::hash), tuned.trained.head.clone(), history, tuned.trained.best_epoch)
}

#[test]
fn the_loss_falls_on_every_backbone_and_part() {
    let shallow = |name, variant, layer| Bench::new(seeded::backbone(name, variant), layer);
    for bench in [
        Bench::embedded(),
        shallow(BackboneName::Resnet50, Variant::Caffe, "conv2_block3_out"),
        shallow(BackboneName::Vgg16, Variant::Torchvision, "block2_conv2"),
    ] {
        for (part, norms) in [
            (TrainedPart::Head, NormMode::Frozen),
            (TrainedPart::LastStage, NormMode::Frozen),
            (TrainedPart::LastStage, NormMode::Trained),
            (TrainedPart::All, NormMode::Frozen),
        ] {
            // Features of invented weights are large: small steps.
            let recipe = FinetuneRecipe {
                train: part,
                batch_norm: norms,
                head_learning_rate: 1e-5.try_into().unwrap(),
                ..recipe("")
            };
            let tuned = bench.run(&recipe, &Stripes::good(), false).unwrap();
            let losses: Vec<f64> = tuned.trained.history.iter().map(|epoch| epoch.train_loss).collect();
            // Batch statistics of four images at a time are noisy: the second epoch may lose what the first gained.
            assert!(losses[1].min(losses[2]) < losses[0], "{} {part:?} {norms:?}: {losses:?}", bench.backbone.name());
            let learned = tuned.weights.is_some_and(|weights| weights.hash() != bench.backbone.hash());
            assert_eq!(learned, part != TrainedPart::Head && tuned.trained.best_epoch > 0);
        }
    }
}

#[test]
fn the_exported_weights_do_in_the_native_engine_what_they_did_in_training() {
    for norms in [NormMode::Frozen, NormMode::Trained] {
        let bench = Bench::embedded();
        let tuned = bench.run(&FinetuneRecipe { batch_norm: norms, ..recipe("") }, &Stripes::good(), false).unwrap();
        let Trained { head, history, best_epoch, .. } = &tuned.trained;
        let network = bench.backbone.with_weights(tuned.weights.unwrap()).unwrap();
        let file = network.to_safetensors().unwrap();
        let path = bench.folder.path().join("backbone.safetensors");
        std::fs::write(&path, file).unwrap();
        let read = Backbone::open(network.name(), &path, None).unwrap();
        assert_eq!((read.hash(), read.variant()), (network.hash(), network.variant()));
        let images: Vec<Image> =
            bench.split.validation.iter().map(|&row| Stripes::good().picture(row).unwrap()).collect();
        let views: Vec<_> = images.iter().map(|image| image.pixels.view()).collect();
        let features = read.native(&[bench.layer.to_owned()]).unwrap().features(&views).unwrap();
        let probabilities = head.probabilities(features.view()).unwrap();
        let truth = bench.split.validation.iter().zip(probabilities.rows());
        let loss = truth.map(|(&row, p)| -f64::from(p[bench.y[row].0]).ln()).sum::<f64>() / images.len() as f64;
        let expected = history[*best_epoch].validation_loss;
        assert!((loss - expected).abs() < 1e-4, "{norms:?}: {loss} against {expected}");
    }
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_result() {
    for text in [
        "epochs = 3\naugment.flip = \"both\"\naugment.noise = 10",
        "epochs = 3\nbatch_norm = \"trained\"\naugment.crop = 0.2",
        "epochs = 3\ntrain = \"head\"\naugment.rotate = 40",
    ] {
        let recipe = toml::from_str(&format!("batch_size = 5\n{text}")).unwrap();
        let bench = Bench::embedded();
        let whole = bench.run(&recipe, &Stripes::good(), false).unwrap();
        std::fs::remove_file(bench.state()).unwrap();
        // 20 images at first, then 12 altered ones each epoch: this fails in the third.
        let pictures = Stripes { calls: AtomicUsize::new(0), fail_after: 20 + 12 + 12 + 7 };
        let error = bench.run(&recipe, &pictures, false).unwrap_err().to_string();
        assert!(error.contains("no longer be read: gone"), "{error}");
        let resumed = bench.run(&recipe, &Stripes::good(), true).unwrap();
        assert_eq!(essence(&resumed), essence(&whole), "{text}");
        let again = bench.run(&recipe, &Stripes::good(), true).unwrap();
        assert_eq!(essence(&again), essence(&whole), "a finished training has nothing more to do");
    }
}

#[test]
fn a_head_may_learn_from_the_validation_images_at_last() {
    let (mut bench, recipe) = (Bench::embedded(), recipe("train = \"head\"\naugment.flip = \"both\""));
    let without = bench.run(&recipe, &Stripes::good(), false).unwrap().trained;
    assert!(without.best_epoch > 0 && without.held_out.is_none());
    bench.refit = Some(bench.head.clone());
    let with = bench.run(&recipe, &Stripes::good(), false).unwrap();
    assert_eq!(with.trained.held_out.as_ref(), Some(&without.head), "the one to judge by never saw them");
    assert_ne!(with.trained.head, without.head);
    let resumed = bench.run(&recipe, &Stripes::good(), true).unwrap();
    assert_eq!(essence(&resumed), essence(&with));
}

#[test]
fn a_damaged_state_is_not_gone_on_with() {
    let (bench, recipe) = (Bench::embedded(), recipe("train = \"head\""));
    let whole = bench.run(&recipe, &Stripes::good(), false).unwrap();
    let bytes = std::fs::read(bench.state()).unwrap();
    for damaged in
        [&bytes[..bytes.len() - 1], &bytes[..20], b"", b"rails\0f1 and nothing that belongs here, but long enough"]
    {
        std::fs::write(bench.state(), damaged).unwrap();
        assert_eq!(essence(&bench.run(&recipe, &Stripes::good(), true).unwrap()), essence(&whole));
    }
}

#[test]
fn memory_changes_nothing_but_time() {
    let bench = Bench::embedded();
    let of = |text: &str| {
        let pictures = Stripes::good();
        let tuned = bench.run(&recipe(text), &pictures, false).unwrap();
        (essence(&tuned), pictures.calls.into_inner())
    };
    let augment = "augment.views = 2\naugment.flip = \"both\"\n";
    let ((kept, few), (computed, many)) = (of(augment), of(&format!("{augment}cache_mb = 0")));
    assert_eq!(kept, computed);
    assert_eq!((few, many), (20 + 12, 20 + 2 * (12 + 8)), "each image and each view once, or every time");
}

#[test]
fn a_diverging_loss_leaves_the_best_weights() {
    let bench = Bench::embedded();
    let wild = toml::from_str("epochs = 3\nwarm_up = 0\nlearning_rate = 1e6\nhead_learning_rate = 1e30").unwrap();
    let tuned = bench.run(&wild, &Stripes::good(), false).unwrap();
    assert_eq!(tuned.trained.best_epoch, 0);
    assert!(matches!(tuned.trained.stopped, StopReason::Diverged { .. }), "{:?}", tuned.trained.stopped);
    assert_eq!(tuned.trained.head, bench.head.clone().into());
    assert!(tuned.weights.is_none_or(|weights| weights.hash() == bench.backbone.hash()));
}

#[test]
fn mixed_precision_is_refused_on_the_processor() {
    let error = Bench::embedded().run(&recipe("precision = \"mixed\""), &Stripes::good(), false).unwrap_err();
    assert_eq!(error.to_string(), "`precision = \"mixed\"` needs a GPU");
    assert!(error.hint().unwrap().contains("--device cuda"));
}
