//! A course of no known shape: local regression on the nearest frames.
//!
//! Reference: Cleveland, "Robust locally weighted regression and smoothing scatterplots", JASA 1979.

/// Frames that are fitted, at most; of longer series every second, third … one.
const MOST: usize = 2000;

/// The fit of `y` by the `k` nearest of the frames `open`, ascending, for every frame; and the root of the mean squared
/// residual of those frames, each left out of its own fit.
pub(super) fn local(y: &[f64], open: &[usize], k: usize) -> (Vec<f64>, f64) {
    let stride = open.len().div_ceil(MOST).max(1);
    // The last one too: beyond what is seen, a course is held and not continued.
    let mut thinned: Vec<usize> = open.iter().copied().step_by(stride).chain(open.last().copied()).collect();
    thinned.dedup();
    let k = (k / stride).clamp(3, thinned.len().max(3) - 1);
    let left_out = |&at: &usize| y[at] - fit(y, &thinned, at, k, Some(at));
    let error = (thinned.iter().map(left_out).map(|r| r * r).sum::<f64>() / thinned.len().max(1) as f64).sqrt();
    let places: Vec<usize> = (0..y.len()).step_by(stride).chain([y.len() - 1]).collect();
    let fitted: Vec<f64> = places.iter().map(|&at| fit(y, &thinned, at, k, None)).collect();
    let between = |at: usize| {
        let next = places.partition_point(|&place| place < at);
        if places[next] == at {
            return fitted[next];
        }
        let share = (at - places[next - 1]) as f64 / (places[next] - places[next - 1]) as f64;
        fitted[next - 1] * (1.0 - share) + fitted[next] * share
    };
    ((0..y.len()).map(between).collect(), error)
}

/// A line through the nearest frames, the nearer the heavier; beyond them their mean.
fn fit(y: &[f64], open: &[usize], at: usize, k: usize, but: Option<usize>) -> f64 {
    let mut near = nearest(open, at, k + usize::from(but.is_some()));
    near.retain(|&place| Some(place) != but);
    let reach = near.iter().map(|place| place.abs_diff(at)).max().unwrap_or(0) as f64 + 1.0;
    let weighted = near.iter().map(|&place| {
        let x = place as f64 - at as f64;
        ((1.0 - (x.abs() / reach).powi(3)).powi(3), x, y[place])
    });
    let [mut w, mut wx, mut wy, mut wxx, mut wxy] = [0.0; 5];
    for (weight, x, y) in weighted {
        w += weight;
        wx += weight * x;
        wy += weight * y;
        wxx += weight * x * x;
        wxy += weight * x * y;
    }
    if w <= 0.0 {
        return 0.0;
    }
    let inside = near.first() <= Some(&at) && Some(&at) <= near.last();
    let spread = wxx - wx * wx / w;
    let slope = if inside && near.len() > 2 && spread > 0.0 { (wxy - wx * wy / w) / spread } else { 0.0 };
    wy / w - slope * wx / w
}

/// The `k` entries of `open` nearest to `at`, ascending; of two as near the earlier.
fn nearest(open: &[usize], at: usize, k: usize) -> Vec<usize> {
    let k = k.min(open.len());
    let mut low = open.partition_point(|&place| place < at).saturating_sub(k);
    while low + k < open.len() && open[low + k].abs_diff(at) < open[low].abs_diff(at) {
        low += 1;
    }
    open[low..low + k].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_bridged_and_ends_held() {
        let y: Vec<f64> = (0..60).map(|at| 0.01 * f64::from(at)).collect();
        let open: Vec<usize> = (10..25).chain(35..60).collect();
        let (fit, error) = local(&y, &open, 8);
        assert!(error < 0.04, "{error}");
        assert!((fit[30] - 0.3).abs() < 0.02, "{}", fit[30]);
        assert!((fit[0] - 0.12).abs() < 0.03, "{}: no further than what was seen", fit[0]);
        assert_eq!(nearest(&open, 0, 3), [10, 11, 12]);
        assert_eq!(nearest(&open, 30, 2), [24, 35]);
    }

    #[test]
    fn long_series_are_thinned() {
        let y: Vec<f64> = (0..9000).map(|at| (f64::from(at) / 900.0).sin()).collect();
        let (fit, _) = local(&y, &(0..9000).collect::<Vec<_>>(), 300);
        assert!((0..9000).all(|at| (fit[at] - y[at]).abs() < 0.02));
    }
}
