//! Training: labelled features become a classifier with calibrated confidences.
//!
//! ```text
//!  labels ─▶ split ──────────┐
//!  features ─▶ fitting ──────┼─▶ classifiers ─▶ Trained ─▶ confidence ─▶ ConfidenceModel
//!  recipe ───────────────────┘        │                        ▲
//!  images ─▶ augment ─▶ finetune ◀────┘        neighbours ─────┘
//! ```
//!
//! - `split`: training, validation and test images, and folds; what must stay together does.
//! - `fitting`: what every classifier learns with: scaling of features, weights of labels, loss, step sizes.
//! - `neighbours`: the training images as a reference, exactly searched.
//! - `classifiers`: multilayer perceptron, logistic regression and k nearest neighbours behind one recipe and one type.
//! - `confidence`: temperature scaling and rejection of the novel and the unsure, on images that were not learned from.
//! - `finetune`: the network itself learns on, on images altered by `augment`.
//!
//! Networks live in burn only while they learn; what leaves is plain arrays, which need no backend.

mod augment;
mod classifiers;
mod confidence;
mod error;
mod finetune;
mod fitting;
mod neighbours;
mod split;
#[cfg(test)]
mod tests;
mod train;
mod training_set;

pub use augment::{AugmentRecipe, Flip, UpTo};
pub use classifiers::{
    Classifier, ClassifierRecipe, DenseLayer, Epoch, Head, Knn, KnnRecipe, LinearRecipe, MlpRecipe, StopReason,
    Trained, Votes, confidences, heat_map, most_likely, softmax,
};
pub use confidence::{
    CalibrateRecipe, Calibration, ConfidenceFit, ConfidenceModel, HeldOut, HeldOutFrom, Recognition, RejectRecipe,
    RejectRule, TemperatureFit, UnknownBecause,
};
pub use error::{ClassifierError, TrainError};
pub use finetune::{FineTune, FineTuned, FinetuneRecipe, Pictures, Precision, TrainedPart, finetune};
pub use fitting::{ClassWeights, InputStandardizer, Scaling, Schedule};
pub use neighbours::{Metric, Neighbour, OutlierScores, Reference, TrainingNeighbours};
pub use split::{
    Disjointness, Divisible, Folds, FoldsError, GroupProof, Groups, NearDuplicates, NearProof, Part, SharesError,
    Split, SplitRecipe, SplitShares,
};
pub use train::train;
pub use training_set::TrainingSet;
