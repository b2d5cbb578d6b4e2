//! Ranking metrics, how well probabilities sort images: ROC and precision–recall, one class against the rest.
//!
//! Reference: Fawcett, "An introduction to ROC analysis", 2006. Definitions, ties included, are scikit-learn's.

use ndarray::ArrayView2;

use crate::data::ClassId;

/// The images sorted by the probability of one class, from sure to unlikely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// Images of the class and images of other classes at or above each distinct probability, the highest first.
    steps: Vec<(u64, u64)>,
}

impl Ranking {
    /// Ranks images by the probability of `class`.
    ///
    /// `probabilities` has shape `[truth.len(), n_classes]`.
    ///
    /// # Panics
    /// When the two differ in length, or the class has no column.
    #[must_use]
    pub fn of(class: ClassId, truth: &[ClassId], probabilities: ArrayView2<'_, f32>) -> Self {
        assert_eq!(truth.len(), probabilities.nrows(), "one row of probabilities per image");
        let mut sorted: Vec<(f32, bool)> =
            probabilities.column(class.0).iter().zip(truth).map(|(p, of)| (*p, *of == class)).collect();
        sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut steps = Vec::new();
        let (mut of_class, mut others) = (0, 0);
        for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
            let positive = tied.iter().filter(|(_, positive)| *positive).count() as u64;
            of_class += positive;
            others += tied.len() as u64 - positive;
            steps.push((of_class, others));
        }
        Self { steps }
    }

    /// Every class's ranking, in the order of the columns.
    #[must_use]
    pub fn of_all(truth: &[ClassId], probabilities: ArrayView2<'_, f32>) -> Vec<Self> {
        (0..probabilities.ncols()).map(|class| Self::of(ClassId(class), truth, probabilities)).collect()
    }

    /// Chance that an image of the class gets a higher probability for it than an image of another, a tie counting
    /// half, in `0.0..=1.0`; 0.5 is guessing. `None` where the class, or everything else, has no image.
    #[must_use]
    pub fn roc_auc(&self) -> Option<f64> {
        let (positives, negatives) = self.totals();
        let mut area = 0.0;
        let mut last = (0, 0);
        for &(of_class, others) in &self.steps {
            area += (others - last.1) as f64 * (of_class + last.0) as f64 / 2.0;
            last = (of_class, others);
        }
        (positives > 0 && negatives > 0).then(|| area / (positives as f64 * negatives as f64))
    }

    /// Mean precision over all recalls, in `0.0..=1.0`; the share of the class is guessing. `None` where the class has
    /// no image.
    #[must_use]
    pub fn average_precision(&self) -> Option<f64> {
        let (positives, _) = self.totals();
        let mut sum = 0.0;
        let mut found = 0;
        for &(of_class, others) in &self.steps {
            sum += (of_class - found) as f64 * of_class as f64 / (of_class + others) as f64;
            found = of_class;
        }
        (positives > 0).then(|| sum / positives as f64)
    }

    /// Points `(share of the others taken for the class, share of the class found)` from (0, 0) to (1, 1); empty where
    /// the class, or everything else, has no image.
    #[must_use]
    pub fn roc_curve(&self) -> Vec<(f64, f64)> {
        let (positives, negatives) = self.totals();
        if positives == 0 || negatives == 0 {
            return Vec::new();
        }
        let point =
            |&(of_class, others): &(u64, u64)| (others as f64 / negatives as f64, of_class as f64 / positives as f64);
        std::iter::once((0.0, 0.0)).chain(self.steps.iter().map(point)).collect()
    }

    /// Points `(share of the class found, share of the found that are right)`; empty where the class has no image.
    #[must_use]
    pub fn precision_recall_curve(&self) -> Vec<(f64, f64)> {
        let (positives, _) = self.totals();
        if positives == 0 {
            return Vec::new();
        }
        let point = |&(of_class, others): &(u64, u64)| {
            (of_class as f64 / positives as f64, of_class as f64 / (of_class + others) as f64)
        };
        self.steps.iter().map(point).collect()
    }

    fn totals(&self) -> (u64, u64) {
        self.steps.last().copied().unwrap_or_default()
    }
}

/// Mean of the classes' ROC AUC, in `0.0..=1.0`; `None` where a class is missing, since fewer classes are an easier
/// task, and without classes.
#[must_use]
pub fn macro_roc_auc(rankings: &[Ranking]) -> Option<f64> {
    mean(rankings.iter().map(Ranking::roc_auc).collect::<Option<Vec<f64>>>()?)
}

/// Mean of the classes' average precision, in `0.0..=1.0`; `None` where a class is missing, and without classes.
#[must_use]
pub fn macro_average_precision(rankings: &[Ranking]) -> Option<f64> {
    mean(rankings.iter().map(Ranking::average_precision).collect::<Option<Vec<f64>>>()?)
}

#[expect(clippy::needless_pass_by_value, reason = "what `collect` makes")]
fn mean(values: Vec<f64>) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::golden::{close, golden_scores};
    use ndarray::array;

    #[test]
    fn scores_are_those_of_scikit_learn() {
        for case in golden_scores().rankings {
            let rankings = Ranking::of_all(&case.truth, case.probabilities().view());
            for (class, ranking) in rankings.iter().enumerate() {
                assert!(close(ranking.roc_auc(), case.roc_auc[class]), "{}: AUC of {class}", case.name);
                assert!(close(ranking.average_precision(), case.average_precision[class]), "{}: AP", case.name);
            }
            assert!(close(macro_roc_auc(&rankings), case.macro_roc_auc), "{}", case.name);
            assert!(close(macro_average_precision(&rankings), case.macro_average_precision), "{}", case.name);
        }
    }

    #[test]
    fn curves_end_where_everything_is_found() {
        let truth = [ClassId(0), ClassId(1), ClassId(0), ClassId(1)];
        let probabilities = array![[0.9, 0.1], [0.6, 0.4], [0.6, 0.4], [0.2, 0.8]];
        let ranking = Ranking::of(ClassId(0), &truth, probabilities.view());
        assert_eq!(ranking.roc_curve(), [(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(ranking.precision_recall_curve(), [(0.5, 1.0), (1.0, 2.0 / 3.0), (1.0, 0.5)]);
        assert_eq!(ranking.roc_auc(), Some(0.875));
    }

    #[test]
    fn a_missing_class_has_no_score() {
        let rankings = Ranking::of_all(&[ClassId(0), ClassId(0)], array![[0.9, 0.1], [0.6, 0.4]].view());
        assert_eq!((rankings[0].roc_auc(), rankings[1].average_precision()), (None, None));
        assert_eq!((macro_roc_auc(&rankings), macro_average_precision(&[])), (None, None));
        assert!(rankings[1].roc_curve().is_empty() && rankings[1].precision_recall_curve().is_empty());
    }
}
