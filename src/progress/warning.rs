//! Warnings as data: each has a code and fields for programs, and one sentence for the terminal.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::label_warning::LabelWarning;
use super::note::KeptWeights;
use super::split_warning::SplitWarning;

/// Something the user should worry about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Warning {
    /// Early stopping has no validation images to go by.
    NoValidation,
    /// The loss was not finite in an epoch; the weights of `best_epoch` are kept, 0 is the frozen network.
    Diverged { epoch: usize, best_epoch: usize },
    /// Learning from the validation images too went astray.
    RefitDiverged,
    /// The classifier is no better than guessing.
    NothingLearned { loss: f64, guessing: f64 },
    /// Too few images to calibrate by folds.
    TooFewToCalibrate,
    /// A kept training is overwritten.
    ResumableGivenUp,
    /// A clustering method, or what else is made of the clusters, that cannot be had of these images; the rest can.
    MethodLeftOut { method: &'static str, reason: String, hint: Option<String> },
    /// More clusters than images.
    TooManyClusters { from: usize, images: usize },
    /// A line of `tiles.csv` that cannot be read.
    TileLineIgnored { reason: String, path: PathBuf },
    /// A file of the store that cannot be read.
    StoreFileDamaged { reason: String, file: String },
    /// Images of an older run that are gone.
    ImagesLost { images: usize },
    /// Files that changed after they were scanned.
    FilesAltered { files: usize, first: String },
    /// Images with several labels.
    LabelsConflict { conflict: String },
    /// Images with several true classes; the first is named.
    TruthConflicts { images: usize, first: String },
    /// A label table that does not name all images, or others.
    TruthIncomplete { known: usize, images: usize, unknown: usize, conflicts: usize },
    /// A class without an image.
    ClassWithoutImage { class: String },
    /// 16-bit images for a checkpoint that knows none.
    DepthUnknown,
    /// Evaluation on images that were learned from.
    EvaluatedOnTraining { learned: usize, images: usize },
    /// Two runs that share no image.
    NothingShared { first: String, second: String },
    /// Too many images to compare each with each.
    NearDuplicatesSkipped { most: usize },
    /// The review page does without features.
    NoFeatureSuggestions { reason: String },
    /// All labels weigh the same.
    LabelsNotWeighted { reason: String },
    /// Tiles that do not say where they come from.
    TilesWithoutPlace { tiles: usize },
    /// Two tiles of one array in one place.
    TilesInOnePlace { first: String, second: String, row: u32, column: u32 },
    /// Silhouettes of a sample of the images.
    SilhouettesSampled { seconds: f64, gib: f64, images: usize },
    /// Slices that are smaller than a pixel.
    SlicesTooSmall { rows: u32 },
    /// Series where brightness decides by the name of `method`'s clusters and not the first frame; `names` are those of
    /// `series` in all.
    SeriesDisagree { method: &'static str, reason: &'static str, names: Vec<String>, series: usize },
    /// Dark frames of `counts` per pixel, which is more than most frames of `series` of all `all` series have.
    DarksBrighter { counts: f64, series: usize, all: usize },
    /// A label table that does not fit the images.
    #[serde(untagged)]
    Labels(LabelWarning),
    /// Data that cannot be divided as wished.
    #[serde(untagged)]
    Split(SplitWarning),
}

