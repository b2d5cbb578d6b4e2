//! Doubt: a label that contradicts the other images counts less, where that proves itself.
//!
//! A label counts as much as a cautious classifier that never saw it agrees. That a class is rare speaks against all of
//! its labels alike, and so against none: probabilities are divided by the shares of the classes before they are
//! compared. Where labels are right, doubt can only harm. It stays out where the cautious classifier, learning from
//! doubted labels, is worse on the validation images by more than the standard error of the difference.
//!
//! References: Northcutt et al., "Confident learning: Estimating uncertainty in dataset labels", JAIR 2021, for
//! out-of-fold predictions of labels; Saerens et al., "Adjusting the Outputs of a Classifier to New a Priori
//! Probabilities", Neural Computation 2002, for the division by shares.

use std::num::NonZeroUsize;

use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use super::loss::targets;
use crate::data::{ClassId, nonzero};
use crate::linear_model::{LogisticRegression, Stop};
use crate::progress::{Note, Observer};
use crate::training::TrainingSet;
use crate::training::split::{Divisible, Folds, Split};

/// Folds of the out-of-fold predictions.
const FOLDS: NonZeroUsize = nonzero::<5>();
/// Penalty of the cautious classifier, as a share of the images' mean squared length: so high that none sways it.
const L2: f64 = 1e-3;
/// When it is sure enough; with this penalty it is there soon.
const STOP: Stop = Stop { gradient: 1e-4, steps: 200 };

/// Labelled images as a cautious classifier sees them.
pub(super) struct Doubt<'a, 'd> {
    /// Shape `[n_images, n_features]`, scaled.
    pub x: ArrayView2<'a, f32>,
    pub data: &'a TrainingSet<'d>,
    pub split: &'a Split,
    /// What each label counts before it is doubted.
    pub weights: &'a [f32],
    /// Decides which labels are doubted together.
    pub seed: u64,
}

/// What the validation images say of doubt.
struct Proof {
    /// Whether it is worse by more than the standard error of the difference, over all images or over the classes alike.
    is_worse: bool,
    /// Accuracy without doubt, and with it.
    without: f64,
    with: f64,
}

impl Doubt<'_, '_> {
    /// What each label counts once it is doubted, its agreement to the power of `strength`; as before where that does not
    /// prove itself.
    pub fn weights(&self, strength: f64, observer: &dyn Observer) -> Vec<f32> {
        let mut doubted = self.weights.to_vec();
        if self.split.validation.is_empty() {
            return self.proven(doubted, observer);
        }
        for (row, agreement) in self.agreements() {
            doubted[row] *= agreement.powf(strength) as f32;
        }
        self.proven(doubted, observer)
    }

    /// The `doubted` weights where they prove themselves, else those of before, and a word about it.
    fn proven(&self, doubted: Vec<f32>, observer: &dyn Observer) -> Vec<f32> {
        let Some(proof) = self.proof(&doubted) else {
            observer.note(&Note::DoubtUnproven);
            return self.weights.to_vec();
        };
        if proof.is_worse {
            let images = self.split.validation.len();
            observer.note(&Note::DoubtStaysOut { images, without: proof.without, with: proof.with });
            return self.weights.to_vec();
        }
        doubted
    }

    /// Rows of the training and the validation part and how far the other images agree with their labels, in `0.0..=1.0`;
    /// rows that nothing is known about are left out.
    fn agreements(&self) -> Vec<(usize, f64)> {
        let Self { data, split, .. } = self;
        let (ids, classes): (Vec<_>, Vec<_>) = split.train.iter().map(|&row| (data.ids[row], data.y[row])).unzip();
        let divisible = Divisible { ids: &ids, classes: &classes, names: data.classes, groups: None, near: None };
        // Too few images to divide are too few to doubt any.
        let Ok((folds, _)) = Folds::of(&divisible, FOLDS, self.seed) else { return Vec::new() };
        let of_fold = |fold: usize| {
            let rows = split.train.iter().zip(folds.of_rows());
            let (held_out, learned): (Vec<_>, Vec<_>) = rows.partition(|(_, other)| **other == fold);
            let rows = |pairs: Vec<(&usize, &usize)>| pairs.into_iter().map(|(&row, _)| row).collect::<Vec<usize>>();
            self.compare(&rows(learned), &rows(held_out))
        };
        let mut agreements: Vec<(usize, f64)> = (0..folds.k()).into_par_iter().flat_map_iter(of_fold).collect();
        agreements.extend(self.compare(&split.train, &split.validation));
        agreements
    }

    /// How far the images `learned` agree with the labels of those `held_out`.
    fn compare(&self, learned: &[usize], held_out: &[usize]) -> Vec<(usize, f64)> {
        let mut shown = vec![0.0_f64; self.data.classes.len()];
        for &row in learned {
            shown[self.data.y[row].0] += f64::from(self.weights[row]);
        }
        let p = self.classifier(learned, self.weights).probabilities(self.x.select(Axis(0), held_out).view());
        let agreement = |(&row, p): (&usize, ArrayView1<'_, f32>)| {
            let over_share = |(&p, &shown): (&f32, &f64)| if shown > 0.0 { f64::from(p) / shown } else { 0.0 };
            let all: Vec<f64> = p.iter().zip(&shown).map(over_share).collect();
            let likeliest = all.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
            let class = self.data.y[row].0;
            (shown[class] > 0.0).then(|| (row, all[class] / likeliest))
        };
        held_out.iter().zip(p.rows()).filter_map(agreement).collect()
    }

