//! Labels to a classifier.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use ndarray::{Array2, ArrayView2, Axis, concatenate};
use serde::Serialize;
use serde_json::json;

use super::embed::Extraction;
use super::gather::{Gathered, gather};
use super::record::Record;
use super::{CommandError, Workspace};
use crate::data::{ClassId, Embeddings, ImageId, Manifest};
use crate::device::{Device, DeviceChoice};
use crate::images::DepthRange;
use crate::metrics::ConfusionMatrix;
use crate::metrics::classification::{
    ClassScores, accuracy, balanced_accuracy, cohen_kappa, log_loss, macro_f1, matthews_correlation, per_class,
};
use crate::progress::{Event, Observer, Stage};
use crate::report::{ConfusionPlot, EpochScores, Figure, LearningCurves, Results};
use crate::runs::{
    BUNDLE_FORMAT, Bundle, DatasetSummary, FeatureChain, RunDir, Timings, TrainRecipe, TrainedOn, timestamp,
    write_skipped,
};
use crate::training::{Split, Trained, TrainingSet, most_likely, train as fit};

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

/// How well images were classified; `None` where nothing was judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// Share of images classified right, in `0.0..=1.0`.
    pub accuracy: Option<f64>,
    /// Mean recall of the classes, in `0.0..=1.0`.
    pub balanced_accuracy: Option<f64>,
    /// Mean F1 of the classes, in `0.0..=1.0`.
    pub macro_f1: Option<f64>,
    /// Cohen's kappa, in `-1.0..=1.0`.
    pub kappa: Option<f64>,
    /// Matthews correlation coefficient, in `-1.0..=1.0`.
    pub mcc: Option<f64>,
    /// Mean negative log-likelihood of the true class, in nats.
    pub log_loss: Option<f64>,
    /// Precision, recall, F1 and support by class name.
    pub per_class: BTreeMap<String, ClassScores>,
}

impl Scores {
    fn new(matrix: &ConfusionMatrix, truth: &[ClassId], probabilities: ArrayView2<'_, f32>) -> Self {
        Self {
            accuracy: accuracy(matrix),
            balanced_accuracy: balanced_accuracy(matrix),
            macro_f1: macro_f1(matrix),
            kappa: cohen_kappa(matrix),
            mcc: matthews_correlation(matrix),
            log_loss: log_loss(truth, probabilities),
            per_class: matrix.classes().iter().cloned().zip(per_class(matrix)).collect(),
        }
    }
}

/// Labelled images as numbers, in one table over all sources.
struct Numbers {
    ids: Vec<ImageId>,
    files: Vec<PathBuf>,
    x: Array2<f32>,
    chain: FeatureChain,
    input_size: (usize, usize),
    manifest: Manifest,
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
    results.set("disjointness", split.disjointness(&numbers.ids));
    measure(&mut results, &split, &trained, &scores, &confusion);
    run.write_json("results.json", &results)?;
    run.write_json("run.json", &record.provenance())?;
    write_skipped(&run.file("skipped.csv")?, &gathered.skipped)?;
    write_split(&run.file("split.csv")?, &numbers, &split, &y, &predicted, &probabilities, classes)?;
    draw(&run, &trained, &confusion, judged, observer)?;

    let checkpoint = RunDir::create(&workspace.checkpoints, &format!("{}-{}", recipe.name, timestamp(&started)))?;
    checkpoint.write_json("results.json", &results)?;
    let bundle = Bundle {
        format: BUNDLE_FORMAT,
        name: recipe.name.clone(),
        created: started.timestamp().to_string(),
        classes: classes.to_vec(),
        features: numbers.chain.clone(),
        input_size: numbers.input_size,
        temperature: 1.0,
        reject_threshold: None,
        training_set: TrainedOn { fingerprint: numbers.manifest.fingerprint(), n_images: numbers.ids.len() },
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
        scores,
        judged,
        confusion,
        conflicts: gathered.conflicts,
        unlabelled: gathered.unlabelled,
        n_skipped: gathered.skipped.len(),
    })
}

