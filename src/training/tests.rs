//! Training as a whole, on points scattered around one centre per class.

use std::sync::Mutex;

use ndarray::{Array2, Axis};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::data::{ClassId, ImageId};
use crate::device::Device;
use crate::progress::{Event, Observer, Silent};

struct Blobs {
    ids: Vec<ImageId>,
    x: Array2<f32>,
    y: Vec<ClassId>,
    classes: Vec<String>,
}

impl Blobs {
    /// `n` points in 12 dimensions around 3 centres, `noise` wide.
    fn new(n: usize, noise: f32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut unit = || (rng.next_u32() >> 8) as f32 / (1_u32 << 23) as f32 - 1.0;
        let centres = Array2::from_shape_fn((3, 12), |_| 100.0 + unit());
        let y: Vec<ClassId> = (0..n).map(|row| ClassId(row % 3)).collect();
        let x = Array2::from_shape_fn((n, 12), |(row, column)| centres[[row % 3, column]] + noise * unit());
        let ids = (0..n).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect();
        Self { ids, x, y, classes: ["a", "b", "c"].map(str::to_owned).to_vec() }
    }

    fn set(&self) -> TrainingSet<'_> {
        TrainingSet { ids: &self.ids, x: self.x.view(), y: &self.y, classes: &self.classes, weights: None }
    }

    fn split(&self) -> Split {
        Split::stratified(&self.ids, &self.y, &self.classes, &SplitRecipe::default(), 0).0
    }

    /// Share of `rows` that `head` classifies right.
    fn accuracy(&self, head: &Classifier, rows: &[usize]) -> f64 {
        let p = head.probabilities(self.x.select(Axis(0), rows).view()).unwrap();
        let right = rows.iter().zip(most_likely(p.view())).filter(|(row, class)| self.y[**row] == *class);
        right.count() as f64 / rows.len() as f64
    }
}

fn recipe(text: &str) -> MlpRecipe {
    toml::from_str(text).unwrap()
}

const SMALL: &str = "hidden = [16, 8]\nepochs = 40\nbatch_size = 20\nlearning_rate = 0.01\ndropout = 0.0\nmixup = 0.0\n\
                     schedule = 'constant'\nwarm_up = 0.0\nrefit = false";

fn run(recipe: &MlpRecipe, data: &TrainingSet<'_>, split: &Split, seed: u64) -> Result<Trained, TrainError> {
    train(&recipe.clone().into(), data, split, Device::Cpu, seed, &Silent)
}

#[test]
fn separable_classes_are_learned_and_the_best_epoch_is_kept() {
    let blobs = Blobs::new(180, 0.5);
    let split = blobs.split();
    let trained = run(&recipe(SMALL), &blobs.set(), &split, 0).unwrap();
    assert!(blobs.accuracy(&trained.head, &split.test) > 0.95);
    let best = &trained.history[trained.best_epoch - 1];
    assert!(trained.history.iter().all(|epoch| epoch.validation_loss >= best.validation_loss));
    // The head is the restored checkpoint: it answers as the learner measured in that epoch.
    let p = trained.head.probabilities(blobs.x.select(Axis(0), &split.validation).view()).unwrap();
    let losses = split.validation.iter().zip(p.rows()).map(|(&row, p)| -f64::from(p[blobs.y[row].0]).ln());
    let loss = losses.sum::<f64>() / split.validation.len() as f64;
    assert!((loss - best.validation_loss).abs() < 1e-5, "{loss} against {}", best.validation_loss);
    assert_eq!(blobs.accuracy(&trained.head, &split.validation), best.validation_accuracy);
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let blobs = Blobs::new(120, 1.5);
    for text in [SMALL.to_owned(), SMALL.replace("dropout = 0.0", "dropout = 0.3")] {
        let once = run(&recipe(&text), &blobs.set(), &blobs.split(), 3).unwrap();
        let again = run(&recipe(&text), &blobs.set(), &blobs.split(), 3).unwrap();
        let other = run(&recipe(&text), &blobs.set(), &blobs.split(), 4).unwrap();
        assert_eq!(once.head, again.head);
        assert_ne!(once.head, other.head);
        let losses = |trained: &Trained| trained.history.iter().map(|e| e.validation_loss).collect::<Vec<_>>();
        assert_eq!(losses(&once), losses(&again));
    }
}

