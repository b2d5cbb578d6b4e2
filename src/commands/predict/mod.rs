//! New images to classes.

mod answers;
mod keeping;
mod output_folder;
mod sorting;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CommandError;
use crate::data::{Embeddings, Fraction, FrameAddress, ImageId, Manifest, PatchAddress, Skipped, UNKNOWN, path_text};
use crate::images::{ScanOptions, scan, scan_files};
use crate::progress::{Note, Warning};
use crate::runs::{Checkpoint, FeatureChain, Placement};
use crate::training::{Neighbour, Recognition, RejectRule, UnknownBecause, confidences, most_likely};
use crate::workflow::feature_extraction::FeatureExtraction;
use crate::workflow::{Context, checkpoint, dataset};
use answers::Answers;
use keeping::keep_into;
use output_folder::OutputFolder;
use sorting::sort_into;
use tables::write_predictions;
pub use tables::{TableFormat, predictions_text};

/// How to predict.
#[derive(Debug, Clone, Default)]
pub struct PredictOptions {
    /// The checkpoint folder; without it the newest.
    pub checkpoint: Option<PathBuf>,
    /// Below this confidence an image is `unknown`, instead of below the checkpoint's.
    pub min_confidence: Option<Fraction>,
    /// Give every image its most likely class, however novel it is, and however unsure unless `min_confidence` says.
    pub keep_all: bool,
    /// Number of nearest training images that are named with each prediction.
    pub explain: usize,
    /// Only images of this class are printed.
    pub keep: Option<String>,
    /// Write those images here, files of frames with these frames only.
    pub keep_into: Option<PathBuf>,
    /// Sort the images into one folder per class here.
    pub sort_into: Option<PathBuf>,
    /// How images get into those folders.
    pub placement: Placement,
    /// Write the table of predictions here.
    pub output: Option<PredictionsFile>,
}

/// A table of predictions on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictionsFile {
    /// Where.
    pub path: PathBuf,
    /// How.
    pub format: TableFormat,
}

/// The prediction for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Content hash.
    pub id: ImageId,
    /// A file as it was given; else the folder given, then the path below it.
    pub path: String,
    /// A class name or `unknown`.
    pub class: String,
    /// Calibrated probability of the most likely class, in `0.0..=1.0`.
    pub confidence: f32,
    /// How unlike all training images it is: the share of known images that are less so; by a checkpoint of before, in
    /// standard deviations. `None` where the checkpoint measures no novelty.
    pub novelty: Option<f32>,
    /// Why it is `unknown`; `None` where it has a class.
    pub unknown_because: Option<UnknownBecause>,
    /// Per class, in the order of [`PredictSummary::classes`].
    pub probabilities: Vec<f32>,
    /// The nearest training images, nearest first.
    pub neighbours: Vec<NearestImage>,
}

/// A training image that a new image resembles.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestImage {
    /// Its file when it was learned from.
    pub path: String,
    /// Its class.
    pub class: String,
    /// One minus the cosine between the features of the two, in `0.0..=2.0`; 0 for the same image.
    pub distance: f32,
}

/// Summary of `rails predict`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictSummary {
    /// The checkpoint used.
    #[serde(serialize_with = "path_text::serde_text::serialize")]
    pub checkpoint: PathBuf,
    /// Its classes.
    pub classes: Vec<String>,
    /// Images per predicted class.
    pub counts: BTreeMap<String, usize>,
    /// Mean confidence, in `0.0..=1.0`.
    pub mean_confidence: f64,
    /// Novelty above which an image was called `unknown`; `None` where that was not asked or not learned.
    pub threshold: Option<f64>,
    /// Confidence below which an image was called `unknown`; `None` where that was not asked or not learned.
    pub min_confidence: Option<f64>,
    /// Images without a class, by reason.
    pub unknown: UnknownCounts,
    /// Whether the checkpoint tells why an image is `unknown`; those of before do not.
    #[serde(skip)]
    pub tells_why: bool,
    /// Training images named with each prediction.
    pub explained: usize,
    /// Files that were left out.
    pub skipped: Vec<Skipped>,
    /// The list of these files, where one was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_list: Option<PathBuf>,
    /// One per image, in the order of the arguments, by path within each.
    #[serde(skip)]
    pub predictions: Vec<Prediction>,
}

/// Images without a class, counted by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct UnknownCounts {
    /// They resemble nothing that was learned.
    pub novel: usize,
    /// They lie between classes.
    pub unsure: usize,
    /// One or the other: a checkpoint of before does not tell which.
    pub untold: usize,
}

