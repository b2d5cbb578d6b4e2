//! Standardisation: features are centred and brought to a common size before a classifier sees them.
//!
//! Pareto scaling: van den Berg et al., "Centering, scaling, and transformations", BMC Genomics 7:142, 2006.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};
use serde::{Deserialize, Serialize};

use crate::data::{ArraysReader, ArraysWriter};
use crate::training::ClassifierError;

/// No standardised feature is further from 0.
///
/// A feature that hardly varies in the training images can be thousands of deviations away in an image of another
/// camera, and would drown all others.
pub const BOUND: f32 = 10.0;

/// Scaling: the divisor of each feature once its mean is taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// By nothing, and the mean stays.
    None,
    /// All by one number, so that their mean variance is 1: a feature that varies more counts more.
    Overall,
    /// By the square root of its standard deviation, and all by one number so that their mean variance is 1: half way
    /// between the others.
    #[default]
    Pareto,
    /// By its standard deviation: all features count alike, those of little but noise too.
    Unit,
}

/// Shifts each feature to mean 0 and divides it by a scale, as measured on the training images.
#[derive(Debug, Clone, PartialEq)]
pub struct InputStandardizer {
    /// Shape `[n_features]`.
    pub mean: Array1<f32>,
    /// The divisor, above 0; shape `[n_features]`.
    pub scale: Array1<f32>,
}

impl InputStandardizer {
    /// Measures the mean and standard deviation of each column of `x` over `rows`.
    #[must_use]
    pub fn fit(x: ArrayView2<'_, f32>, rows: &[usize]) -> Self {
        let (mean, deviation) = measure(x, rows);
        Self { mean, scale: deviation.mapv(|deviation| if deviation > 0.0 { deviation as f32 } else { 1.0 }) }
    }

    /// As [`Self::fit`], divided as `scaling` says; `None` where features stay as they are.
    #[must_use]
    pub fn fit_scaled(x: ArrayView2<'_, f32>, rows: &[usize], scaling: Scaling) -> Option<Self> {
        if scaling == Scaling::None {
            return None;
        }
        if scaling == Scaling::Unit {
            return Some(Self::fit(x, rows));
        }
        let (mean, deviation) = measure(x, rows);
        let mean_of = |power: i32| {
            let varying = deviation.iter().filter(|deviation| **deviation > 0.0);
            let (sum, n) = varying.fold((0.0, 0), |(sum, n), deviation| (sum + deviation.powi(power), n + 1));
            if n > 0 { sum / f64::from(n) } else { 1.0 }
        };
        let scale = match scaling {
            Scaling::Pareto => {
                let typical = mean_of(1);
                deviation.mapv(|d| if d > 0.0 { (d * typical).sqrt() } else { typical })
            }
            _ => deviation.mapv(|_| mean_of(2).sqrt()),
        };
        Some(Self { mean, scale: scale.mapv(|scale| (scale as f32).max(f32::MIN_POSITIVE)) })
    }

    /// Standardises `x` of shape `[n, n_features]` in place; values end at ±10.
    pub fn apply(&self, mut x: ArrayViewMut2<'_, f32>) {
        for mut row in x.rows_mut() {
            ndarray::Zip::from(&mut row).and(&self.mean).and(&self.scale).for_each(|x, mean, scale| {
                *x = ((*x - mean) / scale).clamp(-BOUND, BOUND);
            });
        }
    }

    /// Adds what [`InputStandardizer::read`] reads.
    pub(in crate::training) fn write(&self, arrays: &mut ArraysWriter) {
        arrays.add("standardizer.mean", self.mean.view());
        arrays.add("standardizer.scale", self.scale.view());
    }

    /// The standardizer of a file, where it has one; its numbers are unchecked.
    pub(in crate::training) fn read(arrays: &ArraysReader<'_>) -> Result<Option<Self>, ClassifierError> {
        if !arrays.names().iter().any(|name| name.starts_with("standardizer.")) {
            return Ok(None);
        }
        Ok(Some(Self { mean: arrays.vector("standardizer.mean")?, scale: arrays.vector("standardizer.scale")? }))
    }
}

