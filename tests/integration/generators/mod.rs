//! Seeded pictures of two kinds of experiment, with the truth: no public set has both.

pub mod crystals;
pub mod pillars;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Uniform in `low..high`.
pub fn within(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Normal with mean 0 and standard deviation 1 (Box & Muller).
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// A value per place that changes smoothly: normal numbers on a coarse grid, bilinear between them.
pub struct Smooth {
    knots: Vec<f64>,
    columns: usize,
    step: f64,
}

impl Smooth {
    /// For `height` × `width` places, with a knot every `step`.
    pub fn new(rng: &mut ChaCha8Rng, height: usize, width: usize, step: f64) -> Self {
        let count = |side: usize| (side as f64 / step).ceil() as usize + 2;
        let (rows, columns) = (count(height), count(width));
        Self { knots: (0..rows * columns).map(|_| normal(rng)).collect(), columns, step }
    }

    pub fn at(&self, y: f64, x: f64) -> f64 {
        let (y, x) = (y / self.step, x / self.step);
        let (row, column) = (y as usize, x as usize);
        let knot = |row: usize, column: usize| self.knots[row * self.columns + column];
        let line = |row: usize| knot(row, column) * (1.0 - x.fract()) + knot(row, column + 1) * x.fract();
        line(row) * (1.0 - y.fract()) + line(row + 1) * y.fract()
    }
}