#[test]
fn regularization_is_drawn_from_the_seed_and_none_hinders_learning() {
    let blobs = Blobs::new(180, 0.5);
    let text = SMALL.replace("mixup = 0.0", "mixup = 0.5\nlabel_smoothing = 0.1\nrobustness = 0.7")
        + "\nclass_weights = { a = 2.0 }";
    let once = run(&recipe(&text), &blobs.set(), &blobs.split(), 3).unwrap();
    let again = run(&recipe(&text), &blobs.set(), &blobs.split(), 3).unwrap();
    assert_eq!(once.head, again.head);
    assert!(blobs.accuracy(&once.head, &blobs.split().test) > 0.95);
}

#[test]
fn a_refit_learns_from_the_validation_images_and_keeps_the_classifier_that_did_not() {
    let blobs = Blobs::new(180, 2.0);
    let split = blobs.split();
    let without = run(&recipe(SMALL), &blobs.set(), &split, 0).unwrap();
    let text = SMALL.replace("refit = false", "refit = true");
    let with = run(&recipe(&text), &blobs.set(), &split, 0).unwrap();
    assert_eq!(with.held_out.as_ref(), Some(&without.head));
    assert_eq!((with.before_refit(), with.best_epoch), (&without.head, without.best_epoch));
    assert_ne!(with.head, without.head);
    // Exactly what learning from both parts for so many epochs gives.
    let all = Split { train: [split.train, split.validation].concat(), ..Split::default() };
    let epochs = SMALL.replace("epochs = 40", &format!("epochs = {}", with.best_epoch));
    let direct = run(&recipe(&epochs), &blobs.set(), &all, 0).unwrap();
    if direct.best_epoch == with.best_epoch {
        let x = blobs.x.select(Axis(0), &split.test);
        let difference = with.head.logits(x.view()).unwrap() - direct.head.logits(x.view()).unwrap();
        assert!(difference.iter().all(|d| d.abs() < 1.0), "{difference}");
    }
}

#[test]
fn a_class_the_validation_images_lack_and_one_of_three_images_are_learned() {
    let blobs = Blobs::new(120, 0.3);
    // Of class 2 three images, all for training.
    let of_class = |row: &usize| row % 3 != 2 || *row < 9;
    let rows: Vec<usize> = (0..120).filter(of_class).collect();
    let (train, validation): (Vec<usize>, Vec<usize>) = rows.iter().partition(|row| *row % 3 == 2 || *row < &80);
    let split = Split { train, validation, ..Split::default() };
    for class_weights in ["none", "balanced"] {
        let text = format!("{SMALL}\nclass_weights = '{class_weights}'");
        let trained = run(&recipe(&text), &blobs.set(), &split, 0).unwrap();
        assert!(blobs.accuracy(&trained.head, &(80..120).collect::<Vec<_>>()) > 0.9, "{class_weights}");
    }
    let error =
        run(&recipe(&format!("{SMALL}\nclass_weights = {{ grvel = 2 }}")), &blobs.set(), &split, 0).unwrap_err();
    assert_eq!(error.to_string(), "class weights for `grvel`, which no image is labelled");
}

#[test]
fn neighbours_are_a_classifier_like_any_other() {
    let blobs = Blobs::new(120, 0.5);
    let split = blobs.split();
    let trained = train(&KnnRecipe::default().into(), &blobs.set(), &split, Device::Cpu, 0, &Silent).unwrap();
    assert!(blobs.accuracy(&trained.head, &split.test) > 0.95);
    assert_eq!((trained.history.len(), trained.best_epoch, trained.stopped), (0, 0, StopReason::WithoutEpochs));
}

#[test]
fn patience_ends_training_before_the_epochs_do() {
    let blobs = Blobs::new(90, 6.0);
    let text = format!("{}\npatience = 3", SMALL.replace("epochs = 40", "epochs = 400"));
    let trained = run(&recipe(&text), &blobs.set(), &blobs.split(), 0).unwrap();
    assert_eq!(trained.stopped, StopReason::Patience);
    assert_eq!(trained.history.len(), trained.best_epoch + 3);
}

