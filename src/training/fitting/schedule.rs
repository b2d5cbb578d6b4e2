//! Learning-rate schedules: how the step size changes while a classifier learns.
//!
//! Reference: Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017 (the cosine,
//! without restarts); Goyal et al., "Accurate, large minibatch SGD", 2017 (the warm-up).

use serde::{Deserialize, Serialize};

/// Course of the step size after the warm-up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Falls to 0 along half a cosine, over all epochs of the recipe.
    #[default]
    Cosine,
    /// Stays as it is.
    Constant,
}

impl Schedule {
    /// Factor of the learning rate at `step` of `steps`, counted from 0, in `0.0..=1.0`.
    ///
    /// Over the first `warm_up`, a share of all steps, it rises in a straight line to 1.
    #[must_use]
    pub fn factor(self, step: usize, steps: usize, warm_up: f64) -> f64 {
        let (step, steps) = (step as f64, steps as f64);
        let warm = warm_up * steps;
        if step < warm {
            return ((step + 1.0) / warm).min(1.0);
        }
        match self {
            Self::Constant => 1.0,
            Self::Cosine => f64::midpoint(1.0, (std::f64::consts::PI * (step - warm) / (steps - warm)).cos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_in_a_line_and_falls_along_a_cosine() {
        let factors = |schedule: Schedule, warm_up| -> Vec<f64> {
            (0..8).map(|step| (schedule.factor(step, 8, warm_up) * 1000.0).round() / 1000.0).collect()
        };
        // Two of eight steps are warm-up; then (1 + cos(π i / 6)) / 2.
        assert_eq!(factors(Schedule::Cosine, 0.25), [0.5, 1.0, 1.0, 0.933, 0.75, 0.5, 0.25, 0.067]);
        assert_eq!(factors(Schedule::Cosine, 0.0)[..3], [1.0, 0.962, 0.854]);
        assert_eq!(factors(Schedule::Constant, 0.5), [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(factors(Schedule::Cosine, 1.0), [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0]);
    }
}
