//! Labels to a classifier.

mod numbers;
mod writing;

use std::path::{Path, PathBuf};

use jiff::Zoned;
use ndarray::{Array2, Axis};
use serde::Serialize;
use serde_json::json;

use super::evaluate::{Dossier, Evaluation, Explainer, Judged, JudgedImage, Strangers, write_predictions};
use super::gather::gather;
use super::record::Record;
use super::{CommandError, Workspace};
use crate::data::ClassId;
use crate::device::DeviceChoice;
use crate::progress::{Event, Observer, Stage};
use crate::runs::{
    BUNDLE_FORMAT, Bundle, DatasetSummary, RunDir, Timings, TrainRecipe, TrainedOn, timestamp, to_toml, write_skipped,
};
use crate::training::{Split, TrainingSet, most_likely, train as fit};
use numbers::{Numbers, embed};
use writing::{facts, learning, measure, write_split};

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
    /// Epochs run, and the one whose weights were kept.
    pub epochs: usize,
    pub best_epoch: usize,
    /// How the test images fared; of the validation images where there are no test images.
    #[serde(rename = "scores")]
    pub evaluation: Evaluation,
    /// Which part `evaluation` judges.
    pub judged: &'static str,
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
    let (split, warnings) = Split::stratified(&numbers.ids, &y, classes, &recipe.split, recipe.seed);
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
    let (part, rows) = if split.test.is_empty() { ("validation", &split.validation) } else { ("test", &split.test) };
    let judged = select(&numbers, &y, classes, &probabilities, rows);
    observer.on(Event::Started { stage: Stage::Evaluate, total: 0 });
    let evaluation = Evaluation::of(&judged, 1.0, recipe.seed);
    observer.on(Event::Finished);
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
    results.set("judged_on", part);
    results.set("disjointness", split.disjointness(&numbers.ids));
    measure(&mut results, &split, &trained);
    evaluation.fill(&mut results);
    results.write(&run.file("results.json")?)?;
    run.write_json("run.json", &record.provenance())?;
    write_skipped(&run.file("skipped.csv")?, &gathered.skipped)?;
    let predicted = most_likely(probabilities.view());
    write_split(&run.file("split.csv")?, &numbers, &split, &y, &predicted, &probabilities, classes)?;
    let dossier = Dossier {
        run: &run,
        title: format!("rails train: {}", recipe.name),
        part,
        judged: &judged,
        strangers: &Strangers::default(),
        evaluation: &evaluation,
        depth: numbers.chain.depth,
        explainer: Ok(Explainer::new(&trained.head, &numbers.chain, workspace)?),
        facts: facts(&numbers, &split, &trained, classes),
        more: vec![learning(&run, &trained)?],
        settings: to_toml(recipe).unwrap_or_default().lines().map(str::to_owned).collect(),
    };
    dossier.write(observer)?;

    let checkpoint = RunDir::create(&workspace.checkpoints, &format!("{}-{}", recipe.name, timestamp(&started)))?;
    results.write(&checkpoint.file("results.json")?)?;
    write_predictions(&checkpoint.file("predictions.csv")?, &judged, &Strangers::default())?;
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
        epochs: trained.history.len(),
        best_epoch: trained.best_epoch,
        evaluation,
        judged: part,
        conflicts: gathered.conflicts,
        unlabelled: gathered.unlabelled,
        n_skipped: gathered.skipped.len(),
    })
}

/// The images of `rows` with what is known and what was said of them.
fn select<'a>(
    numbers: &Numbers,
    y: &[ClassId],
    classes: &'a [String],
    probabilities: &Array2<f32>,
    rows: &[usize],
) -> Judged<'a> {
    let image = |&row: &usize| JudgedImage {
        id: numbers.ids[row],
        file: numbers.files[row].clone(),
        fields: numbers.manifest.records[row].fields.clone(),
    };
    let probabilities = probabilities.select(Axis(0), rows);
    Judged {
        classes,
        images: rows.iter().map(image).collect(),
        truth: rows.iter().map(|row| y[*row]).collect(),
        features: numbers.x.select(Axis(0), rows),
        uncalibrated: probabilities.clone(),
        probabilities,
    }
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
