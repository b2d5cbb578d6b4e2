//! Frame statistics in the context of their series: how bright a frame is against what the beam gave at that time.

use ndarray::{Array2, ArrayView2, s};

use super::beam::{BeamCourse, PART_OF_THE_COURSE};
use super::light::{IMMATERIAL, Light};
use super::pedestal::Pedestal;
use super::{FrameContext, Series, typical};
use crate::features::FrameStatistics;

/// Names of the columns of [`in_context`].
pub(super) const COLUMNS: [&str; 9] =
    ["transmission", "deviation", "before", "after", "around", "spread", "upper_half", "empty", "scatter"];
/// Column of what is missing of it, in units of what is tolerated.
pub(super) const DEVIATION: usize = 1;

/// Names of the columns of [`brightness`].
pub(super) const BRIGHTNESS: [&str; 7] =
    ["mean_flux", "transmission", "share", "tolerated", "doubtful", "monitored", "pedestal"];

/// Version 1 tolerated this share, or so many times the scatter where that is more: there its deviation is -0.5.
const TOLERATED_1: (f64, f64) = (0.1, 2.5);
/// Frames looked at on either side.
const NEIGHBOURS: usize = 3;
/// A monitor may scatter so much more than the frames do without it: a noisy one would spoil what it should mend.
const MORE_SCATTER: f64 = 1.2;
/// A monitor that sees less than this share of its usual counts tells that the beam is gone, not how bright it is.
const LEAST_MONITORED: f64 = 0.1;

/// A series as it is judged.
struct Judged {
    /// Share of the light that is decided on.
    transmission: Vec<f64>,
    deviation: Vec<f64>,
    scatter: f64,
    pedestal: Pedestal,
    /// Shares of single frames.
    share: Vec<f64>,
    tolerated: f64,
    /// 1 where a monitor's counts took part, -1 where they were passed over, 0 where there are none.
    monitored: f32,
}

impl Judged {
    /// As the first version of the statistics was seen: what checkpoints of then have learned from.
    fn first_version(flux: &[f64], pixels: &[f64]) -> Self {
        let course = BeamCourse::of(flux, pixels);
        let share: Vec<f64> = flux.iter().zip(&course.level).map(|(flux, level)| share(*flux, *level)).collect();
        let tolerated = TOLERATED_1.0.max(TOLERATED_1.1 * course.scatter);
        let deviation = share.iter().map(|share| (0.5 * (share - 1.0) / tolerated).clamp(-1.0, 1.0)).collect();
        let (transmission, pedestal) = (share.clone(), Pedestal::known(0.0));
        Self { transmission, deviation, scatter: course.scatter, pedestal, share, tolerated, monitored: 0.0 }
    }

    fn of(measured: ArrayView2<'_, f32>, rows: &[usize], context: &FrameContext) -> Self {
        let column = |column: usize| column_of(measured, rows, column);
        let (flux, pixels) = (column(FrameStatistics::TRIMMED_MEAN), column(FrameStatistics::N_MEASURED));
        if context.first_version {
            return Self::first_version(&flux, &pixels);
        }
        let tolerated = 1.0 - context.line;
        let blocks = measured.slice(s![.., FrameStatistics::BLOCKS..]).select(ndarray::Axis(0), rows);
        let pedestal = match context.pedestal {
            Some(counts) => Pedestal::known(counts),
            None => Pedestal::estimate(&flux, blocks.view(), IMMATERIAL * tolerated),
        };
        let flux: Vec<f64> = flux.iter().map(|flux| flux - pedestal.counts).collect();
        let mut light = Light::of(&flux, &pixels, tolerated);
        let (mut beam, mut monitored) = (None, 0.0);
        if let Some(monitor) = context.of_series(rows) {
            let corrected: Vec<f64> = flux.iter().zip(&monitor).map(|(f, m)| f / m.max(LEAST_MONITORED)).collect();
            let with = Light::of(&corrected, &pixels, tolerated);
            monitored = -1.0;
            if with.scatter <= MORE_SCATTER * light.scatter {
                (light, monitored) = (with, 1.0);
                // A monitor that sees the shutter, or the beam go, takes this out of the frames: it tells by itself.
                beam = Some(Light::of(&monitor, &vec![f64::INFINITY; rows.len()], tolerated));
            }
        }
        let both = |own: f64, beam: Option<f64>| beam.map_or(own, |beam| own.min(beam));
        let of_beam = |at: usize| beam.as_ref().map(|beam| beam.decided[at]);
        let deviation = |at: usize| both(light.deviation(at), beam.as_ref().map(|beam| beam.deviation(at)));
        Self {
            transmission: (0..rows.len()).map(|at| both(light.decided[at], of_beam(at))).collect(),
            deviation: (0..rows.len()).map(deviation).collect(),
            scatter: light.scatter,
            pedestal,
            share: light.share,
            tolerated: light.tolerated,
            monitored,
        }
    }
}