/// Predicts the class of every image in `images`: folders and files.
///
/// # Errors
/// When the checkpoint cannot be used or there are no images; a bad image is only skipped.
pub fn predict(
    images: &[PathBuf],
    options: &PredictOptions,
    context: &Context<'_>,
) -> Result<PredictSummary, CommandError> {
    let checkpoint = checkpoint::open(options.checkpoint.as_deref(), context)?;
    options.check(&checkpoint)?;
    let tells_why = checkpoint.bundle.reject.as_ref().is_some_and(RejectRule::has_scale);
    if checkpoint.bundle.reject.is_some() && !tells_why {
        context.observer.note(&Note::NoveltyInDeviations);
    }
    let mut answers = answer(images, options, &checkpoint, context)?;
    answers.require_some()?;
    let (placement, observer) = (options.placement, context.observer);
    let sorted = match options.sorted() {
        Some(folder) => Some(sort_into(&folder, &answers, placement, observer)?),
        None => None,
    };
    // Counts and mean are of all images, also where `--keep` prints only one class.
    let (counts, mean_confidence, unknown) = (answers.counts(), answers.mean_confidence(), answers.unknown());
    if let Some(class) = &options.keep {
        answers.keep_only(class);
    }
    let kept = match options.kept() {
        Some(folder) => Some(keep_into(&folder, &answers.predictions, &answers.files, placement, observer)?),
        None => None,
    };
    let Answers { predictions, skipped, .. } = answers;
    let rule = checkpoint.bundle.reject.as_ref().filter(|_| !options.keep_all);
    let mut summary = PredictSummary {
        threshold: rule.and_then(RejectRule::novelty_threshold),
        min_confidence: options.min_confidence.map(Fraction::get).or(rule.and_then(|rule| rule.min_confidence)),
        unknown,
        tells_why,
        explained: predictions.iter().map(|prediction| prediction.neighbours.len()).max().unwrap_or(0),
        checkpoint: checkpoint.folder,
        classes: checkpoint.bundle.classes,
        counts,
        mean_confidence,
        skipped,
        skip_list: None,
        predictions,
    };
    // Folders must be new or empty, tables may be there from before: so the folders appear last, and after a failure in
    // between the same command can be given again.
    if let Some(output) = &options.output {
        summary.skip_list = write_predictions(output, &summary, observer)?;
    }
    for (folder, staged) in [options.sorted().zip(sorted), options.kept().zip(kept)].into_iter().flatten() {
        folder.finish(staged)?;
    }
    Ok(summary)
}

impl PredictOptions {
    /// Fails where the checkpoint cannot do what is asked.
    fn check(&self, checkpoint: &Checkpoint) -> Result<(), CommandError> {
        let classes = &checkpoint.bundle.classes;
        if let Some(class) = self.keep.as_ref().filter(|class| !classes.contains(*class)) {
            let known = classes.join(", ");
            return Err(CommandError::usage(format!("--keep: no class `{class}` in the checkpoint (known: {known})")));
        }
        if self.explain > 0 && checkpoint.neighbours.is_none() {
            return Err(CommandError::failed(
                "this checkpoint was made before training images were kept in it: nothing to explain by",
                "train again with this version, or leave out --explain",
            ));
        }
        // Told before the images are worked on.
        self.kept().into_iter().chain(self.sorted()).try_for_each(|folder| folder.check())
    }

    /// Why an image gets no class, as the checkpoint's rule has it or the options have it instead.
    fn unknown_because(&self, recognition: Option<Recognition>, confidence: f32) -> Option<UnknownBecause> {
        let by_rule = recognition.and_then(|found| found.unknown_because).filter(|_| !self.keep_all);
        match self.min_confidence {
            Some(least) => {
                let unsure = (f64::from(confidence) < least.get()).then_some(UnknownBecause::Unsure);
                by_rule.filter(|because| *because != UnknownBecause::Unsure).or(unsure)
            }
            None => by_rule,
        }
    }

    fn sorted(&self) -> Option<OutputFolder<'_>> {
        let path = self.sort_into.as_deref()?;
        Some(OutputFolder { path, verb: "sort", command: "predict --sort-into", next: self.keep_into.as_deref() })
    }

    fn kept(&self) -> Option<OutputFolder<'_>> {
        let path = self.keep_into.as_deref()?;
        Some(OutputFolder { path, verb: "copy", command: "predict --keep-into", next: None })
    }

    /// Fails where the images are not of the kind that is asked for.
    fn check_images(&self, manifests: &[Manifest]) -> Result<(), CommandError> {
        let mut records = manifests.iter().flat_map(|manifest| &manifest.records);
        let frames = records.any(|record| FrameAddress::parse(record.path.as_ref()).is_some());
        if self.sort_into.is_some() && frames {
            return Err(CommandError::failed(
                "frames are no files of their own that could be sorted into folders",
                "leave out --sort-into; `--keep CLASS --keep-into DIR` writes files with the frames of one class",
            ));
        }
        Ok(())
    }
}

