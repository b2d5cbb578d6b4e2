//! Classification scores: how well images were classified, in all the usual numbers.

use std::collections::BTreeMap;

use ndarray::ArrayView2;
use serde::Serialize;

use crate::data::ClassId;
use crate::metrics::classification::{
    ClassScores, accuracy, balanced_accuracy, cohen_kappa, log_loss, macro_f1, matthews_correlation, per_class,
};
use crate::metrics::{ConfusionMatrix, Interval, Ranking, bootstrap, macro_average_precision, macro_roc_auc, wilson};

/// Classification scores; `None` where nothing was judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// Share of images classified right, in `0.0..=1.0`.
    pub accuracy: Option<f64>,
    /// Mean recall of the classes, in `0.0..=1.0`.
    pub balanced_accuracy: Option<f64>,
    /// Mean F1 of the classes, in `0.0..=1.0`.
    pub macro_f1: Option<f64>,
    /// Cohen's kappa, in `-1.0..=1.0`.
    pub kappa: Option<f64>,
    /// Matthews correlation coefficient, in `-1.0..=1.0`.
    pub mcc: Option<f64>,
    /// Mean negative log-likelihood of the true class, in nats.
    pub log_loss: Option<f64>,
    /// Mean area under the classes' ROC curves, in `0.0..=1.0`; `None` where a class has no image.
    pub roc_auc: Option<f64>,
    /// Mean average precision of the classes, in `0.0..=1.0`; `None` where a class has no image.
    pub average_precision: Option<f64>,
    /// Precision, recall, F1 and support by class name.
    pub per_class: BTreeMap<String, ClassScores>,
}

/// A score as a function of the confusion matrix.
type Score = fn(&ConfusionMatrix) -> Option<f64>;

/// The scores that have intervals, by their names in results.json.
const WITH_INTERVAL: [(&str, Score); 5] = [
    ("accuracy", accuracy),
    ("balanced_accuracy", balanced_accuracy),
    ("macro_f1", macro_f1),
    ("kappa", cohen_kappa),
    ("mcc", matthews_correlation),
];

impl Scores {
    /// Scores of `probabilities`, shape `[n_images, n_classes]`, by their confusion `matrix` and the true classes.
    #[must_use]
    pub fn new(matrix: &ConfusionMatrix, truth: &[ClassId], probabilities: ArrayView2<'_, f32>) -> Self {
        let rankings = Ranking::of_all(truth, probabilities);
        Self {
            accuracy: accuracy(matrix),
            balanced_accuracy: balanced_accuracy(matrix),
            macro_f1: macro_f1(matrix),
            kappa: cohen_kappa(matrix),
            mcc: matthews_correlation(matrix),
            log_loss: log_loss(truth, probabilities),
            roc_auc: macro_roc_auc(&rankings),
            average_precision: macro_average_precision(&rankings),
            per_class: matrix.classes().iter().cloned().zip(per_class(matrix)).collect(),
        }
    }

