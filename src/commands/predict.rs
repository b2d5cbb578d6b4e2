//! New images to classes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::embed::Extraction;
use super::{CommandError, Workspace};
use crate::data::{Fraction, ImageId, Skipped};
use crate::device::DeviceChoice;
use crate::images::{ScanOptions, scan, scan_files};
use crate::progress::{Event, Observer, Stage};
use crate::runs::{Bundle, Placement, Placer, newest_checkpoint, safe_name};
use crate::training::most_likely;

/// The class of an image that nothing fits well enough.
pub const UNKNOWN: &str = "unknown";

/// How to predict.
#[derive(Debug, Clone, Default)]
pub struct PredictOptions {
    /// The checkpoint folder; without it the newest.
    pub checkpoint: Option<PathBuf>,
    /// Below this confidence an image is `unknown`; without it the checkpoint's own threshold counts.
    pub min_confidence: Option<Fraction>,
    /// Sort the images into one folder per class here.
    pub sort_into: Option<PathBuf>,
    /// How images get into those folders.
    pub placement: Placement,
}

/// What an image is taken for.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Content hash.
    pub id: ImageId,
    /// A file as it was given; else the folder given, then the path below it.
    pub path: String,
    /// A class name or `unknown`.
    pub class: String,
    /// Probability of the most likely class, in `0.0..=1.0`.
    pub confidence: f32,
    /// Per class, in the order of [`PredictSummary::classes`].
    pub probabilities: Vec<f32>,
}

/// What `rails predict` has to say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictSummary {
    /// The checkpoint used.
    pub checkpoint: PathBuf,
    /// Its classes.
    pub classes: Vec<String>,
    /// Images per predicted class.
    pub counts: BTreeMap<String, usize>,
    /// Mean confidence, in `0.0..=1.0`.
    pub mean_confidence: f64,
    /// Files that were left out.
    pub skipped: Vec<Skipped>,
    /// One per image, in the order of the arguments, by path within each.
    #[serde(skip)]
    pub predictions: Vec<Prediction>,
}

/// Predicts the class of every image in `images`: folders and files.
///
/// # Errors
/// When the checkpoint cannot be used or there are no images; a bad image is only skipped.
pub fn predict(
    images: &[PathBuf],
    options: &PredictOptions,
    device: DeviceChoice,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<PredictSummary, CommandError> {
    let checkpoint = match &options.checkpoint {
        Some(path) => path.clone(),
        None => newest_checkpoint(&workspace.checkpoints)?,
    };
    let (bundle, head) = Bundle::read(&checkpoint)?;
    let extraction = Extraction::as_before(&bundle.features, device.resolve()?, workspace)?;
    let threshold = options.min_confidence.map(Fraction::get).or(bundle.reject_threshold).unwrap_or(0.0);
    let mut predictions = Vec::new();
    let mut files = Vec::new();
    let mut skipped = Vec::new();
    let given = Given::of(images);
    for manifest in manifests(images, observer)? {
        if manifest.records.iter().any(|record| !bundle.features.depth.covers(record.bit_depth)) {
            let text = "the checkpoint was trained without images of more than 8 bits: these are shown in full range";
            observer.on(Event::Warning { text });
        }
        let done = extraction.embed(&manifest, bundle.features.depth, workspace, observer)?;
        let probabilities = head.probabilities(done.embeddings.values())?;
        let likely = most_likely(probabilities.view());
        for ((record, row), best) in done.manifest.records.iter().zip(probabilities.rows()).zip(likely) {
            let best = best.0;
            let sure = f64::from(row[best]) >= threshold;
            predictions.push(Prediction {
                id: record.id,
                path: given.name(&done.manifest.file(record)),
                class: if sure { bundle.classes[best].clone() } else { UNKNOWN.to_owned() },
                confidence: row[best],
                probabilities: row.to_vec(),
            });
            files.push(done.manifest.file(record));
        }
        skipped.extend(done.manifest.skipped);
    }
    if predictions.is_empty() {
        let hint = skipped.first().map_or_else(
            || "png, jpg, bmp, tif, webp and pgm files are looked for, also in subfolders".to_owned(),
            |first| format!("{} files were skipped, the first because: {}", skipped.len(), first.reason),
        );
        return Err(CommandError::failed("no images to predict", hint));
    }
    if let Some(folder) = &options.sort_into {
        sort_into(folder, &predictions, &files, options.placement, observer)?;
    }
    let mut counts = BTreeMap::new();
    for prediction in &predictions {
        *counts.entry(prediction.class.clone()).or_default() += 1;
    }
    let confidence: f64 = predictions.iter().map(|prediction| f64::from(prediction.confidence)).sum();
    Ok(PredictSummary {
        checkpoint,
        classes: bundle.classes,
        counts,
        mean_confidence: confidence / predictions.len() as f64,
        skipped,
        predictions,
    })
}

/// Single files are scanned by their absolute paths; this gives them back as they were given.
struct Given<'a>(BTreeMap<PathBuf, &'a Path>);

impl<'a> Given<'a> {
    fn of(images: &'a [PathBuf]) -> Self {
        let files = images.iter().filter(|path| !path.is_dir());
        Self(files.filter_map(|path| Some((std::path::absolute(path).ok()?, path.as_path()))).collect())
    }

    fn name(&self, file: &Path) -> String {
        self.0.get(file).copied().unwrap_or(file).display().to_string()
    }
}

/// A manifest per folder, and one for all single files.
fn manifests(images: &[PathBuf], observer: &dyn Observer) -> Result<Vec<crate::data::Manifest>, CommandError> {
    let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) = images.iter().partition(|path| path.is_dir());
    let options = ScanOptions::default();
    let mut manifests = Vec::new();
    for folder in folders {
        manifests.push(scan(folder, &options, observer)?);
    }
    if !files.is_empty() {
        let files: Vec<PathBuf> = files.into_iter().cloned().collect();
        manifests.push(scan_files(&files, &options, observer)?);
    }
    Ok(manifests)
}

fn sort_into(
    folder: &Path,
    predictions: &[Prediction],
    files: &[PathBuf],
    placement: Placement,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(CommandError::failed(
            format!("the folder to sort into is not empty: `{}`", folder.display()),
            "choose another one, or remove what is in it",
        ));
    }
    observer.on(Event::Started { stage: Stage::Copy, total: files.len() });
    // By folder, since names that differ may become the same folder.
    let mut placers: BTreeMap<String, Placer> = BTreeMap::new();
    for (prediction, file) in predictions.iter().zip(files) {
        let name = safe_name(&prediction.class);
        let key = name.to_lowercase();
        if !placers.contains_key(&key) {
            placers.insert(key.clone(), Placer::new(&folder.join(&name), placement)?);
        }
        if let Some(placer) = placers.get_mut(&key) {
            placer.place(file, prediction.id)?;
        }
        observer.on(Event::Advanced { by: 1 });
    }
    observer.on(Event::Finished);
    Ok(())
}
