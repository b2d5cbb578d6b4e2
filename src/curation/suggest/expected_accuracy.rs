//! Expected accuracy: how many images are probably right by now, labels and guesses together.

use serde::Serialize;

use super::calibration::Calibration;
use super::known_labels::KnownLabels;
use super::predictions::RowPrediction;
use crate::metrics::{Interval, wilson_of_share};

/// A 90 % interval ends so many standard deviations of a normal distribution from its middle.
const Z: f64 = 1.644_853_626_951_472_7;

/// Share of the images kept whose label, or guess where they have none, is right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ExpectedAccuracy {
    /// The mean of their probabilities, in `0.0..=1.0`; those a person looked at are right.
    pub share: f64,
    /// Where the share lies with a probability of 90 %, by how much evidence there is.
    pub interval: Interval,
}

impl ExpectedAccuracy {
    /// `None` before anything is named, and where no image is left.
    pub(super) fn of(rows: &[RowPrediction], known: &KnownLabels, calibration: &Calibration) -> Option<Self> {
        let (mut looked_at, mut others, mut probable) = (0.0, 0.0, 0.0);
        for (row, prediction) in rows.iter().enumerate().filter(|(row, _)| !known.removed[*row]) {
            prediction.class?;
            if known.by_hand[row] {
                looked_at += 1.0;
            } else {
                others += 1.0;
                probable += f64::from(prediction.confidence);
            }
        }
        let all = looked_at + others;
        if all == 0.0 {
            return None;
        }
        let of_all = |share: f64| (looked_at + share * others) / all;
        if others == 0.0 {
            return Some(Self { share: 1.0, interval: Interval { low: 1.0, high: 1.0 } });
        }
        let mean = probable / others;
        let found = wilson_of_share(mean, independent(calibration.evidence()), Z);
        Some(Self { share: of_all(mean), interval: Interval { low: of_all(found.low), high: of_all(found.high) } })
    }
}

/// As how many independent labels `evidence` counts: images of a screen are alike, and the screens are not drawn by chance.
/// Found on splits of magnetic tiles so that the intervals hold what they say.
fn independent(evidence: f64) -> f64 {
    evidence.min(2.0 * evidence.sqrt()).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curation::suggest::purity::Purity;
    use crate::curation::suggest::units::units_of;
    use ndarray::Array2;

    /// Of ten images the first `looked_at` were, and the last is removed; the others are guessed with `confidence`.
    fn expected(looked_at: usize, confidence: f32) -> Option<ExpectedAccuracy> {
        let known = KnownLabels {
            classes: vec!["a".to_owned()],
            label: (0..10).map(|row| (row < looked_at).then_some(0)).collect(),
            by_hand: (0..10).map(|row| row < looked_at).collect(),
            seq: vec![1; 10],
            as_named: vec![None; 10],
            removed: (0..10).map(|row| row == 9).collect(),
        };
        let class = (looked_at > 0).then_some(0);
        let rows = vec![RowPrediction { class, confidence, label_error_score: 0.0 }; 10];
        let units = units_of(&known, &[None; 10]);
        let calibration = Calibration::of(Array2::ones((10, 1)).view(), &units, Purity::default());
        ExpectedAccuracy::of(&rows, &known, &calibration)
    }

    #[test]
    fn by_hand() {
        assert_eq!(expected(0, 0.0), None);
        let found = expected(3, 0.5).unwrap();
        assert!((found.share - 6.0 / 9.0).abs() < 1e-9);
        // Wilson's interval of 1.5 of 3 at 90 %: 0.1555 to 0.8445 by statsmodels.
        assert!((found.interval.low - (3.0 + 6.0 * 0.1555) / 9.0).abs() < 1e-3, "{found:?}");
        assert!((found.interval.high - (3.0 + 6.0 * 0.8445) / 9.0).abs() < 1e-3, "{found:?}");
        let all = expected(9, 0.1).unwrap();
        assert_eq!((all.share, all.interval.low), (1.0, 1.0));
    }
}
