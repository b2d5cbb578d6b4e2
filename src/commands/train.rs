//! Labels to a classifier.

pub(super) mod numbers;
mod scores;
mod writing;

use std::path::{Path, PathBuf};

use jiff::Zoned;
use ndarray::Axis;
use serde::Serialize;
use serde_json::json;

pub use scores::Scores;

use super::dividing::Dividing;
use super::gather::gather;
use super::record::Record;
use super::{CommandError, Workspace};
use crate::data::ClassId;
use crate::device::DeviceChoice;
use crate::metrics::ConfusionMatrix;
use crate::progress::{Event, Observer};
use crate::runs::{
    BUNDLE_FORMAT, Bundle, DatasetSummary, RunDir, Timings, TrainRecipe, TrainedOn, timestamp, write_skipped,
};
use crate::training::{Disjointness, Split, TrainingSet, most_likely, train as fit};
use numbers::{Numbers, embed};
use writing::{draw, measure, write_split};

/// What `rails train` has to say at the end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainSummary {
    /// The run folder.
    pub run: PathBuf,
    /// The checkpoint folder.
    pub checkpoint: PathBuf,
    /// Labelled images per class.
    pub classes: Vec<(String, usize)>,
    /// Images in train, validation and test.
    pub split: [usize; 3],
    /// The proof that the three parts share nothing.
    pub disjointness: Disjointness,
    /// Epochs run, and the one whose weights were kept.
    pub epochs: usize,
    pub best_epoch: usize,
    /// How the test images fared; of the validation images where there are no test images.
    pub scores: Scores,
    /// Which part `scores` judge.
    pub judged: &'static str,
    /// The confusion matrix of the same images.
    #[serde(skip)]
    pub confusion: ConfusionMatrix,
    /// Images of different classes in different places; they were left out.
    pub conflicts: Vec<String>,
    /// Images without a label.
    pub unlabelled: usize,
    /// Files that were left out.
    pub n_skipped: usize,
}

/// Trains on `labelled` (curated runs, `ImageFolder`s, label tables) and writes a run and a checkpoint.
///
/// # Errors
/// When there is too little to learn from, or a stage fails.
pub fn train(
    recipe: &TrainRecipe,
    labelled: &[PathBuf],
    images: Option<&Path>,
    device: DeviceChoice,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<TrainSummary, CommandError> {
    let started = Zoned::now();
    let mut timings = Timings::start();
    let device = device.resolve()?;
    let mut gathered = gather(labelled, images, recipe, workspace, observer)?;
    timings.lap("scan");
    let numbers = embed(&mut gathered, recipe, device, workspace, observer)?;
    timings.lap("embed");

    let classes = gathered.labels.classes();
    let y: Vec<ClassId> = numbers.ids.iter().filter_map(|id| gathered.labels.get(*id)).collect();
    let weights: Vec<f32> = numbers.ids.iter().map(|id| gathered.weights[id]).collect();
    let dividing = Dividing::of(&numbers.manifest.records, numbers.x.view(), &recipe.split, observer)?;
    let divisible = dividing.divisible(&numbers.ids, &y, classes);
    let (split, warnings) = Split::of(&divisible, &recipe.split, recipe.seed);
    let disjointness = split.disjointness(&divisible, numbers.x.view());
    for text in &warnings {
        observer.on(Event::Warning { text });
    }
    for conflict in &gathered.conflicts {
        observer.on(Event::Warning { text: &format!("left out, its labels conflict: {conflict}") });
    }
    let set = TrainingSet { ids: &numbers.ids, x: numbers.x.view(), y: &y, classes, weights: Some(&weights) };
    let trained = fit(&recipe.mlp, &set, &split, device, recipe.seed, observer)?;
    timings.lap("train");

    let probabilities = trained.head.probabilities(numbers.x.view())?;
    let (judged, rows) = if split.test.is_empty() { ("validation", &split.validation) } else { ("test", &split.test) };
    let truth: Vec<ClassId> = rows.iter().map(|row| y[*row]).collect();
    let predicted = most_likely(probabilities.view());
    let of_rows: Vec<ClassId> = rows.iter().map(|row| predicted[*row]).collect();
    let confusion = ConfusionMatrix::of(&truth, &of_rows, classes);
    let scores = Scores::new(&confusion, &truth, probabilities.select(Axis(0), rows).view());
    timings.lap("evaluate");

    let name = format!("{}-train-{}", timestamp(&started), recipe.name);
    let run = RunDir::create(&workspace.runs, &name)?;
    let dataset = DatasetSummary::of(&numbers.manifest);
    let record = Record {
        kind: "train",
        name: &recipe.name,
        started: &started,
        recipe: json!(recipe),
        seed: recipe.seed,
        dataset: &dataset,
        chain: &numbers.chain,
        methods: Vec::new(),
        device,
        timings: &timings,
    };
    let mut results = record.results();
    results.set("judged_on", judged);
    results.set("disjointness", &disjointness);
    measure(&mut results, &split, &trained, &scores, &confusion);
    results.write(&run.file("results.json")?)?;
    run.write_json("run.json", &record.provenance())?;
    write_skipped(&run.file("skipped.csv")?, &gathered.skipped)?;
    write_split(&run.file("split.csv")?, &numbers, &split, &y, &predicted, &probabilities, classes)?;
    draw(&run, &trained, &confusion, judged, observer)?;

    let checkpoint = RunDir::create(&workspace.checkpoints, &format!("{}-{}", recipe.name, timestamp(&started)))?;
    results.write(&checkpoint.file("results.json")?)?;
    let bundle = Bundle {
        format: BUNDLE_FORMAT,
        name: recipe.name.clone(),
        created: started.timestamp().to_string(),
        classes: classes.to_vec(),
        features: numbers.chain.clone(),
        input_size: numbers.input_size,
        temperature: 1.0,
        reject_threshold: None,
        training_set: TrainedOn { fingerprint: fingerprint(&numbers, &y, classes), n_images: numbers.ids.len() },
        model_hash: String::new(),
    };
    bundle.write(&trained.head, &checkpoint)?;
    let mut counts = vec![0; classes.len()];
    for class in &y {
        counts[class.0] += 1;
    }
    Ok(TrainSummary {
        run: run.finish()?,
        checkpoint: checkpoint.finish()?,
        classes: classes.iter().cloned().zip(counts).collect(),
        split: [split.train.len(), split.validation.len(), split.test.len()],
        disjointness,
        epochs: trained.history.len(),
        best_epoch: trained.best_epoch,
        scores,
        judged,
        confusion,
        conflicts: gathered.conflicts,
        unlabelled: gathered.unlabelled,
        n_skipped: gathered.skipped.len(),
    })
}

/// Changes with any image or label.
fn fingerprint(numbers: &Numbers, y: &[ClassId], classes: &[String]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(numbers.manifest.fingerprint().as_bytes());
    for class in y {
        hasher.update(classes[class.0].as_bytes()).update(b"\n");
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