fn embed(
    gathered: &mut Gathered,
    recipe: &TrainRecipe,
    device: Device,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<Numbers, CommandError> {
    let features = recipe.features.clone().or_else(|| gathered.chain.as_ref().map(|chain| chain.recipe.clone()));
    let extraction = Extraction::new(&features.unwrap_or_default(), device, workspace)?;
    let depth = match &gathered.chain {
        Some(chain) => chain.depth,
        None => common_depth(&gathered.manifests, recipe, observer)?,
    };
    let mut ids = Vec::new();
    let mut files = Vec::new();
    let mut blocks = Vec::new();
    let mut whole = Manifest::default();
    let mut chain = None;
    for manifest in std::mem::take(&mut gathered.manifests) {
        let known = manifest.skipped.len();
        let done = extraction.embed(&manifest, depth, workspace, observer)?;
        gathered.skipped.extend(done.manifest.skipped.iter().skip(known).cloned());
        files.extend(done.manifest.records.iter().map(|record| done.manifest.file(record)));
        ids.extend_from_slice(done.embeddings.ids());
        blocks.push(done.embeddings);
        whole.root.clone_from(&done.manifest.root);
        whole.records.extend(done.manifest.records);
        chain = Some(done.chain);
    }
    let views: Vec<_> = blocks.iter().map(Embeddings::values).collect();
    let x = concatenate(Axis(0), &views)
        .map_err(|error| CommandError::failed(error.to_string(), "report this as a bug"))?;
    let Some(chain) = chain.filter(|_| !ids.is_empty()) else {
        return Err(CommandError::failed("no labelled images to learn from", "label some with `rails curate`"));
    };
    Ok(Numbers { ids, files, x, chain, input_size: extraction.input_size, manifest: whole })
}

/// One brightness scale over all sources.
fn common_depth(
    manifests: &[Manifest],
    recipe: &TrainRecipe,
    observer: &dyn Observer,
) -> Result<DepthRange, CommandError> {
    let mut ranges = manifests.iter().map(|manifest| DepthRange::fit(manifest, recipe.dataset.depth, observer));
    let first = ranges.next().unwrap_or_default();
    if ranges.any(|other| other != first) {
        return Err(CommandError::failed(
            "the sources have different brightness ranges",
            "fix one in the recipe: `dataset.depth = { low = 0, high = 65535 }`",
        ));
    }
    Ok(first)
}

/// Fills results.json with what was measured.
fn measure(results: &mut Results, split: &Split, trained: &Trained, scores: &Scores, confusion: &ConfusionMatrix) {
    if let serde_json::Value::Object(scores) = json!(scores) {
        results.metrics.extend(scores);
    }
    let rows: Vec<Vec<u64>> = confusion.counts().rows().into_iter().map(|row| row.to_vec()).collect();
    results.set("confusion_matrix", json!({ "classes": confusion.classes(), "rows": rows }));
    let [train, validation, test] = [&split.train, &split.validation, &split.test].map(Vec::len);
    results.set("split", json!({ "train": train, "validation": validation, "test": test }));
    results.set("epochs", trained.history.len());
    results.set("best_epoch", trained.best_epoch);
    results.set("stopped", trained.stopped);
    results.set("history", &trained.history);
}

/// `split.csv`: which image played which part, and what it was taken for.
fn write_split(
    path: &Path,
    numbers: &Numbers,
    split: &Split,
    y: &[ClassId],
    predicted: &[ClassId],
    probabilities: &Array2<f32>,
    classes: &[String],
) -> Result<(), CommandError> {
    let failed = |source: csv::Error| crate::runs::TableError::Csv { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    writer.write_record(["id", "path", "class", "part", "predicted", "confidence"]).map_err(failed)?;
    let parts = [("train", &split.train), ("validation", &split.validation), ("test", &split.test)];
    let mut rows: Vec<(usize, &str)> =
        parts.iter().flat_map(|(part, rows)| rows.iter().map(move |row| (*row, *part))).collect();
    rows.sort_unstable();
    for (row, part) in rows {
        let class = predicted[row].0;
        writer
            .write_record([
                &numbers.ids[row].to_string(),
                &numbers.files[row].display().to_string(),
                &classes[y[row].0],
                part,
                &classes[class],
                &probabilities[[row, class]].to_string(),
            ])
            .map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))?;
    Ok(())
}

fn draw(
    run: &RunDir,
    trained: &Trained,
    confusion: &ConfusionMatrix,
    judged: &str,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    observer.on(Event::Started { stage: Stage::Plot, total: 2 });
    let csv = run.file("confusion_matrix.csv")?;
    std::fs::write(&csv, confusion.to_csv()).map_err(CommandError::at(&csv))?;
    let title = format!("Confusion matrix ({judged} images)");
    ConfusionPlot { title: &title, names: confusion.classes(), counts: confusion.counts() }
        .save(&run.file("plots/confusion_matrix.png")?)?;
    observer.on(Event::Advanced { by: 1 });
    let epochs: Vec<EpochScores> = trained
        .history
        .iter()
        .map(|epoch| EpochScores {
            train_loss: epoch.train_loss,
            valid_loss: epoch.validation_loss,
            train_accuracy: epoch.train_accuracy,
            valid_accuracy: epoch.validation_accuracy,
        })
        .collect();
    let best = trained.history.iter().position(|epoch| epoch.epoch == trained.best_epoch);
    LearningCurves { title: "Learning curves", epochs: &epochs, best }.save(&run.file("plots/learning_curves.png")?)?;
    observer.on(Event::Advanced { by: 1 });
    observer.on(Event::Finished);
    Ok(())
}