    /// Every score that has a value, in the order people read them.
    #[must_use]
    pub fn named(&self) -> Vec<NamedScore> {
        let score =
            |key, name, value: Option<f64>, meaning| value.map(|value| NamedScore { key, name, value, meaning });
        [
            score("accuracy", "accuracy", self.accuracy, "share of images called right"),
            score(
                "balanced_accuracy",
                "balanced accuracy",
                self.balanced_accuracy,
                "the same, every class counting alike however rare it is",
            ),
            score(
                "macro_f1",
                "macro F1",
                self.macro_f1,
                "mean over the classes of what is found and what is right of it",
            ),
            score(
                "kappa",
                "Cohen's kappa",
                self.kappa,
                "1 is perfect, 0 is what guessing by the shares of the classes would give",
            ),
            score("mcc", "MCC", self.mcc, "1 is perfect, 0 is guessing, below 0 is worse than guessing"),
            score(
                "roc_auc",
                "ROC AUC",
                self.roc_auc,
                "1 is perfect, 0.5 is guessing: how well probabilities sort the images",
            ),
            score(
                "average_precision",
                "average precision",
                self.average_precision,
                "1 is perfect: the same, harder on rare classes",
            ),
            score(
                "log_loss",
                "log loss",
                self.log_loss,
                "0 is perfect: how surprised the probabilities are by the truth",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A score with its names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NamedScore {
    /// Name in results.json.
    pub key: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// The score.
    pub value: f64,
    /// Its meaning in plain words.
    pub meaning: &'static str,
}

/// 95 % intervals of the scores that are functions of the confusion matrix, by name: percentiles of resamples; where these
/// are all alike, as when every image is right, Wilson's for the accuracy and none for the others.
#[must_use]
pub fn intervals(matrix: &ConfusionMatrix, seed: u64) -> BTreeMap<String, Interval> {
    let found = bootstrap(matrix, &WITH_INTERVAL.map(|(_, score)| score), seed);
    let named = WITH_INTERVAL.iter().zip(found).filter_map(|((name, _), interval)| Some((*name, interval?)));
    let (right, images) = (matrix.counts().diag().sum(), matrix.counts().sum());
    let told = |(name, interval): (&str, Interval)| {
        // Draws from images that are all judged alike say nothing of others.
        let alike = interval.low == interval.high;
        let interval = match name {
            "accuracy" if alike => wilson(right, images),
            _ => (!alike).then_some(interval),
        };
        Some((name.to_owned(), interval?))
    };
    named.filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Classified {
        name: String,
        n_classes: usize,
        truth: Vec<ClassId>,
        predicted: Vec<ClassId>,
        probabilities: Vec<Vec<f32>>,
        accuracy: f64,
        balanced_accuracy: f64,
        macro_f1: f64,
        cohen_kappa: Option<f64>,
        mcc: f64,
        log_loss: f64,
        recall: Vec<f64>,
    }

    #[derive(Deserialize)]
    struct Ranked {
        name: String,
        n_classes: usize,
        truth: Vec<ClassId>,
        probabilities: Vec<Vec<f32>>,
        macro_roc_auc: Option<f64>,
        macro_average_precision: Option<f64>,
    }

    #[derive(Deserialize)]
    struct GoldenScores {
        rankings: Vec<Ranked>,
    }

    fn scores(truth: &[ClassId], predicted: &[ClassId], probabilities: &[Vec<f32>], n_classes: usize) -> Scores {
        let classes: Vec<String> = (0..n_classes).map(|class| class.to_string()).collect();
        let probabilities = Array2::from_shape_vec((truth.len(), n_classes), probabilities.concat()).unwrap();
        Scores::new(&ConfusionMatrix::of(truth, predicted, &classes), truth, probabilities.view())
    }

    fn close(ours: Option<f64>, theirs: Option<f64>) -> bool {
        ours.zip(theirs).map_or(ours == theirs, |(ours, theirs)| (ours - theirs).abs() < 1e-5)
    }

    #[test]
    fn scores_are_those_of_scikit_learn() {
        let cases: Vec<Classified> =
            serde_json::from_str(include_str!("../../tests/golden/classification.json")).unwrap();
        for case in cases {
            let found = scores(&case.truth, &case.predicted, &case.probabilities, case.n_classes);
            for (what, ours, theirs) in [
                ("accuracy", found.accuracy, Some(case.accuracy)),
                ("balanced accuracy", found.balanced_accuracy, Some(case.balanced_accuracy)),
                ("macro F1", found.macro_f1, Some(case.macro_f1)),
                ("kappa", found.kappa, case.cohen_kappa),
                ("MCC", found.mcc, Some(case.mcc)),
                ("log loss", found.log_loss, Some(case.log_loss)),
            ] {
                assert!(close(ours, theirs), "{}: {what} is {ours:?}, scikit-learn says {theirs:?}", case.name);
            }
            for (class, recall) in case.recall.iter().enumerate() {
                assert!(close(Some(found.per_class[&class.to_string()].recall), Some(*recall)), "{}", case.name);
            }
        }
        let golden: GoldenScores = serde_json::from_str(include_str!("../../tests/golden/trust.json")).unwrap();
        for case in golden.rankings {
            let found = scores(&case.truth, &case.truth, &case.probabilities, case.n_classes);
            assert!(close(found.roc_auc, case.macro_roc_auc), "{}: {:?}", case.name, found.roc_auc);
            let (ours, theirs) = (found.average_precision, case.macro_average_precision);
            assert!(close(ours, theirs), "{}: {ours:?}, scikit-learn says {theirs:?}", case.name);
        }
    }

    #[test]
    fn a_score_without_a_value_has_no_name_to_show() {
        let keys = |scores: &Scores| scores.named().iter().map(|score| score.key).collect::<Vec<_>>();
        assert_eq!(keys(&scores(&[], &[], &[], 2)), [""; 0]);
        let one_class = scores(&[ClassId(0)], &[ClassId(0)], &[vec![0.9, 0.1]], 2);
        assert!(keys(&one_class).contains(&"accuracy") && !keys(&one_class).contains(&"roc_auc"));
    }

    #[test]
    fn intervals_hold_the_score_and_the_same_seed_gives_the_same_ones() {
        let truth: Vec<ClassId> = (0..40).map(|row| ClassId(row % 2)).collect();
        let predicted: Vec<ClassId> = (0..40).map(|row| ClassId(if row < 8 { 0 } else { row % 2 })).collect();
        let matrix = ConfusionMatrix::of(&truth, &predicted, &["a".to_owned(), "b".to_owned()]);
        let found = intervals(&matrix, 5);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["accuracy", "balanced_accuracy", "kappa", "macro_f1", "mcc"]);
        assert!(found["accuracy"].low < 0.9 && found["accuracy"].high > 0.9, "{:?}", found["accuracy"]);
        assert_eq!(found, intervals(&matrix, 5));
    }

    #[test]
    fn of_images_that_are_all_right_the_next_need_not_be() {
        let truth: Vec<ClassId> = (0..29).map(|row| ClassId(row % 2)).collect();
        let matrix = ConfusionMatrix::of(&truth, &truth, &["a".to_owned(), "b".to_owned()]);
        let found = intervals(&matrix, 5);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["accuracy"], "no interval rather than one of no width");
        // Wilson's lower end at n of n is n / (n + z²).
        let low = 29.0 / (29.0 + 1.959_963_984_540_054_f64.powi(2));
        assert!((found["accuracy"].low - low).abs() < 1e-12 && found["accuracy"].high == 1.0, "{found:?}");
    }
}