/// Statistics of each frame alone, a row each, become `[n_frames, 9]` among the frames of its series.
///
/// Shares of the line lie in `0.0..=2.0`; the deviation in `-1.0..=0.0`, see [`Light::deviation`].
pub(super) fn in_context(measured: ArrayView2<'_, f32>, series: &[Series], context: &FrameContext) -> Array2<f32> {
    let mut seen = Array2::zeros((measured.nrows(), COLUMNS.len()));
    for Series { rows, .. } in series {
        let column = |column: usize| column_of(measured, rows, column);
        let Judged { transmission, deviation, scatter, pedestal, .. } = Judged::of(measured, rows, context);
        let good: Vec<usize> = (0..rows.len()).filter(|&at| transmission[at] >= PART_OF_THE_COURSE).collect();
        // Against the typical good frame, so that another sample looks alike.
        let of_good = |column: &[f64]| typical(good.iter().map(|&at| column[at]));
        let [std, mut upper, empty] = [FrameStatistics::STD, FrameStatistics::P75, FrameStatistics::EMPTY].map(column);
        for upper in &mut upper {
            *upper = (*upper - pedestal.counts).max(0.0);
        }
        let (typical_std, typical_upper, typical_empty) = (of_good(&std), of_good(&upper), of_good(&empty));
        for (at, &row) in rows.iter().enumerate() {
            let near = |range: std::ops::Range<usize>| {
                let range = range.start..range.end.min(rows.len());
                if range.is_empty() { transmission[at] } else { typical(transmission[range].iter().copied()) }
            };
            let before = at.saturating_sub(NEIGHBOURS);
            let values = [
                transmission[at],
                deviation[at],
                near(before..at),
                near(at + 1..at + 1 + NEIGHBOURS),
                near(before..at + 1 + NEIGHBOURS),
                share(std[at], typical_std),
                share(upper[at], typical_upper),
                (empty[at] - typical_empty).clamp(-1.0, 1.0),
                scatter.min(1.0),
            ];
            values.iter().enumerate().for_each(|(column, value)| seen[[row, column]] = *value as f32);
        }
    }
    seen
}

/// What is decided on, shape `[n_frames, 7]`: raw counts per pixel; the share of the beam's light; that of the frame by
/// itself; what may be missing; 1 where a pedestal may hide what is missing; 1 where a monitor's counts took part,
/// -1 where they were passed over; counts per pixel that are no light.
pub(super) fn brightness(measured: ArrayView2<'_, f32>, series: &[Series], context: &FrameContext) -> Array2<f32> {
    let mut seen = Array2::zeros((measured.nrows(), BRIGHTNESS.len()));
    for Series { rows, .. } in series {
        let judged = Judged::of(measured, rows, context);
        for (at, &row) in rows.iter().enumerate() {
            let values = [
                measured[[row, FrameStatistics::MEAN]],
                judged.transmission[at] as f32,
                judged.share[at] as f32,
                judged.tolerated as f32,
                f32::from(u8::from(judged.pedestal.doubtful)),
                judged.monitored,
                judged.pedestal.counts as f32,
            ];
            values.iter().enumerate().for_each(|(column, value)| seen[[row, column]] = *value);
        }
    }
    seen
}

/// A statistic of the frames `rows`.
fn column_of(measured: ArrayView2<'_, f32>, rows: &[usize], column: usize) -> Vec<f64> {
    rows.iter().map(|&row| f64::from(measured[[row, column]])).collect()
}

