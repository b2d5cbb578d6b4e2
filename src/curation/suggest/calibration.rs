//! How far guesses can be trusted.
//!
//! Labels are few, and most came with the name of a cluster. What a model says of an image is therefore held against labels
//! of units that it never saw, and told with
//! - a temperature (Guo et al., "On calibration of modern neural networks", ICML 2017): how much too sure it was of those,
//! - the mass of a class that nobody named yet: the share of units that are the only ones of their class (Good, "The population
//!   frequencies of species", 1953),
//! - the purity of named clusters ([`Purity`]).

use ndarray::{ArrayView1, ArrayView2};

use super::probabilities::NAMED_WEIGHT;
use super::purity::Purity;
use super::samples::evenly;
use super::units::Unit;

/// What is believed of new classes before: as much as five units of which one is of a class of its own.
const NEW_CLASS: (f64, f64) = (1.0, 5.0);
/// Standard deviation of the logarithm of the temperature before anything is known.
const TEMPERATURE_SPREAD: f64 = 1.0;
/// Logarithms of the temperatures tried: from 0.3 to 5.
const TEMPERATURES: std::ops::RangeInclusive<i32> = -12..=16;
/// The most a wholly pure cluster counts beside an image looked at.
const CLUSTER_WEIGHT: f64 = 2.0;
/// Images of a unit that are judged, which counts the same whatever its size.
const MOST_OF_UNIT: usize = 20;
/// Probabilities below are taken for this.
const LEAST: f32 = 1e-6;

/// What turns a model's answer into a probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Calibration {
    /// Share of the images of named clusters that are what the name says, in `0.0..1.0`.
    purity: f64,
    temperature: f64,
    /// Probability that an image which nobody looked at is of a class that nobody named.
    unnamed: f64,
    /// Share of what was learned that came with names of clusters, in `0.0..=1.0`.
    inherited: f64,
    /// Pieces of evidence.
    evidence: f64,
}

impl Calibration {
    /// `by_unit` are the probabilities that models of other units have, shape `[n_images, n_classes]`.
    pub fn of(by_unit: ArrayView2<'_, f32>, units: &[Unit], purity: Purity) -> Self {
        // A label that is as often wrong as right says nothing.
        let telling = purity.telling();
        let weight = |unit: &Unit| if unit.by_hand { 1.0 } else { CLUSTER_WEIGHT * telling };
        let mut of_class = vec![0; by_unit.ncols()];
        for unit in units {
            of_class[unit.class] += 1;
        }
        let evidence: f64 = units.iter().map(weight).sum();
        let alone: f64 = units.iter().filter(|unit| of_class[unit.class] == 1).map(weight).sum();
        let judged: Vec<(f64, usize, usize)> = units
            .iter()
            .filter(|unit| of_class[unit.class] > 1)
            .flat_map(|unit| {
                let rows = evenly(&unit.rows, MOST_OF_UNIT);
                let each = weight(unit) / rows.len() as f64;
                rows.into_iter().map(move |row| (each, row, unit.class))
            })
            .collect();
        let loss = |log: f64| {
            let answers = judged.iter().map(|&(weight, row, class)| {
                weight * f64::from(tempered(by_unit.row(row), log.exp(), class).max(LEAST)).ln()
            });
            0.5 * (log / TEMPERATURE_SPREAD).powi(2) - answers.sum::<f64>()
        };
        let tried = TEMPERATURES.map(|tenths| f64::from(tenths) / 10.0).map(|log| (loss(log), log));
        let best = tried.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, log)| log);
        let named = units.iter().filter(|unit| !unit.by_hand).map(|unit| unit.rows.len() as f64).sum::<f64>();
        let named = f64::from(NAMED_WEIGHT) * telling * named;
        let by_hand = units.iter().filter(|unit| unit.by_hand).count() as f64;
        Self {
            purity: purity.share(),
            temperature: best.exp(),
            unnamed: (alone + NEW_CLASS.0) / (evidence + NEW_CLASS.1),
            inherited: if named > 0.0 { named / (named + by_hand) } else { 0.0 },
            evidence,
        }
    }

    /// How many independent labels the calibration rests on.
    pub fn evidence(&self) -> f64 {
        self.evidence
    }

    /// Probability that an image which has no label is of `class`, by the `answer` of the model.
    pub fn guess(&self, answer: ArrayView1<'_, f32>, class: usize) -> f32 {
        (f64::from(tempered(answer, self.temperature, class)) * (1.0 - self.unnamed) * self.sound()) as f32
    }

    /// Probability that an image of a named cluster is what the name says, where models of other images give it `share`.
    pub fn named(&self, share: f32) -> f32 {
        (f64::from(share) * self.sound()) as f32
    }

    /// Share of right labels among those learned from: names of clusters are as right as these are pure.
    fn sound(&self) -> f64 {
        1.0 - self.inherited * (1.0 - self.purity)
    }
}

