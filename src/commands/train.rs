//! Labels to a classifier.

mod finetune;
mod finetune_samples;
pub(super) mod numbers;
mod trusting;
mod writing;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use ndarray::{Array2, Axis};
use serde::Serialize;
use serde_json::json;

use super::dividing::Dividing;
use super::evaluate::{
    Dossier, Evaluation, Explainer, Judged, JudgedImage, Strangeness, Strangers, Withheld, write_predictions,
};
use super::gather::gather;
use super::record::Record;
use super::{CommandError, Workspace};
use crate::data::ClassId;
use crate::device::DeviceChoice;
use crate::progress::{Event, Observer, Stage};
use crate::runs::{
    BACKBONE_FILE, BUNDLE_FORMAT, Bundle, DatasetSummary, RunDir, Timings, TrainRecipe, TrainedOn, timestamp, to_toml,
    write_skipped,
};
use crate::training::{Calibration, Disjointness, Split, TrainingSet, most_likely, softmax, train as fit};
use finetune::Job;
use numbers::{Numbers, embed};
use trusting::{Learned, Trust};
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
    /// The proof that the three parts share nothing.
    pub disjointness: Disjointness,
    /// Epochs run, and the one whose weights were kept.
    pub epochs: usize,
    pub best_epoch: usize,
    /// How scores became probabilities.
    pub calibration: Calibration,
    /// How the test images fared; of the validation images where there are no test images.
    #[serde(rename = "scores")]
    pub evaluation: Evaluation,
    /// When an image is `unknown`, and how that fared on the same images.
    pub withheld: Withheld,
    /// Which part `evaluation` judges.
    pub judged: &'static str,
    /// Images of different classes in different places; they were left out.
    pub conflicts: Vec<String>,
    /// Images without a label.
    pub unlabelled: usize,
    /// Files that were left out.
    pub n_skipped: usize,
}

