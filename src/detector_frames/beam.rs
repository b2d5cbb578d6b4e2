//! The course of the beam: a robust line through the logarithms of the bright frames.
//!
//! It may fall (the current of a storage ring decays) but not rise, so that an opening ramp is not taken for it. Frames
//! well below the line do not take part in the fit, which is repeated until it no longer changes. Scatter is known by
//! the differences of successive frames (von Neumann 1941), so that a slow ramp is none; it is at least that of the
//! photons' own statistics.

use super::typical;

/// Frames below this share of the line are not part of the beam's course.
pub(super) const PART_OF_THE_COURSE: f64 = 0.85;
/// The fit settles after a few rounds.
const ROUNDS: usize = 20;

/// The beam's light, frame by frame.
pub(super) struct BeamCourse {
    /// Counts per pixel of a frame that nothing spoiled; 0 where the series is dark.
    pub level: Vec<f64>,
    /// Relative scatter of good frames about the level, above 0.
    pub scatter: f64,
}

impl BeamCourse {
    /// `flux` is in counts per pixel, `pixels` how many of them were measured, both per frame.
    pub(super) fn of(flux: &[f64], pixels: &[f64]) -> Self {
        let mut bright: Vec<f64> = flux.iter().copied().filter(|flux| *flux > 0.0).collect();
        bright.sort_by(f64::total_cmp);
        // The upper tenth is bright enough, and not a single frame's accident.
        let Some(&top) = bright.get(bright.len() * 9 / 10) else {
            return Self { level: vec![0.0; flux.len()], scatter: 1.0 };
        };
        let photons = |at: usize| 1.0 / (flux[at] * pixels[at]).max(1.0).sqrt();
        let mut level = vec![top; flux.len()];
        let mut scatter = 0.0;
        let mut part: Vec<usize> = Vec::new();
        for _ in 0..ROUNDS {
            let least = PART_OF_THE_COURSE.min(1.0 - 3.0 * scatter).max(0.5);
            let next: Vec<usize> = (0..flux.len()).filter(|&at| flux[at] >= least * level[at]).collect();
            if next == part || next.is_empty() {
                break;
            }
            part = next;
            let points: Vec<(f64, f64)> = part.iter().map(|&at| (at as f64, flux[at].ln())).collect();
            let (slope, start) = falling_line(&points);
            level.iter_mut().enumerate().for_each(|(at, level)| *level = (start + slope * at as f64).exp());
            let shares: Vec<f64> = part.iter().map(|&at| flux[at] / level[at]).collect();
            let differences = shares.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            let noise = typical(part.iter().map(|&at| photons(at)));
            // The median absolute difference of two normal numbers is that of one times the root of 2.
            scatter = (1.4826 / 2.0_f64.sqrt() * typical(differences)).max(noise);
        }
        Self { level, scatter: scatter.max(1e-3) }
    }
}

/// Slope and start of the least-squares line, level where it would rise; medians hold the start.
pub(super) fn falling_line(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|point| point.0).sum::<f64>() / n, points.iter().map(|point| point.1).sum::<f64>() / n);
    let xx: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
    let xy: f64 = points.iter().map(|point| (point.0 - mean_x) * (point.1 - mean_y)).sum();
    let slope = if xx > 0.0 { (xy / xx).min(0.0) } else { 0.0 };
    (slope, typical(points.iter().map(|(x, y)| y - slope * x)))
}
