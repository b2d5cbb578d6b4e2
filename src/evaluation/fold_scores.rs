//! Scores of one recipe over the folds of a cross-validation.

use serde::Serialize;

use super::RankBy;

/// Scores of one recipe, each over all folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldScores {
    /// Share of images classified right, in `0.0..=1.0`.
    pub accuracy: FoldStatistics,
    /// Mean recall of the classes, in `0.0..=1.0`.
    pub balanced_accuracy: FoldStatistics,
    /// Mean F1 of the classes, in `0.0..=1.0`.
    pub macro_f1: FoldStatistics,
    /// Mean negative log-likelihood of the true class, in nats.
    pub log_loss: FoldStatistics,
    /// Time to train and predict, in seconds.
    pub seconds: FoldStatistics,
}

/// A score of every fold, their mean and their standard deviation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldStatistics {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n − 1.
    pub std: f64,
    /// In the order of the folds.
    pub folds: Vec<f64>,
}

impl FoldScores {
    /// The score that recipes are ranked by.
    #[must_use]
    pub fn of(&self, rank_by: RankBy) -> &FoldStatistics {
        match rank_by {
            RankBy::Accuracy => &self.accuracy,
            RankBy::BalancedAccuracy => &self.balanced_accuracy,
            RankBy::MacroF1 => &self.macro_f1,
            RankBy::LogLoss => &self.log_loss,
        }
    }

    /// The mean of that score over the folds, turned so that larger is better.
    #[must_use]
    pub fn worth(&self, rank_by: RankBy) -> f64 {
        let mean = self.of(rank_by).mean;
        if rank_by == RankBy::LogLoss { -mean } else { mean }
    }

    /// Whether the mean difference to `best`, fold by fold, is within its standard error: the one-standard-error rule
    /// (Breiman et al., "Classification and Regression Trees", 1984, who then take the simpler one).
    #[must_use]
    pub fn as_good_as(&self, best: &Self, rank_by: RankBy) -> bool {
        let pairs = self.of(rank_by).folds.iter().zip(&best.of(rank_by).folds);
        let differences = FoldStatistics::of(pairs.map(|(own, best)| own - best).collect());
        differences.mean.abs() <= differences.std / (differences.folds.len() as f64).sqrt()
    }
}

impl FoldStatistics {
    /// Mean and standard deviation of `folds`; the latter is 0 of one fold.
    #[must_use]
    pub fn of(folds: Vec<f64>) -> Self {
        let n = folds.len() as f64;
        let mean = folds.iter().sum::<f64>() / n;
        let squares: f64 = folds.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, std: if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 }, folds }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The same in every score.
    pub fn scores(folds: &[f64]) -> FoldScores {
        let all = FoldStatistics::of(folds.to_vec());
        FoldScores {
            accuracy: all.clone(),
            balanced_accuracy: all.clone(),
            macro_f1: all.clone(),
            log_loss: all.clone(),
            seconds: all,
        }
    }

    #[test]
    fn a_steady_gap_counts_however_small_and_a_wavering_one_does_not() {
        let best = scores(&[0.90, 0.95, 0.85]);
        assert!((best.accuracy.mean - 0.9).abs() < 1e-12 && (best.accuracy.std - 0.05).abs() < 1e-12);
        assert!(best.as_good_as(&best, RankBy::Accuracy));
        assert!(!scores(&[0.89, 0.94, 0.84]).as_good_as(&best, RankBy::Accuracy));
        assert!(scores(&[0.91, 0.89, 0.87]).as_good_as(&best, RankBy::Accuracy));
    }

    #[test]
    fn the_standard_error_is_that_of_the_differences_by_hand() {
        let best = scores(&[0.9, 0.9, 0.9, 0.9]);
        // Differences 0, 0, 0, -0.1: mean -0.025, deviation 0.05, standard error 0.025.
        assert!(scores(&[0.9, 0.9, 0.9, 0.8]).as_good_as(&scores(&[0.9, 0.9, 0.9, 0.9]), RankBy::MacroF1));
        // Differences 0, 0, -0.1, -0.1: mean -0.05, deviation 0.0577, standard error 0.0289.
        assert!(!scores(&[0.9, 0.9, 0.8, 0.8]).as_good_as(&best, RankBy::MacroF1));
        assert_eq!(FoldStatistics::of(vec![0.7]).std, 0.0);
    }
}