#[test]
fn divergence_is_reported_and_never_panics() {
    #[derive(Default)]
    struct Warnings(Mutex<Vec<String>>);
    impl Observer for Warnings {
        fn on(&self, event: Event<'_>) {
            if let Event::Warning(warning) = event {
                self.0.lock().unwrap().push(warning.to_string());
            }
        }
    }
    let blobs = Blobs::new(90, 6.0);
    for rate in ["1e3", "1e18", "1e38"] {
        let text = format!("{}\nscaling = 'none'\npatience = 400", SMALL.replace("0.01", rate));
        let warnings = Warnings::default();
        match train(&recipe(&text).into(), &blobs.set(), &blobs.split(), Device::Cpu, 0, &warnings) {
            Ok(Trained { stopped: StopReason::Diverged { epoch }, history, .. }) => {
                assert_eq!(history.len(), epoch - 1);
                assert!(warnings.0.lock().unwrap()[0].starts_with("the loss diverged in epoch"));
            }
            Ok(_) => assert!(warnings.0.lock().unwrap()[0].starts_with("nothing was learned"), "{rate}"),
            Err(error) => assert!(matches!(error, TrainError::Diverged(_)) && error.hint().is_some(), "{error}"),
        }
    }
}

#[test]
fn a_label_of_weight_0_teaches_nothing() {
    let mut blobs = Blobs::new(150, 0.5);
    let split = blobs.split();
    let truth = blobs.y.clone();
    let mut weights = vec![2.0; 150];
    for &row in split.train.iter().step_by(3) {
        blobs.y[row] = ClassId((truth[row].0 + 1) % 3);
        weights[row] = 0.0;
    }
    let data = TrainingSet { weights: Some(&weights), ..blobs.set() };
    let trained = run(&recipe(SMALL), &data, &split, 0).unwrap();
    blobs.y = truth;
    assert!(blobs.accuracy(&trained.head, &split.train) > 0.95);
}

#[test]
fn training_works_without_validation_images_or_hidden_layers() {
    let blobs = Blobs::new(60, 0.5);
    let split = Split { train: (0..60).collect(), ..Split::default() };
    let trained =
        run(&recipe("hidden = []\ndropout = 0.0\nepochs = 60\nlearning_rate = 0.05"), &blobs.set(), &split, 0).unwrap();
    assert!(blobs.accuracy(&trained.head, &split.train) > 0.95);
    assert_eq!(trained.head.mlp().unwrap().layers().len(), 1);
    assert_eq!(trained.held_out, None);
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let blobs = Blobs::new(30, 0.5);
    let split = blobs.split();
    let refusal = |data: &TrainingSet<'_>, split: &Split| run(&recipe(SMALL), data, split, 0).unwrap_err().to_string();

    let one_class = Split { train: vec![0, 3, 6], ..Split::default() };
    assert_eq!(refusal(&blobs.set(), &one_class), "the training images show 1 of 3 classes: at least 2 are needed");
    assert_eq!(
        refusal(&blobs.set(), &Split::default()),
        "the training images show 0 of 3 classes: at least 2 are needed"
    );
    let leaky = Split { test: vec![split.train[0]], ..split.clone() };
    assert_eq!(refusal(&blobs.set(), &leaky), "1 images are in more than one part of the split");
    let nan = vec![f32::NAN; 30];
    let weighted = TrainingSet { weights: Some(&nan), ..blobs.set() };
    assert_eq!(refusal(&weighted, &split), "row 0: its weight is not a number of at least 0");
    let short = TrainingSet { y: &blobs.y[..7], ..blobs.set() };
    assert_eq!(refusal(&short, &split), "30 images, but 30 rows of features, 7 classes and 30 weights");
    let beyond = Split { train: vec![0, 1, 30], ..Split::default() };
    assert_eq!(refusal(&blobs.set(), &beyond), "row 30: the split names it, the data ends before");
}

#[test]
fn progress_is_told_epoch_by_epoch() {
    #[derive(Default)]
    struct Steps(Mutex<(usize, usize, bool)>);
    impl Observer for Steps {
        fn on(&self, event: Event<'_>) {
            let mut steps = self.0.lock().unwrap();
            match event {
                Event::Started { total, .. } => steps.0 = total,
                Event::Advanced { by } => steps.1 += by,
                Event::Finished => steps.2 = true,
                _ => {}
            }
        }
    }
    let blobs = Blobs::new(60, 0.5);
    let steps = Steps::default();
    let text = SMALL.replace("epochs = 40", "epochs = 5");
    train(&recipe(&text).into(), &blobs.set(), &blobs.split(), Device::Cpu, 0, &steps).unwrap();
    assert_eq!(*steps.0.lock().unwrap(), (5, 5, true));
}

