//! A frame among those of its series: how bright it is against what the beam gave at that time.
//!
//! The beam's own course is a line through the logarithms of the bright frames, which may fall (the current of a storage
//! ring decays) but not rise, so that an opening ramp is not taken for it. Frames well below the line do not take part in
//! the fit, which is repeated until it no longer changes. Scatter is told by the differences of successive frames (von
//! Neumann 1941), so that a slow ramp is none; it is at least that of the photons' own statistics.

use ndarray::{Array2, ArrayView2};

use super::{N_MEASURED, TRIMMED};

/// Names of what [`in_context`] gives, in order.
const COLUMNS: [&str; 9] =
    ["transmission", "deviation", "before", "after", "around", "spread", "upper_half", "empty", "scatter"];

/// A frame may miss this share of the beam's light, or so many times the scatter where that is more: there the deviation
/// is -0.5.
const TOLERATED: (f64, f64) = (0.1, 2.5);
/// Frames looked at on either side.
const NEIGHBOURS: usize = 3;
/// Frames below this share of the line are not part of the beam's course.
const PART_OF_THE_COURSE: f64 = 0.85;
/// The fit settles after a few rounds.
const ROUNDS: usize = 20;

/// Statistics `[n_frames, 12]` of each frame alone become `[n_frames, 9]` among the frames of its series.
///
/// Shares of the line lie in `0.0..=2.0`; the deviation in `-1.0..=1.0`, see [`TOLERATED`].
pub(super) fn in_context(measured: ArrayView2<'_, f32>, series: &[Vec<usize>]) -> Array2<f32> {
    let mut context = Array2::zeros((measured.nrows(), COLUMNS.len()));
    for rows in series {
        let column =
            |column: usize| -> Vec<f64> { rows.iter().map(|&row| f64::from(measured[[row, column]])).collect() };
        let flux = column(TRIMMED);
        let course = Course::of(&flux, &column(N_MEASURED));
        let transmission: Vec<f64> = flux.iter().zip(&course.level).map(|(flux, level)| share(*flux, *level)).collect();
        let good: Vec<usize> = (0..rows.len()).filter(|&at| transmission[at] >= PART_OF_THE_COURSE).collect();
        // Against the typical good frame, so that another sample looks alike.
        let typical = |column: &[f64]| median(good.iter().map(|&at| column[at]).collect());
        let (std, upper, empty) = (column(2), column(6), column(10));
        let (typical_std, typical_upper, typical_empty) = (typical(&std), typical(&upper), typical(&empty));
        for (at, &row) in rows.iter().enumerate() {
            let near = |range: std::ops::Range<usize>| {
                let range = range.start..range.end.min(rows.len());
                if range.is_empty() { transmission[at] } else { median(transmission[range].to_vec()) }
            };
            let before = at.saturating_sub(NEIGHBOURS);
            let values = [
                transmission[at],
                (0.5 * (transmission[at] - 1.0) / TOLERATED.0.max(TOLERATED.1 * course.scatter)).clamp(-1.0, 1.0),
                near(before..at),
                near(at + 1..at + 1 + NEIGHBOURS),
                near(before..at + 1 + NEIGHBOURS),
                share(std[at], typical_std),
                share(upper[at], typical_upper),
                (empty[at] - typical_empty).clamp(-1.0, 1.0),
                course.scatter.min(1.0),
            ];
            values.iter().enumerate().for_each(|(column, value)| context[[row, column]] = *value as f32);
        }
    }
    context
}

/// `part / whole` up to 2; nothing of nothing is 0.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 2.0) } else { 0.0 }
}

/// What the beam gave, frame by frame.
struct Course {
    /// Counts per pixel of a frame that nothing spoiled; 0 where the series is dark.
    level: Vec<f64>,
    /// Relative scatter of good frames about the level, above 0.
    scatter: f64,
}

impl Course {
    /// `flux` is in counts per pixel, `pixels` how many of them were measured, both per frame.
    fn of(flux: &[f64], pixels: &[f64]) -> Self {
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
            let differences = shares.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
            let noise = median(part.iter().map(|&at| photons(at)).collect());
            // The median absolute difference of two normal numbers is that of one times the root of 2.
            scatter = (1.4826 / 2.0_f64.sqrt() * median(differences)).max(noise);
        }
        Self { level, scatter: scatter.max(1e-3) }
    }
}

/// Slope and start of the least-squares line, level where it would rise; medians hold the start.
fn falling_line(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|point| point.0).sum::<f64>() / n, points.iter().map(|point| point.1).sum::<f64>() / n);
    let xx: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
    let xy: f64 = points.iter().map(|point| (point.0 - mean_x) * (point.1 - mean_y)).sum();
    let slope = if xx > 0.0 { (xy / xx).min(0.0) } else { 0.0 };
    (slope, median(points.iter().map(|(x, y)| y - slope * x).collect()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::frame_statistics::MEASURED;

    /// Series whose frames have these mean counts, of a thousand pixels each.
    fn measured(flux: &[f32]) -> Array2<f32> {
        Array2::from_shape_fn((flux.len(), MEASURED.len()), |(row, column)| match column {
            N_MEASURED => 1000.0,
            10 => 0.0,
            _ => flux[row],
        })
    }

    fn transmissions(flux: &[f32]) -> Vec<f32> {
        in_context(measured(flux).view(), &[(0..flux.len()).collect()]).column(0).to_vec()
    }

    #[test]
    fn a_ramp_shows_and_a_decaying_beam_does_not() {
        let decay = |at: usize| 100.0 * (-0.004 * at as f32).exp();
        let flux: Vec<f32> = (0..100).map(|at| decay(at) * (at as f32 / 20.0).min(1.0)).collect();
        for (at, share) in transmissions(&flux).into_iter().enumerate() {
            let expected = (at as f32 / 20.0).min(1.0);
            assert!((share - expected).abs() < 0.03, "{at}: {share} instead of {expected}");
        }
    }

    #[test]
    fn a_ramp_without_end_is_no_scatter() {
        let flux: Vec<f32> = (0..100).map(|at| 50.0 * (at + 1) as f32).collect();
        let shares = transmissions(&flux);
        assert!(shares[70] < 0.9 && shares[95] > 0.95, "{shares:?}");
    }

    #[test]
    fn beam_loss_in_the_middle_shows() {
        let flux: Vec<f32> = (0..90).map(|at| if (30..50).contains(&at) { 12.0 } else { 40.0 }).collect();
        let shares = transmissions(&flux);
        assert!((shares[40] - 0.3).abs() < 0.01 && (shares[10] - 1.0).abs() < 0.01, "{shares:?}");
    }

    #[test]
    fn a_dark_series_and_one_of_a_single_frame_have_numbers_too() {
        assert_eq!(transmissions(&[0.0; 5]), [0.0; 5]);
        assert_eq!(transmissions(&[7.0]), [1.0]);
        assert!(in_context(measured(&[]).view(), &[]).is_empty());
        let all = in_context(measured(&[0.0, 3.0, 0.0]).view(), &[vec![0, 1, 2]]);
        assert!(all.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn series_do_not_see_each_other() {
        let both = in_context(measured(&[1.0, 1.0, 1.0, 9.0, 9.0, 9.0]).view(), &[vec![0, 1, 2], vec![3, 4, 5]]);
        assert!(both.column(0).iter().all(|share| (share - 1.0).abs() < 1e-6));
    }
}