/// `part / whole` up to 2; nothing of nothing is 0.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 2.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Column of the share of the beam's light.
    const TRANSMISSION: usize = 0;

    /// Series whose frames have these mean counts, of a thousand pixels each.
    fn measured(flux: &[f32]) -> Array2<f32> {
        Array2::from_shape_fn((flux.len(), FrameStatistics::N_COLUMNS), |(row, column)| match column {
            FrameStatistics::N_MEASURED => 1000.0,
            FrameStatistics::EMPTY => 0.0,
            FrameStatistics::BLOCKS.. => flux[row] * (0.5 + (column - FrameStatistics::BLOCKS) as f32 / 63.0),
            _ => flux[row],
        })
    }

    fn series(rows: std::ops::Range<usize>) -> Series {
        Series { name: String::new(), rows: rows.collect() }
    }

    fn transmissions(flux: &[f32]) -> Vec<f32> {
        in_context(measured(flux).view(), &[series(0..flux.len())], &FrameContext::default()).column(0).to_vec()
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
        let context = FrameContext::default();
        assert_eq!(transmissions(&[0.0; 5]), [0.0; 5]);
        assert_eq!(transmissions(&[7.0]), [1.0]);
        assert!(in_context(measured(&[]).view(), &[], &context).is_empty());
        let all = in_context(measured(&[0.0, 3.0, 0.0]).view(), &[series(0..3)], &context);
        assert!(all.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn series_do_not_see_each_other() {
        let both = measured(&[1.0, 1.0, 1.0, 9.0, 9.0, 9.0]);
        let both = in_context(both.view(), &[series(0..3), series(3..6)], &FrameContext::default());
        assert!(both.column(0).iter().all(|share| (share - 1.0).abs() < 1e-6));
    }

    #[test]
    fn a_pedestal_is_taken_off_known_or_not() {
        let light = |at: usize| if at < 20 { 0.3 } else { 1.0 };
        let flux: Vec<f32> = (0..80).map(|at| 4.0 * light(at) + 0.01 * ((at * 7) % 5) as f32).collect();
        let mut counts = measured(&flux);
        counts.slice_mut(s![.., ..FrameStatistics::EMPTY]).mapv_inplace(|counts| counts + 100.0);
        counts.slice_mut(s![.., FrameStatistics::BLOCKS..]).mapv_inplace(|counts| counts + 100.0);
        for pedestal in [None, Some(100.0)] {
            let context = FrameContext { pedestal, ..FrameContext::default() };
            let seen = in_context(counts.view(), &[series(0..80)], &context);
            let (spoiled, good) = (seen[[10, TRANSMISSION]], seen[[50, TRANSMISSION]]);
            assert!((spoiled - 0.3).abs() < 0.02 && (good - 1.0).abs() < 0.02, "{pedestal:?}: {spoiled} {good}");
        }
    }

    #[test]
    fn a_monitor_explains_what_the_beam_does_and_tells_where_it_sees_the_shutter() {
        let beam = |at: usize| 1.0 + 0.4 * ((at * 37 % 11) as f32 / 11.0 - 0.5);
        let light = |at: usize| if at < 15 { 0.5 } else { 1.0 };
        let flux: Vec<f32> = (0..100).map(|at| 20.0 * beam(at) * light(at)).collect();
        for sees_shutter in [false, true] {
            let counts = |at: usize| f64::from(beam(at) * if sees_shutter { light(at) } else { 1.0 });
            let context = FrameContext { monitor: Some((0..100).map(counts).collect()), ..FrameContext::default() };
            let seen = brightness(measured(&flux).view(), &[series(0..100)], &context);
            assert!(seen.column(5).iter().all(|used| *used == 1.0));
            // A monitor that scatters by a fifth knows an edge, by medians of some frames, to one of them.
            let told = |at: usize| (seen[[at, 1]] < 0.9) == (at < 15) || (sees_shutter && at == 15);
            assert!((0..100).all(told), "{sees_shutter}: {:?}", seen.column(1));
        }
        // One that has nothing to do with the frames is left alone.
        let other = (0..100).map(|at| 1.0 + f64::from(at * 53 % 17)).collect();
        let context = FrameContext { monitor: Some(other), ..FrameContext::default() };
        let steady = brightness(measured(&[9.0; 100]).view(), &[series(0..100)], &context);
        assert!(steady.column(5).iter().all(|used| *used == -1.0));
    }
}
