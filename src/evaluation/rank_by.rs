//! The score that recipes are ranked by.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The score that recipes are ranked by, in its mean over the folds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RankBy {
    /// Share of images classified right.
    #[default]
    Accuracy,
    /// Mean recall of the classes: every class counts alike.
    BalancedAccuracy,
    /// Mean F1 of the classes.
    MacroF1,
    /// Mean negative log-likelihood of the true class; less is better.
    LogLoss,
}

impl RankBy {
    /// Its name in results.json.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::MacroF1 => "macro_f1",
            Self::LogLoss => "log_loss",
        }
    }
}

impl fmt::Display for RankBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced accuracy",
            Self::MacroF1 => "macro F1",
            Self::LogLoss => "log loss",
        })
    }
}
