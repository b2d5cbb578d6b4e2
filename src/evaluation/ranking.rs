//! Ranking of recipes by a score of their cross-validation.

use super::{RankBy, RecipeResult};

/// Positions among `results`, the best first; equals stay in their order, and those that failed come last.
#[must_use]
pub fn rank(results: &[RecipeResult], by: RankBy) -> Vec<usize> {
    let worth = |index: usize| results[index].scores().map_or(f64::NEG_INFINITY, |scores| scores.worth(by));
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
