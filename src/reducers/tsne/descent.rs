//! Gradient descent with momentum and a gain per coordinate, as scikit-learn does it.

#![expect(clippy::inline_always, reason = "inner loops must be compiled for the processor that `Arch` finds")]

use ndarray::Array2;
use pulp::Arch;
use rayon::prelude::*;

use super::affinities::Affinities;
use super::quad_tree::QuadTree;
use crate::progress::{Event, Observer};

/// Steps with exaggerated attraction and little momentum.
const EARLY_STEPS: usize = 250;
/// Edges whose terms are computed side by side.
const LANES: usize = 16;

/// Gradient descent: the loss, and how it is minimised.
pub(super) struct Descent<'a> {
    pub affinities: &'a Affinities,
    pub n_iter: usize,
    pub exaggeration: f32,
    pub learning_rate: f32,
    pub angle: f32,
}

impl Descent<'_> {
    /// Moves `points`, shape `[n, 2]`; returns where they end and the Kullback-Leibler divergence there.
    pub(super) fn run(&self, mut points: Array2<f32>, observer: &dyn Observer) -> (Array2<f32>, f64) {
        let mut repulsion = Array2::zeros(points.dim());
        let mut moves = Array2::<f32>::zeros(points.dim());
        let mut gains = Array2::<f32>::ones(points.dim());
        for step in 0..self.n_iter {
            let early = step < EARLY_STEPS;
            let (momentum, exaggeration) = if early { (0.5, self.exaggeration) } else { (0.8, 1.0) };
            let total = QuadTree::new(&points).repel(self.angle, &mut repulsion);
            let scale = (1.0 / total.max(f64::MIN_POSITIVE)) as f32;
            let attraction = self.attract(&points);
            for ((((point, step), gain), pull), push) in
                points.iter_mut().zip(&mut moves).zip(&mut gains).zip(attraction.iter().flatten()).zip(&repulsion)
            {
                let gradient = 4.0 * (exaggeration * pull - scale * push);
                *gain = if *step * gradient < 0.0 { *gain + 0.2 } else { (*gain * 0.8).max(0.01) };
                *step = momentum * *step - self.learning_rate * *gain * gradient;
                *point += *step;
            }
            observer.on(Event::Advanced { by: 1 });
        }
        let total = QuadTree::new(&points).repel(self.angle, &mut repulsion);
        let divergence = self.divergence(&points, total);
        (points, divergence)
    }

    /// `Σⱼ pᵢⱼ (yᵢ − yⱼ) / (1 + |yᵢ − yⱼ|²)` for each point.
    fn attract(&self, points: &Array2<f32>) -> Vec<[f32; 2]> {
        let arch = Arch::new();
        let places: Vec<[f32; 2]> = points.rows().into_iter().map(|p| [p[0], p[1]]).collect();
        (0..places.len())
            .into_par_iter()
            .with_min_len(256)
            .map(|i| arch.dispatch(|| self.attract_one(&places, i)))
            .collect()
    }

    #[inline(always)]
    fn attract_one(&self, places: &[[f32; 2]], i: usize) -> [f32; 2] {
        let row = self.affinities.starts[i]..self.affinities.starts[i + 1];
        let (columns, values) = (&self.affinities.columns[row.clone()], &self.affinities.values[row]);
        let [x, y] = places[i];
        let (mut sum_x, mut sum_y) = ([0.0; LANES], [0.0; LANES]);
        for (columns, values) in columns.chunks(LANES).zip(values.chunks(LANES)) {
            let (mut dx, mut dy, mut p) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
            for (lane, (&column, &value)) in columns.iter().zip(values).enumerate() {
                let [other_x, other_y] = places[column as usize];
                (dx[lane], dy[lane], p[lane]) = (x - other_x, y - other_y, value);
            }
            for lane in 0..LANES {
                let weight = p[lane] / (1.0 + dx[lane] * dx[lane] + dy[lane] * dy[lane]);
                sum_x[lane] += weight * dx[lane];
                sum_y[lane] += weight * dy[lane];
            }
        }
        [sum_x.iter().sum(), sum_y.iter().sum()]
    }

    /// `Σ pᵢⱼ ln(pᵢⱼ / qᵢⱼ)`, where `total` normalises the `qᵢⱼ`.
    fn divergence(&self, points: &Array2<f32>, total: f64) -> f64 {
        let rows: Vec<f64> = (0..points.nrows())
            .into_par_iter()
            .map(|i| {
                let row = self.affinities.starts[i]..self.affinities.starts[i + 1];
                let terms = self.affinities.columns[row.clone()].iter().zip(&self.affinities.values[row]);
                terms
                    .filter(|(_, p)| **p > 0.0)
                    .map(|(&j, &p)| {
                        let (a, b) = (points.row(i), points.row(j as usize));
                        let squared = f64::from(a[0] - b[0]).powi(2) + f64::from(a[1] - b[1]).powi(2);
                        let q = (1.0 / (1.0 + squared) / total).max(f64::EPSILON);
                        f64::from(p) * (f64::from(p) / q).ln()
                    })
                    .sum()
            })
            .collect();
        rows.iter().sum()
    }
}