/// Trains on `labelled` (curated runs, `ImageFolder`s, label tables) and writes a run and a checkpoint; with `resume`, an
/// interrupted fine-tuning goes on where it stopped.
///
/// # Errors
/// When there is too little to learn from, or a stage fails.
#[expect(clippy::too_many_lines, reason = "a use case from start to end; every step is a call")]
pub fn train(
    recipe: &TrainRecipe,
    labelled: &[PathBuf],
    images: Option<&Path>,
    resume: bool,
    device: DeviceChoice,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<TrainSummary, CommandError> {
    let started = Zoned::now();
    let mut timings = Timings::start();
    let device = device.resolve()?;
    if let Some(finetune) = &recipe.finetune {
        finetune.check(device)?;
    }
    let mut gathered = gather(labelled, images, recipe, workspace, observer)?;
    timings.lap("scan");
    let mut numbers = embed(&mut gathered, recipe, device, workspace, observer)?;
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
    let mut trained = fit(recipe.head(), &set, &split, device, recipe.seed, observer)?;
    timings.lap("train");
    let mut tuned = None;
    if let Some(finetune) = &recipe.finetune {
        let (y, weights, split) = (&y, &weights, &split);
        let job = Job { recipe, finetune, y, weights, split, frozen: &trained, resume };
        let done = finetune::finetune(&job, classes, &mut numbers, device, workspace, observer)?;
        trained = done.trained.clone();
        tuned = Some(done);
        timings.lap("fine-tune");
    } else if resume {
        observer.on(Event::Note { text: "nothing to go on with: training a head takes seconds and starts anew" });
    }

    let divisible = dividing.divisible(&numbers.ids, &y, classes);
    let set = TrainingSet { ids: &numbers.ids, x: numbers.x.view(), y: &y, classes, weights: Some(&weights) };
    let learned =
        Learned { recipe, set: &set, divisible: &divisible, split: &split, trained: &trained, numbers: &numbers };
    let trust = Trust::earn(&learned, device, observer)?;
    timings.lap("calibrate");

    let (part, rows) = if split.test.is_empty() { ("validation", &split.validation) } else { ("test", &split.test) };
    let judge = if split.test.is_empty() { trained.judged() } else { &trained.head };
    let logits = judge.logits(numbers.x.view())?;
    let uncalibrated = softmax(logits.clone());
    let probabilities = trust.calibration.probabilities(logits);
    let judged = select(&numbers, &y, classes, [&uncalibrated, &probabilities], &trust, rows)?;
    observer.on(Event::Started { stage: Stage::Evaluate, total: 0 });
    let evaluation = Evaluation::of(&judged, trust.calibration.temperature, recipe.seed);
    observer.on(Event::Finished);
    let withheld = Withheld::of(&trust.reject, &judged, &Strangers::default());
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
    results.set("disjointness", &disjointness);
    measure(&mut results, &split, &trained);
    evaluation.fill(&mut results);
    results.set("calibration", trust.calibration);
    withheld.fill(&mut results);
    if let Some(tuned) = &tuned {
        results.set("frozen_network", &tuned.frozen);
    }
    results.write(&run.file("results.json")?)?;
    run.write_json("run.json", &record.provenance())?;
    write_skipped(&run.file("skipped.csv")?, &gathered.skipped)?;
    let predicted = most_likely(probabilities.view());
    write_split(&run.file("split.csv")?, &numbers, &split, &y, &predicted, &probabilities, classes)?;

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
        calibration: trust.calibration,
        reject: Some(trust.reject),
        training_set: TrainedOn { fingerprint: fingerprint(&numbers, &y, classes), n_images: numbers.ids.len() },
        files: BTreeMap::new(),
    };
    let file = tuned.as_ref().and_then(|tuned| tuned.backbone.as_deref());
    bundle.write(&trained.head, &trust.neighbours, file, &checkpoint)?;
    let mut chain = numbers.chain.clone();
    if file.is_some() {
        chain.recipe.weights = Some(checkpoint.path().join(BACKBONE_FILE));
    }
    let samples = tuned.as_ref().map(|tuned| tuned.samples.show(&run)).transpose()?.flatten();
    let dossier = Dossier {
        run: &run,
        title: format!("rails train: {}", recipe.name),
        part,
        judged: &judged,
        strangers: &Strangers::default(),
        evaluation: &evaluation,
        withheld: Some(&withheld),
        depth: numbers.chain.depth,
        explainer: Explainer::of(&trained.head, &chain, workspace)?,
        facts: facts(&numbers, &split, &trained, classes),
        first: Vec::new(),
        more: std::iter::once(learning(&run, &trained)?).chain(samples).collect(),
        settings: to_toml(recipe).unwrap_or_default().lines().map(str::to_owned).collect(),
    };
    dossier.write(observer)?;
    let checkpoint = checkpoint.finish()?;
    if let Some(folder) = tuned.as_ref().and_then(|tuned| tuned.state.parent()) {
        // Best effort: a leftover is only disk space.
        let _ = std::fs::remove_dir_all(folder);
    }
    let mut counts = vec![0; classes.len()];
    for class in &y {
        counts[class.0] += 1;
    }
    Ok(TrainSummary {
        run: run.finish()?,
        checkpoint,
        classes: classes.iter().cloned().zip(counts).collect(),
        split: [split.train.len(), split.validation.len(), split.test.len()],
        disjointness,
        epochs: trained.history.last().map_or(0, |epoch| epoch.epoch),
        best_epoch: trained.best_epoch,
        calibration: trust.calibration,
        evaluation,
        withheld,
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
    [uncalibrated, probabilities]: [&Array2<f32>; 2],
    trust: &Trust,
    rows: &[usize],
) -> Result<Judged<'a>, CommandError> {
    let image = |&row: &usize| JudgedImage {
        id: numbers.ids[row],
        file: numbers.files[row].clone(),
        fields: numbers.manifest.records[row].fields.clone(),
    };
    let probabilities = probabilities.select(Axis(0), rows);
    let confidences: Vec<f32> = probabilities.rows().into_iter().map(|row| row.fold(0.0, |a, &b| b.max(a))).collect();
    let strangeness = Strangeness::of_all(&trust.reject, trust.unfamiliarity(numbers, rows, &confidences)?);
    Ok(Judged {
        classes,
        images: rows.iter().map(image).collect(),
        truth: rows.iter().map(|row| y[*row]).collect(),
        features: Cow::Owned(numbers.x.select(Axis(0), rows)),
        uncalibrated: uncalibrated.select(Axis(0), rows),
        probabilities,
        strangeness,
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
