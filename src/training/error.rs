//! Why training can fail, and what to do about it.

use crate::backbones::BackboneError;
use crate::data::ArraysError;
use crate::memory::OverBudget;

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Arrays of different lengths.
    #[error("{ids} images, but {rows} rows of features, {labels} classes and {weights} weights")]
    Rows { ids: usize, rows: usize, labels: usize, weights: usize },
    /// A row, class or weight that cannot be used.
    #[error("row {row}: {what}")]
    Row { row: usize, what: &'static str },
    /// Nothing to tell apart.
    #[error("the training images show {found} of {named} classes: at least 2 are needed")]
    TooFewClasses { found: usize, named: usize },
    /// The same image in two parts of the split: any accuracy would be flattered.
    #[error("{0} images are in more than one part of the split")]
    Overlap(usize),
    /// The classifier does not fit in memory.
    #[error("the classifier {0}")]
    Memory(#[from] OverBudget),
    /// A step of fine-tuning does not fit in memory.
    #[error("fine-tuning in steps of {batch_size} images {why}")]
    StepMemory { batch_size: usize, why: OverBudget },
    /// No epoch had a finite loss.
    #[error("the loss diverged from the first epoch on at learning rate `{0}`")]
    Diverged(f64),
    /// Weights that could not be kept or read back while training.
    #[error("the best weights could not be kept: {0}")]
    Checkpoint(String),
    /// No temporary folder for them.
    #[error("no temporary folder: {0}")]
    Temporary(#[from] std::io::Error),
    /// An image that could be read before and cannot now.
    #[error("an image can no longer be read: {0}")]
    Picture(String),
    /// bfloat16 where it would only cost time.
    #[error("`precision = \"mixed\"` needs a GPU")]
    MixedOnCpu,
    /// A network that cannot be fine-tuned as asked.
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    /// Class weights for something that is no class.
    #[error("class weights for {}, which no image is labelled", names(.unknown))]
    UnknownClasses { unknown: Vec<String>, known: Vec<String> },
    /// Weights that are no classifier.
    #[error(transparent)]
    Classifier(#[from] ClassifierError),
}

impl TrainError {
    /// A hint: what to do about it, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooFewClasses { .. } => Some("name at least two classes with `rails curate`".to_owned()),
            Self::Memory(why) => {
                Some(format!("choose fewer or smaller layers in `classifier.hidden`, or {}", why.hint()))
            }
            Self::StepMemory { why, .. } => Some(format!("lower `finetune.batch_size`, or {}", why.hint())),
            Self::Diverged(rate) => Some(format!("lower `learning_rate`, for example to `{}`", rate / 10.0)),
            Self::Checkpoint(_) | Self::Temporary(_) => Some("check the space left in the temporary folder".to_owned()),
            Self::MixedOnCpu => Some("use `precision = \"full\"`, or `--device cuda`".to_owned()),
            Self::Backbone(error) => error.hint(),
            Self::UnknownClasses { known, .. } => Some(format!("the classes are {}", names(known))),
            _ => None,
        }
    }
}

/// Why numbers are not a classifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassifierError {
    /// No layer at all.
    #[error("a classifier needs at least one layer")]
    NoLayers,
    /// A tensor of another shape than its neighbours ask for.
    #[error("`{tensor}` has shape `{shape:?}`: expected `{expected:?}`")]
    Shape { tensor: String, shape: Vec<usize>, expected: Vec<usize> },
    /// NaN or infinity among the weights.
    #[error("`{0}` holds a number that is not finite")]
    NotFinite(String),
    /// A tensor that does not belong to a classifier.
    #[error("`{0}` does not belong to a classifier")]
    Unknown(String),
    /// Another kind of file, or not what belongs there.
    #[error(transparent)]
    Arrays(#[from] ArraysError),
    /// The part of the file that is text is not understood.
    #[error("`{part}` is not understood: {reason}")]
    Text { part: &'static str, reason: String },
}

impl ClassifierError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        "the checkpoint is damaged or of another kind: copy it again, or train anew with `rails train`".to_owned()
    }
}

/// Names in backticks, with commas.
fn names(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