/// Names of series in a sentence.
const MOST_NAMED: usize = 5;

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValidation => f.write_str("no validation images: the training loss decides when to stop"),
            Self::Diverged { epoch, best_epoch } => {
                write!(f, "the loss diverged in epoch {epoch}; {}", KeptWeights(*best_epoch))
            }
            Self::RefitDiverged => {
                f.write_str("learning from the validation images too diverged: their share is left out")
            }
            Self::NothingLearned { loss, guessing } => write!(
                f,
                "nothing was learned: the best validation loss is {loss:.3}, equal guesses give {guessing:.3}; lower \
                 `learning_rate` or check the labels"
            ),
            Self::TooFewToCalibrate => {
                f.write_str("too few images to calibrate by folds: confidences are as the classifier gives them")
            }
            Self::ResumableGivenUp => f.write_str(
                "an interrupted training with this recipe and these images is given up; `--resume` goes on with one",
            ),
            Self::MethodLeftOut { method, reason, hint } => {
                write!(f, "`{method}` is left out: {reason}")?;
                hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
            }
            Self::TooManyClusters { from, images } => {
                write!(f, "k from {from} on is left out: there are only {images} images")
            }
            Self::TileLineIgnored { reason, path } => {
                write!(f, "a line that is no tile was ignored: {reason}: `{}`", path.display())
            }
            Self::StoreFileDamaged { reason, file } => {
                write!(f, "a damaged part of the embedding store is made anew: {reason}: `{file}`")
            }
            Self::ImagesLost { images } => write!(f, "{images} images of the run cannot be read any more"),
            Self::FilesAltered { files, first } => write!(
                f,
                "{files} files were replaced or deleted after they were scanned and are in no cluster folder, such as \
                 `{first}`: cluster again"
            ),
            Self::LabelsConflict { conflict } => write!(f, "left out, its labels conflict: {conflict}"),
            Self::TruthConflicts { images, first } => {
                write!(f, "{images} images have several true classes and are left out: {first}")
            }
            Self::TruthIncomplete { known, images, unknown, conflicts } => write!(
                f,
                "{known} of {images} images have one true class; {unknown} rows of the table name images that are not \
                 there, {conflicts} images have several classes"
            ),
            Self::ClassWithoutImage { class } => write!(f, "no image is left of class `{class}`: it is left out"),
            Self::DepthUnknown => f.write_str(
                "the checkpoint was trained without images of more than 8 bits: these are shown in full range",
            ),
            Self::EvaluatedOnTraining { learned, images } => write!(
                f,
                "{learned} of the {images} images are training images of the checkpoint: on new ones it will do worse"
            ),
            Self::NothingShared { first, second } => {
                write!(f, "`{first}` and `{second}` judged no image in common: they cannot be compared image by image")
            }
            Self::NearDuplicatesSkipped { most } => write!(
                f,
                "near duplicates are not looked for among more than {most} images: only files of equal bytes stay \
                 together"
            ),
            Self::NoFeatureSuggestions { reason } => write!(f, "no suggestions from the images' features: {reason}"),
            Self::LabelsNotWeighted { reason } => write!(f, "labels of named clusters are not weighted: {reason}"),
            Self::TilesWithoutPlace { tiles } => write!(
                f,
                "{tiles} tiles do not say where they stand and are compared with none around: cut them with `rails \
                 tile`, or name the fields array, row and column in dataset.naming"
            ),
            Self::TilesInOnePlace { first, second, row, column } => write!(
                f,
                "two tiles stand in row {row}, column {column} of one array: `{first}` and `{second}`; leave one out, or \
                 name the field array in dataset.naming"
            ),
            Self::SilhouettesSampled { seconds, gib, images } => write!(
                f,
                "exact silhouettes would take about {seconds:.0} s and {gib:.1} GiB: they are measured on a random \
                 sample of {images} images (--max-time and --max-memory raise the limits)"
            ),
            Self::SlicesTooSmall { rows } => write!(f, "{rows} slices are left out: an image has fewer pixels"),
            Self::SeriesDisagree { method, reason, names, series } => {
                let named: Vec<String> = names.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
                let more = if names.len() > MOST_NAMED { ", …" } else { "" };
                let (n, named) = (names.len(), named.join(", "));
                write!(f, "{method}: in {n} of {series} series {reason}: {named}{more}")
            }
            Self::DarksBrighter { counts, series, all } => write!(
                f,
                "in {series} of {all} series most frames count less than the dark frames, {counts:.3} per pixel, and are \
                 called spoiled: does `dataset.dark` name frames without light, of the same exposure?"
            ),
            Self::Labels(warning) => warning.fmt(f),
            Self::Split(warning) => warning.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Lack, Note};
    use super::*;

    #[test]
    fn a_notice_is_a_code_and_fields_for_programs_and_a_sentence_for_the_terminal() {
        let warning = Warning::Diverged { epoch: 7, best_epoch: 0 };
        let json = serde_json::to_value(&warning).unwrap();
        assert_eq!(json, serde_json::json!({ "code": "diverged", "epoch": 7, "best_epoch": 0 }));
        assert_eq!(warning.to_string(), "the loss diverged in epoch 7; the frozen network was best and is kept");
        let names = (1..=6).map(|at| format!("s{at}")).collect();
        let warning = Warning::SeriesDisagree { method: "K-means", reason: "no frame is usable", names, series: 9 };
        assert_eq!(
            warning.to_string(),
            "K-means: in 6 of 9 series no frame is usable: `s1`, `s2`, `s3`, \
             `s4`, `s5`, …"
        );
        let lacks = SplitWarning::ClassLacks { class: "a".to_owned(), images: 3, units: 1, lack: Lack::AllInFold(2) };
        let json = serde_json::to_value(Warning::Split(lacks)).unwrap();
        let lack = serde_json::json!({ "all_in_fold": 2 });
        let expected =
            serde_json::json!({ "code": "class_lacks", "class": "a", "images": 3, "units": 1, "lack": lack });
        assert_eq!(json, expected);
        let note = Note::TrainingEnded { early: true, best_epoch: 3 };
        assert_eq!(note.to_string(), "the validation loss stopped falling; the weights of epoch 3 are kept");
        assert_eq!(serde_json::to_value(Note::PlainLayout).unwrap(), serde_json::json!({ "code": "plain_layout" }));
    }
}