/// `x`, shape `[n, n_features]`, scaled as `scaling` says by what `rows` show, and what scales others likewise; `None`
/// where features stay as they are.
pub fn standardised(
    x: ArrayView2<'_, f32>,
    rows: &[usize],
    scaling: Scaling,
) -> (Option<InputStandardizer>, Array2<f32>) {
    let standardizer = InputStandardizer::fit_scaled(x, rows, scaling);
    let mut x = x.to_owned();
    if let Some(standardizer) = &standardizer {
        standardizer.apply(x.view_mut());
    }
    (standardizer, x)
}

/// Mean and standard deviation of each column of `x` over `rows`; a deviation no larger than rounding counts as 0.
fn measure(x: ArrayView2<'_, f32>, rows: &[usize]) -> (Array1<f32>, Array1<f64>) {
    let n = rows.len().max(1) as f64;
    let mut mean = Array1::<f64>::zeros(x.ncols());
    for &row in rows {
        mean.zip_mut_with(&x.row(row), |sum, &value| *sum += f64::from(value));
    }
    mean /= n;
    let mut variance = Array1::<f64>::zeros(x.ncols());
    for &row in rows {
        ndarray::Zip::from(&mut variance)
            .and(&mean)
            .and(x.row(row))
            .for_each(|sum, mean, &value| *sum += (f64::from(value) - mean).powi(2));
    }
    // A feature that varies by no more than rounding carries nothing; scaling it up would invent something.
    let deviation = ndarray::Zip::from(&variance).and(&mean).map_collect(|sum, mean| {
        let deviation = (sum / n).sqrt();
        if deviation > 1e-6 * mean.abs() { deviation } else { 0.0 }
    });
    (mean.mapv(|mean| mean as f32), deviation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_constant_feature_is_left_alone() {
        let x = array![[1.0, 5.0], [3.0, 5.0], [100.0, 7.0]];
        let standardizer = InputStandardizer::fit(x.view(), &[0, 1]);
        assert_eq!(standardizer, InputStandardizer { mean: array![2.0, 5.0], scale: array![1.0, 1.0] });
    }

    #[test]
    fn a_feature_far_from_all_that_was_learned_counts_no_more_than_the_bound() {
        let x = array![[1.0, 5.0], [3.0, 5.001], [1e6, -1e6]];
        let standardizer = InputStandardizer::fit(x.view(), &[0, 1]);
        let mut strange = x.clone();
        standardizer.apply(strange.view_mut());
        assert_eq!(strange.row(2), array![BOUND, -BOUND]);
        assert_eq!(strange.row(0)[0], -1.0);
    }

    #[test]
    fn training_rows_end_up_with_mean_0_and_variance_1() {
        let mut x = array![[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]];
        InputStandardizer::fit(x.view(), &[0, 1, 2]).apply(x.view_mut());
        for column in x.columns() {
            assert!(column.sum().abs() < 1e-6);
            assert!((column.mapv(|x| x * x).sum() / 3.0 - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn every_scaling_but_none_ends_at_a_mean_variance_of_1() {
        // Deviations 1, 4 and 0 over the first two rows.
        let x = array![[0.0, 10.0, 5.0], [2.0, 18.0, 5.0], [9.0, 9.0, 9.0]];
        let scale = |scaling| InputStandardizer::fit_scaled(x.view(), &[0, 1], scaling).map(|s| s.scale);
        assert_eq!(scale(Scaling::None), None);
        assert_eq!(scale(Scaling::Unit), Some(array![1.0, 4.0, 1.0]));
        assert_eq!(scale(Scaling::Overall), Some(Array1::from_elem(3, 8.5_f32.sqrt())));
        assert_eq!(scale(Scaling::Pareto), Some(array![2.5_f32.sqrt(), 10_f32.sqrt(), 2.5]));
        for scaling in [Scaling::Unit, Scaling::Overall, Scaling::Pareto] {
            let mut x = x.select(ndarray::Axis(0), &[0, 1]);
            InputStandardizer::fit_scaled(x.view(), &[0, 1], scaling).unwrap().apply(x.view_mut());
            let variance: f32 = x.mapv(|x| x * x).sum() / 2.0;
            assert!((variance / 2.0 - 1.0).abs() < 1e-6, "{scaling:?}: {variance}");
        }
    }
}
