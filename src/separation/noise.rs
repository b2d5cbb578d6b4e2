//! How much the values of an array scatter, and how much they slope.

use super::local::{Difference, median_and_spread};
use super::surroundings::Surroundings;
use crate::metrics::median;

/// Noise and slope of one feature in one array.
pub(super) struct Noise {
    /// Robust standard deviation of tiles from the median of those around, where slopes drop out.
    pub spread: f32,
    /// Variance of the noise over that of the slope per step: the ridge under which a plane is most likely. Infinite where no
    /// slope shows.
    pub ridge: f64,
    /// How values were compared.
    pub difference: Difference,
}

impl Noise {
    pub fn of(surroundings: &Surroundings<'_>, rows: &[usize], values: &[f32], difference: Difference) -> Self {
        let off = |&row: &usize| {
            let mut around: Vec<f32> = surroundings.neighbourhood(row).iter().map(|&near| values[near]).collect();
            median(&mut around).map_or(0.0, |middle| difference.of_one(values[row], middle as f32))
        };
        let (_, spread) = median_and_spread(&mut rows.iter().map(off).collect::<Vec<_>>());
        let steps = rows.iter().flat_map(|&row| {
            let beside = surroundings.beside(row).into_iter();
            beside.map(move |next| difference.of_one(values[next], values[row]).abs())
        });
        let step = f64::from(super::local::TO_STD) * median(&mut steps.collect::<Vec<_>>()).unwrap_or(0.0);
        let noise = f64::from(spread).powi(2);
        // A step differs by a slope and by the noise of two tiles.
        let slope = (step.powi(2) - 2.0 * noise).max(0.0);
        Self { spread, ridge: if slope > 0.0 { noise / slope } else { f64::INFINITY }, difference }
    }
}