/// Extracts the features of all images as the checkpoint did and predicts.
fn answer(
    images: &[PathBuf],
    options: &PredictOptions,
    checkpoint: &Checkpoint,
    context: &Context<'_>,
) -> Result<Answers, CommandError> {
    let chain = &checkpoint.bundle.features;
    let extraction = FeatureExtraction::as_before(chain, context)?;
    // Predictions name single files as they were given, not by their absolute paths.
    let given = GivenPaths::of(images);
    let mut answers = Answers::default();
    let manifests = manifests(images, chain, context)?;
    options.check_images(&manifests)?;
    for manifest in manifests {
        let shown = extraction.is_shown();
        if shown && manifest.records.iter().any(|record| !chain.depth.covers(record.bit_depth)) {
            context.observer.warn(&Warning::DepthUnknown);
        }
        let done = extraction.embed(&manifest, chain.depth, context)?;
        let files = done.manifest.records.iter().map(|record| done.manifest.file(record));
        let files: Vec<PathBuf> = files.collect();
        let names = files.iter().map(|file| given.name(file)).collect();
        answers.predictions.extend(judge(checkpoint, options, &done.embeddings, names)?);
        answers.files.extend(files);
        answers.skipped.extend(done.manifest.skipped);
    }
    Ok(answers)
}

/// Predictions for the images of `embeddings`; `paths` has one entry per image.
fn judge(
    checkpoint: &Checkpoint,
    options: &PredictOptions,
    embeddings: &Embeddings,
    paths: Vec<String>,
) -> Result<Vec<Prediction>, CommandError> {
    let Checkpoint { bundle, neighbours, .. } = checkpoint;
    let x = embeddings.values();
    let probabilities = checkpoint.probabilities(x)?;
    let likely = most_likely(probabilities.view());
    let confidences = confidences(probabilities.view());
    let recognitions = checkpoint.recognise(x, &confidences)?;
    let nearest = match neighbours {
        Some(neighbours) if options.explain > 0 => neighbours.nearest(x, options.explain)?,
        _ => vec![Vec::new(); paths.len()],
    };
    let image = |(row, path): (usize, String)| {
        let recognition = recognitions.as_ref().map(|all| all[row]);
        let unknown_because = options.unknown_because(recognition, confidences[row]);
        let named = |neighbour: &Neighbour| {
            let reference = &neighbours.as_ref()?.references()[neighbour.index];
            let class = bundle.classes[reference.class.0].clone();
            Some(NearestImage { path: reference.path.clone(), class, distance: neighbour.distance })
        };
        Prediction {
            id: embeddings.ids()[row],
            path,
            class: if unknown_because.is_some() { UNKNOWN.to_owned() } else { bundle.classes[likely[row].0].clone() },
            confidence: confidences[row],
            novelty: recognition.and_then(|found| found.novelty).map(|novelty| novelty as f32),
            unknown_because,
            probabilities: probabilities.row(row).to_vec(),
            neighbours: nearest[row].iter().filter_map(named).collect(),
        }
    };
    Ok(paths.into_iter().enumerate().map(image).collect())
}

/// Single files are scanned by their absolute paths; this gives them back as they were given.
struct GivenPaths<'a>(BTreeMap<PathBuf, &'a Path>);

impl<'a> GivenPaths<'a> {
    fn of(images: &'a [PathBuf]) -> Self {
        let files = images.iter().filter(|path| !path.is_dir());
        Self(files.filter_map(|path| Some((std::path::absolute(path).ok()?, path.as_path()))).collect())
    }

    fn name(&self, file: &Path) -> String {
        if let Some(patch) = PatchAddress::parse(file) {
            return PatchAddress { image: path_text::to_path(&self.name(&patch.image)), ..patch }.to_string();
        }
        match FrameAddress::parse(file) {
            Some(frame) => {
                let file = self.0.get(&frame.file).map_or_else(|| frame.file.clone(), |given| given.to_path_buf());
                FrameAddress { file, ..frame }.to_string()
            }
            None => path_text::to_text(self.0.get(file).copied().unwrap_or(file)),
        }
    }
}

/// A manifest per folder, and one for all single files.
fn manifests(images: &[PathBuf], chain: &FeatureChain, context: &Context<'_>) -> Result<Vec<Manifest>, CommandError> {
    let observer = context.observer;
    let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) = images.iter().partition(|path| path.is_dir());
    let options = ScanOptions { dataset: chain.dataset.clone(), ..ScanOptions::default() };
    let mut manifests = Vec::new();
    for folder in folders {
        manifests.push(dataset::sliced(scan(folder, &options, observer)?, chain.slices, context.memory)?);
    }
    if !files.is_empty() {
        let files: Vec<PathBuf> = files.into_iter().cloned().collect();
        manifests.push(dataset::sliced(scan_files(&files, &options, observer)?, chain.slices, context.memory)?);
    }
    Ok(manifests)
}
