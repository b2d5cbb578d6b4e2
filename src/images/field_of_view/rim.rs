//! The rim of an aperture: whether it is a step down to darkness, and how wide it is.

use std::f64::consts::TAU;

use ndarray::Array2;

use super::aperture::median;
use super::circle_fit::CircleFit;

/// Directions in which the rim is looked at.
const DIRECTIONS: usize = 720;
/// Distances at which the levels within and beyond are taken, as shares of the radius.
const WITHIN: [f64; 2] = [0.88, 0.96];
const BEYOND: [f64; 2] = [1.04, 1.12];
/// Beyond a step there is at most this share of the light just within. A vignette's light falls by a quarter there.
const STEP: f32 = 0.5;
/// Where the light within is followed to say what it would be at the rim, in shares of the radius.
const FOLLOWED: [f64; 2] = [0.7, 0.88];
/// The rim reaches this far in at most,
const WIDEST: f64 = 0.85;
/// and is this wide at least: there the picture's sharpness ends.
const NARROWEST: f64 = 0.98;
/// In the rim the light is this much off what it would be, as a natural logarithm.
const OFF: f64 = 0.2;

/// A circle in a picture of levels.
pub(super) struct Rim<'a> {
    levels: &'a Array2<f32>,
    circle: CircleFit,
}

impl<'a> Rim<'a> {
    pub fn new(levels: &'a Array2<f32>, circle: CircleFit) -> Self {
        Self { levels, circle }
    }

    /// Share of the visible rim where the light falls to darkness, the share of a whole turn that is visible, and the share
    /// that the visible part spans, all in `0.0..=1.0`.
    pub fn steps(&self) -> (f64, f64, f64) {
        let mut stepped = 0;
        let mut visible = Vec::new();
        for direction in 0..DIRECTIONS {
            let between = |[from, to]: [f64; 2]| {
                (0..6)
                    .filter_map(|at| self.level(direction, from + (to - from) * f64::from(at) / 5.0))
                    .collect::<Vec<_>>()
            };
            let (within, beyond) = (between(WITHIN), between(BEYOND));
            if within.len() < 3 {
                continue;
            }
            if let (Some(within), Some(beyond)) = (median(within), median(beyond)) {
                visible.push(direction);
                stepped += usize::from(beyond < STEP * within);
            }
        }
        let (Some(first), n) = (visible.first(), visible.len()) else { return (0.0, 0.0, 0.0) };
        let next = visible.iter().skip(1).copied().chain([first + DIRECTIONS]);
        let gap = visible.iter().zip(next).map(|(this, next)| next - this).max().unwrap_or(DIRECTIONS);
        let share = |count: usize| count as f64 / DIRECTIONS as f64;
        (stepped as f64 / n as f64, share(n), 1.0 - share(gap))
    }

    /// The radius within the rim: where the light is as it is further in, in cells.
    pub fn within(&self) -> Option<f64> {
        let radii: Vec<f64> = (70..=100).map(|percent| f64::from(percent) / 100.0).collect();
        let at =
            |radius: &f64| median((0..DIRECTIONS).filter_map(|direction| self.level(direction, *radius)).collect());
        let levels: Vec<f64> =
            radii.iter().map(|radius| at(radius).map(|level| f64::from(level.max(1.0)).ln())).collect::<Option<_>>()?;
        let followed = radii.iter().zip(&levels).filter(|(radius, _)| (FOLLOWED[0]..=FOLLOWED[1]).contains(*radius));
        let line = Line::through(followed.map(|(radius, level)| (*radius, *level)));
        let usual = |(radius, level): (&f64, &f64)| *radius <= WIDEST || (level - line.at(*radius)).abs() <= OFF;
        let last = radii.iter().zip(&levels).rposition(usual)?;
        Some(self.circle.radius * radii[last].min(NARROWEST))
    }

    /// The level in a direction, at a share of the radius; `None` outside of the picture.
    fn level(&self, direction: usize, radius: f64) -> Option<f32> {
        let turn = direction as f64 / DIRECTIONS as f64 * TAU;
        let y = (self.circle.y + radius * self.circle.radius * turn.sin()).round();
        let x = (self.circle.x + radius * self.circle.radius * turn.cos()).round();
        let inside = y >= 0.0 && x >= 0.0;
        inside.then(|| self.levels.get([y as usize, x as usize]).copied()).flatten()
    }
}

/// A line of least squares.
struct Line {
    slope: f64,
    through: (f64, f64),
}

impl Line {
    fn through(points: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let n = points.clone().count() as f64;
        let mean = |of: fn((f64, f64)) -> f64| points.clone().map(of).sum::<f64>() / n;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let (xx, xy) =
            points.fold((0.0, 0.0), |(xx, xy), point| (xx + (point.0 - x).powi(2), xy + (point.0 - x) * (point.1 - y)));
        Self { slope: xy / xx, through: (x, y) }
    }

    fn at(&self, x: f64) -> f64 {
        self.through.1 + self.slope * (x - self.through.0)
    }
}
