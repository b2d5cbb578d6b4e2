//! The light on the background: a surface over the picture that objects do not pull at, in the logarithm of brightness.
//!
//! A surface of the second degree is fit by iterated least squares with Tukey's biweight, which gives no weight to what lies
//! far off (Holland & Welsch, "Robust regression using iteratively reweighted least-squares", 1977), and then bent to the
//! background around each place, from wide to narrow, as robust local regression does (Cleveland, "Robust locally weighted
//! regression and smoothing scatterplots", 1979). That begins with the surface through all of the picture, moved to several of
//! its levels in turn. The background is what lies around the objects, bright or dark: so that surface counts whose cells hang
//! together in the largest piece, even where they are the smaller part of the picture.

mod quadratic;

use ndarray::{Array2, ArrayView2, Zip, s};

use super::{BLACK, DEVIATIONS, LEAST_NOISE, blurred, peak, regions, texture};
use crate::images::coarse::Coarse;

/// Cells along the longer side.
const CELLS: usize = 96;
/// Share of a cell from which it counts, and weight of a cell in a surface from which it agrees with it.
const LEAST_WEIGHT: f32 = 0.25;
/// Shares of the cells that are darker than the surface one begins with.
const STARTS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];
/// Standard deviations of the neighbourhoods that a surface is bent to, as shares of the longer side, and how often to each.
const WIDTHS: [f32; 4] = [0.25, 0.12, 0.06, 0.03];
const ROUNDS: usize = 5;
/// Share of a neighbourhood that must be background for the surface to follow it at least half.
const FOLLOWED: f32 = 0.05;

/// How bright the background is lit, in every part of a picture.
#[derive(Debug, Clone)]
pub(in crate::images) struct Light {
    /// Natural logarithms of grey levels.
    levels: Coarse,
}

/// Quiet parts of the picture.
struct Cells {
    /// Natural logarithm of the mean brightness; 0 where none of the cell counts.
    levels: Array2<f32>,
    /// Share of the cell that counts, in `0.0..=1.0`.
    weights: Array2<f32>,
}

impl Light {
    /// The light of `plane`, intensities in `0.0..=255.0` of shape `[height, width]`; NaN lies outside of the field of view.
    /// `None` where the picture says too little about it.
    pub fn of(plane: ArrayView2<'_, f32>) -> Option<Self> {
        Self::on(plane, &texture::rough(plane))
    }

    /// The same where it is known which pixels are `rough`.
    pub(super) fn on(plane: ArrayView2<'_, f32>, rough: &Array2<bool>) -> Option<Self> {
        let cells = Cells::of(plane, rough);
        let surfaces = quadratic::fits(&cells.levels, &cells.weights, &STARTS);
        let bent = surfaces.into_iter().map(|surface| cells.bend(surface));
        let best = bent.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        Some(Self { levels: Coarse { cells: best.1 } })
    }

    /// Grey levels of the light, a cell each.
    pub fn grey_levels(&self) -> Coarse {
        Coarse { cells: self.levels.cells.mapv(f32::exp) }
    }

    /// The logarithm of the light at every pixel of a picture of this height and width.
    pub(super) fn over(&self, shape: (usize, usize)) -> Array2<f32> {
        self.levels.over(shape)
    }
}

impl Cells {
    fn of(plane: ArrayView2<'_, f32>, rough: &Array2<bool>) -> Self {
        let (height, width) = plane.dim();
        let (rows, columns) = Coarse::shape(plane.dim(), CELLS);
        let mut cells = Self { levels: Array2::zeros((rows, columns)), weights: Array2::zeros((rows, columns)) };
        for ((row, column), level) in cells.levels.indexed_iter_mut() {
            let place = s![Coarse::span(row, height, rows), Coarse::span(column, width, columns)];
            let (cell, rough) = (plane.slice(place), rough.slice(place));
            let quiet = cell.iter().zip(&rough).filter(|(level, rough)| **level >= BLACK && !**rough);
            let (sum, n) = quiet.fold((0.0, 0.0), |(sum, n), (level, _)| (sum + level, n + 1.0));
            cells.weights[[row, column]] = n / cell.len() as f32;
            if n > 0.0 {
                *level = (sum / n).ln();
            }
        }
        cells
    }

    /// Bends `surface`, a logarithm per cell, to the background that it goes through. The answer is how much of the
    /// background hangs together, and the surface.
    fn bend(&self, mut surface: Array2<f32>) -> (f64, Array2<f32>) {
        let (rows, columns) = surface.dim();
        let mut agreeing = Array2::zeros((rows, columns));
        for wide in WIDTHS {
            let deviation = (wide * rows.max(columns) as f32).max(0.3);
            let blurred = |plane: &Array2<f32>| blurred(plane.dim(), deviation, |at| plane[at]);
            for _ in 0..ROUNDS {
                let off = &self.levels - &surface;
                let counted = off.iter().zip(&self.weights).filter(|(_, weight)| **weight > LEAST_WEIGHT);
                let Some((top, deviation)) = peak::of(counted.map(|(off, _)| *off)) else { break };
                let most = DEVIATIONS * deviation.max(LEAST_NOISE);
                Zip::from(&mut agreeing).and(&off).and(&self.weights).for_each(|agreeing, off, weight| {
                    *agreeing = weight * biweight((off - top) / most);
                });
                let (sums, weights) = (blurred(&(&off * &agreeing)), blurred(&agreeing));
                Zip::from(&mut surface).and(&sums).and(&weights).for_each(|level, sum, weight| {
                    *level += sum / (weight + FOLLOWED);
                });
            }
        }
        let background = Zip::from(&agreeing)
            .and(&self.weights)
            .map_collect(|agreeing, weight| *weight > LEAST_WEIGHT && *agreeing > LEAST_WEIGHT * weight);
        (regions::heaviest_piece(&background, &agreeing), surface)
    }
}

/// Tukey's weight of what lies `off` its place: 1 there, 0 from 1 on.
fn biweight(off: f32) -> f32 {
    if off.abs() < 1.0 { (1.0 - off * off).powi(2) } else { 0.0 }
}