#[test]
fn a_linear_classifier_answers_without_chance_and_learns_from_validation_images_at_last() {
    let blobs = Blobs::new(90, 0.8);
    let split = blobs.split();
    let recipe = LinearRecipe::default();
    let learn = |recipe: &LinearRecipe, seed| {
        train(&recipe.clone().into(), &blobs.set(), &split, Device::Cpu, seed, &Silent).unwrap()
    };
    let trained = learn(&recipe, 1);
    assert_eq!(trained, learn(&recipe, 2));
    assert_eq!(blobs.accuracy(&trained.head, &split.test), 1.0);
    assert_ne!(trained.before_refit(), &trained.head);
    let alone = learn(&LinearRecipe { refit: false, ..recipe }, 1);
    assert_eq!((&alone.head, &alone.held_out), (trained.before_refit(), &None));
}

#[test]
fn a_label_that_contradicts_the_other_images_is_doubted_and_one_of_a_lone_image_is_not() {
    let mut blobs = Blobs::new(90, 0.8);
    let split = blobs.split();
    for &row in split.train.iter().step_by(5) {
        blobs.y[row] = ClassId((blobs.y[row].0 + 1) % 3);
    }
    blobs.classes.push("d".to_owned());
    let lone = split.train[1];
    blobs.y[lone] = ClassId(3);
    let mut x = blobs.x.clone();
    InputStandardizer::fit_scaled(blobs.x.view(), &split.train, Scaling::Overall).unwrap().apply(x.view_mut());
    let weights =
        |doubt| fitting::label_weights(x.view(), &blobs.set(), &split, &ClassWeights::None, doubt, 0, &Silent).unwrap();
    assert!(weights(0.0).iter().all(|weight| *weight == 1.0));
    let doubted = weights(1.0);
    let mean = |wrong: bool| {
        let rows: Vec<usize> = split
            .train
            .iter()
            .copied()
            .enumerate()
            .filter(|(p, _)| (p % 5 == 0) == wrong)
            .map(|(_, row)| row)
            .collect();
        rows.iter().map(|&row| doubted[row]).sum::<f32>() / rows.len() as f32
    };
    assert!(mean(true) < 0.6 && mean(false) > 1.0, "{} against {}", mean(true), mean(false));
    let all = split.train.iter().map(|&row| doubted[row]).sum::<f32>() / split.train.len() as f32;
    assert!((all - 1.0).abs() < 1e-5 && doubted[lone] >= 1.0);
    assert!(split.test.iter().all(|&row| doubted[row] == 1.0));
}

#[test]
fn a_linear_classifier_ends_at_the_optimum_scikit_learn_finds() {
    #[derive(serde::Deserialize)]
    struct Golden {
        decay: f64,
        x: Vec<Vec<f32>>,
        y: Vec<ClassId>,
        weights: Vec<f32>,
        probabilities: Vec<Vec<f32>>,
    }
    let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/softmax_regression.json")).unwrap();
    let n = golden.y.len();
    let data =
        Blobs { x: Array2::from_shape_vec((n, 4), golden.x.concat()).unwrap(), y: golden.y, ..Blobs::new(n, 0.0) };
    let data = TrainingSet { weights: Some(&golden.weights), ..data.set() };
    let text = format!(
        "hidden = []\nscaling = 'none'\ndropout = 0.0\nlearning_rate = 0.02\nepochs = 800\npatience = 800\n\
         mixup = 0.0\nschedule = 'constant'\nwarm_up = 0.0\nweight_decay = {}",
        golden.decay
    );
    let split = Split { train: (0..n).collect(), ..Split::default() };
    let trained = run(&recipe(&text), &data, &split, 0).unwrap();
    let ours = trained.head.probabilities(data.x).unwrap();
    for (ours, theirs) in ours.iter().zip(golden.probabilities.concat()) {
        assert!((ours - theirs).abs() < 2e-3, "{ours} against {theirs}");
    }
}
