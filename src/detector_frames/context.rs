//! Frame statistics in the context of their series: how bright a frame is against what the beam gave at that time.

use ndarray::{Array2, ArrayView2};

use super::beam::{BeamCourse, PART_OF_THE_COURSE};
use super::{Series, typical};
use crate::features::FrameStatistics;

/// Names of the columns of [`in_context`].
pub(super) const COLUMNS: [&str; 9] =
    ["transmission", "deviation", "before", "after", "around", "spread", "upper_half", "empty", "scatter"];
/// Column of the share of the beam's light.
pub(super) const TRANSMISSION: usize = 0;
/// Column of what is missing of it, in units of what is tolerated.
pub(super) const DEVIATION: usize = 1;

/// A frame may miss this share of the beam's light, or so many times the scatter where that is more: there the deviation
/// is -0.5.
const TOLERATED: (f64, f64) = (0.1, 2.5);
/// Frames looked at on either side.
const NEIGHBOURS: usize = 3;

/// Statistics `[n_frames, 12]` of each frame alone become `[n_frames, 9]` among the frames of its series.
///
/// Shares of the line lie in `0.0..=2.0`; the deviation in `-1.0..=1.0`, see [`TOLERATED`].
pub(super) fn in_context(measured: ArrayView2<'_, f32>, series: &[Series]) -> Array2<f32> {
    let mut context = Array2::zeros((measured.nrows(), COLUMNS.len()));
    for Series { rows, .. } in series {
        let column =
            |column: usize| -> Vec<f64> { rows.iter().map(|&row| f64::from(measured[[row, column]])).collect() };
        let flux = column(FrameStatistics::TRIMMED_MEAN);
        let course = BeamCourse::of(&flux, &column(FrameStatistics::N_MEASURED));
        let transmission: Vec<f64> = flux.iter().zip(&course.level).map(|(flux, level)| share(*flux, *level)).collect();
        let good: Vec<usize> = (0..rows.len()).filter(|&at| transmission[at] >= PART_OF_THE_COURSE).collect();
        // Against the typical good frame, so that another sample looks alike.
        let of_good = |column: &[f64]| typical(good.iter().map(|&at| column[at]));
        let [std, upper, empty] = [FrameStatistics::STD, FrameStatistics::P75, FrameStatistics::EMPTY].map(column);
        let (typical_std, typical_upper, typical_empty) = (of_good(&std), of_good(&upper), of_good(&empty));
        for (at, &row) in rows.iter().enumerate() {
            let near = |range: std::ops::Range<usize>| {
                let range = range.start..range.end.min(rows.len());
                if range.is_empty() { transmission[at] } else { typical(transmission[range].iter().copied()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Series whose frames have these mean counts, of a thousand pixels each.
    fn measured(flux: &[f32]) -> Array2<f32> {
        Array2::from_shape_fn((flux.len(), FrameStatistics::COLUMNS.len()), |(row, column)| match column {
            FrameStatistics::N_MEASURED => 1000.0,
            FrameStatistics::EMPTY => 0.0,
            _ => flux[row],
        })
    }

    fn series(rows: std::ops::Range<usize>) -> Series {
        Series { name: String::new(), rows: rows.collect() }
    }

    fn transmissions(flux: &[f32]) -> Vec<f32> {
        in_context(measured(flux).view(), &[series(0..flux.len())]).column(0).to_vec()
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
        let all = in_context(measured(&[0.0, 3.0, 0.0]).view(), &[series(0..3)]);
        assert!(all.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn series_do_not_see_each_other() {
        let both = in_context(measured(&[1.0, 1.0, 1.0, 9.0, 9.0, 9.0]).view(), &[series(0..3), series(3..6)]);
        assert!(both.column(0).iter().all(|share| (share - 1.0).abs() < 1e-6));
    }
}
