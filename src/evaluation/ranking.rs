//! Ranking of recipes by a score of their cross-validation.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{FoldScores, RecipeResult};

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

impl RankBy {
    /// The mean over the folds, turned so that larger is better.
    fn worth(self, scores: &FoldScores) -> f64 {
        let mean = scores.of(self).mean;
        if self == Self::LogLoss { -mean } else { mean }
    }
}

/// Positions among `results`, the best first; equals stay in their order, and those that failed come last.
#[must_use]
pub fn rank(results: &[RecipeResult], by: RankBy) -> Vec<usize> {
    let worth = |index: usize| results[index].scores().map_or(f64::NEG_INFINITY, |scores| by.worth(scores));
    let mut order: Vec<usize> = (0..results.len()).collect();
    order.sort_by(|&a, &b| worth(b).total_cmp(&worth(a)));
    order
}

#[cfg(test)]
mod tests {
    use super::super::fold_scores::tests::scores;
    use super::*;
    use ndarray::Array2;

    fn scored(folds: &[f64]) -> RecipeResult {
        RecipeResult::Scored { scores: Box::new(scores(folds)), probabilities: Array2::zeros((0, 2)) }
    }

    #[test]
    fn the_best_comes_first_equals_keep_their_order_and_failures_come_last() {
        let failed = RecipeResult::Failed("fold 1: the loss diverged".to_owned());
        let results = [scored(&[0.8, 0.6]), failed, scored(&[0.9, 0.9]), scored(&[0.7, 0.7])];
        assert_eq!(rank(&results, RankBy::Accuracy), [2, 0, 3, 1]);
        assert_eq!(rank(&results, RankBy::LogLoss), [0, 3, 2, 1], "less is better");
        assert_eq!(rank(&[], RankBy::Accuracy), [0_usize; 0]);
    }
}