    /// How what learns from the `doubted` labels fares on the validation images beside what learns from labels as they
    /// are; `None` without such images.
    fn proof(&self, doubted: &[f32]) -> Option<Proof> {
        let Self { data, split, .. } = self;
        let truth: Vec<usize> = split.validation.iter().map(|&row| data.y[row].0).collect();
        if truth.is_empty() {
            return None;
        }
        let x = self.x.select(Axis(0), &split.validation);
        let right = |weights: &[f32]| -> Vec<f64> {
            let p = self.classifier(&split.train, weights).probabilities(x.view());
            let best =
                |p: ArrayView1<'_, f32>| (1..p.len()).fold(0, |best, at| if p[at] > p[best] { at } else { best });
            p.rows().into_iter().zip(&truth).map(|(p, &class)| f64::from(u8::from(best(p) == class))).collect()
        };
        let (without, with) = (right(self.weights), right(doubted));
        let mut of_class = vec![0.0_f64; data.classes.len()];
        for &class in &truth {
            of_class[class] += 1.0;
        }
        // Over all images, then over the classes alike.
        let is_worse = [false, true].into_iter().any(|balanced| {
            let share = |class: usize| if balanced { 1.0 / of_class[class] } else { 1.0 };
            let gains = truth.iter().zip(with.iter().zip(&without)).map(|(&class, (with, without))| {
                let gain = share(class) * (with - without);
                (gain, gain * gain)
            });
            let (gain, squares) = gains.fold((0.0, 0.0), |sum, gain| (sum.0 + gain.0, sum.1 + gain.1));
            gain < -squares.sqrt()
        });
        let mean = |right: &[f64]| right.iter().sum::<f64>() / right.len() as f64;
        Some(Proof { is_worse, without: mean(&without), with: mean(&with) })
    }

    /// Learns from `rows`, each counting by `weights`.
    fn classifier(&self, rows: &[usize], weights: &[f32]) -> LogisticRegression {
        let (y, weights): (Vec<ClassId>, Vec<f32>) = rows.iter().map(|&row| (self.data.y[row], weights[row])).unzip();
        let (x, targets) = (self.x.select(Axis(0), rows), targets(&y, &weights, self.data.classes.len(), 0.0));
        let squares: f64 = x.iter().map(|&value| f64::from(value).powi(2)).sum();
        let l2 = (L2 * squares / rows.len().max(1) as f64).max(f64::MIN_POSITIVE);
        LogisticRegression::fit(x.view(), targets.view(), l2, STOP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageId;
    use crate::progress::{Event, Silent};
    use ndarray::Array2;
    use std::sync::Mutex;

    /// 90 images around 0 and 12 of another class around 1, two features, the others noise; every fifth is for validation.
    struct Skewed {
        ids: Vec<ImageId>,
        x: Array2<f32>,
        y: Vec<ClassId>,
        classes: Vec<String>,
        split: Split,
    }

    impl Skewed {
        fn new() -> Self {
            let wave = |row: usize, column: usize| ((row * 37 + column * 101 + row * row * 7) % 97) as f32 / 48.0 - 1.0;
            let y: Vec<ClassId> = (0..102).map(|row| ClassId(usize::from(row >= 90))).collect();
            let centre = |row: usize| if row >= 90 { 1.0 } else { 0.0 };
            let x = Array2::from_shape_fn((102, 4), |(row, column)| {
                1.5 * wave(row, column) + if column < 2 { centre(row) } else { 0.0 }
            });
            let (validation, train) = (0..102).partition(|row| row % 5 == 4);
            Self {
                ids: (0..102_usize).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect(),
                x,
                y,
                classes: ["sound", "crack"].map(str::to_owned).to_vec(),
                split: Split { train, validation, ..Split::default() },
            }
        }

        fn doubt<T>(&self, of: impl FnOnce(&Doubt<'_, '_>) -> T) -> T {
            let data =
                TrainingSet { ids: &self.ids, x: self.x.view(), y: &self.y, classes: &self.classes, weights: None };
            let weights = [1.0; 102];
            of(&Doubt { x: self.x.view(), data: &data, split: &self.split, weights: &weights, seed: 0 })
        }
    }

    /// Keeps the notes.
    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Observer for Notes {
        fn on(&self, event: Event<'_>) {
            if let Event::Note(note) = event {
                self.0.lock().unwrap().push(note.to_string());
            }
        }
    }

    #[test]
    fn that_a_class_is_rare_does_not_speak_against_its_labels() {
        let skewed = Skewed::new();
        let [sound, crack] = skewed.doubt(|doubt| {
            let agreements = doubt.agreements();
            [0, 1].map(|class| {
                let of_class = agreements.iter().filter(|(row, _)| skewed.y[*row].0 == class);
                let all: Vec<f64> = of_class.map(|(_, agreement)| *agreement).collect();
                all.iter().sum::<f64>() / all.len() as f64
            })
        });
        assert!(crack > 0.7 && (crack / sound - 1.0).abs() < 0.25, "{sound} {crack}");
    }

    #[test]
    fn doubt_that_makes_the_validation_images_worse_stays_out_and_says_so() {
        let mut skewed = Skewed::new();
        let none: Vec<f32> = skewed.y.iter().map(|class| if class.0 == 0 { 0.0 } else { 1.0 }).collect();
        let notes = Notes::default();
        assert_eq!(skewed.doubt(|doubt| doubt.proven(none.clone(), &notes)), [1.0; 102]);
        let told = notes.0.lock().unwrap().concat();
        assert!(told.starts_with("no label is doubted: of 20 validation images"), "{told}");
        let same = skewed.doubt(|doubt| doubt.proven(vec![2.0; 102], &Silent));
        assert_eq!(same, [2.0; 102], "whoever is no worse stays");
        skewed.split.validation.clear();
        let notes = Notes::default();
        assert_eq!(skewed.doubt(|doubt| doubt.proven(none, &notes)), [1.0; 102]);
        assert!(notes.0.lock().unwrap().concat().contains("no validation images"));
    }
}