/// The probability of `class` at a temperature.
fn tempered(answer: ArrayView1<'_, f32>, temperature: f64, class: usize) -> f32 {
    let power = |share: f32| f64::from(share.max(LEAST)).powf(1.0 / temperature);
    (power(answer[class]) / answer.iter().map(|&share| power(share)).sum::<f64>()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn looked_at(class: usize, rows: std::ops::Range<usize>) -> Vec<Unit> {
        rows.map(|row| Unit { class, rows: vec![row], by_hand: true }).collect()
    }

    /// Forty images of which a model is 0.9 sure, and of which 24 are so.
    fn too_sure() -> (Array2<f32>, Vec<Unit>) {
        let by_unit = Array2::from_shape_fn((40, 2), |(_, class)| if class == 0 { 0.9 } else { 0.1 });
        (by_unit, [looked_at(0, 0..24), looked_at(1, 24..40)].concat())
    }

    #[test]
    fn what_was_too_sure_is_told_as_it_came_out() {
        let (by_unit, units) = too_sure();
        let found = Calibration::of(by_unit.view(), &units, Purity::default());
        // One of five units is believed to be new before, none of forty was. The temperature is e^1.3 by numpy, with which 0.9
        // becomes 0.6454.
        assert!((found.unnamed - 1.0 / 45.0).abs() < 1e-12);
        assert_eq!((found.inherited, found.evidence), (0.0, 40.0));
        let said = f64::from(found.guess(by_unit.row(0), 0));
        assert!((said - 0.6454 * 44.0 / 45.0).abs() < 1e-3, "{said}");
        assert!(found.guess(by_unit.row(0), 0) > found.guess(by_unit.row(0), 1));
    }

    #[test]
    fn classes_seen_once_speak_for_more_to_come() {
        let by_unit = Array2::from_elem((4, 4), 0.25);
        let units: Vec<Unit> = (0..4).flat_map(|class| looked_at(class, class..class + 1)).collect();
        let found = Calibration::of(by_unit.view(), &units, Purity::default());
        assert!((found.unnamed - 5.0 / 9.0).abs() < 1e-12);
        assert_eq!(found.temperature, 1.0);
    }

    #[test]
    fn a_cluster_is_one_piece_of_evidence_and_its_name_as_good_as_it_is_pure() {
        let by_unit = Array2::from_elem((30, 1), 1.0);
        let units = [Unit { class: 0, rows: (0..30).collect(), by_hand: false }];
        let found = Calibration::of(by_unit.view(), &units, Purity::default());
        // Before anything was looked at four of five are believed to be right.
        assert!((f64::from(found.named(0.5)) - 0.4).abs() < 1e-6);
        assert!((found.evidence - 2.0 * 0.36).abs() < 1e-9);
        assert_eq!(found.inherited, 1.0);
    }

    #[test]
    fn without_labels_nothing_is_known() {
        let found = Calibration::of(Array2::zeros((3, 0)).view(), &[], Purity::default());
        assert_eq!((found.temperature, found.evidence, found.inherited), (1.0, 0.0, 0.0));
    }
}
