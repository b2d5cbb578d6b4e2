//! Losses of the beam: light that goes at once, where a sample or a current takes it slowly.

use crate::detector_frames::typical;

/// Frames before and after a fall whose medians are compared.
const STEP: usize = 3;
/// A fall is far beyond what the series does elsewhere: so many times its usual step, and its scatter.
const BEYOND: (f64, f64) = (3.0, 4.0);
/// A loss takes more than half as much again as is tolerated.
const OF_TOLERATED: f64 = 1.5;
/// A dim stretch is lost, where its first frames fall by this share of it.
const AT_ONCE: f64 = 0.6;

fn median(values: &[f64]) -> f64 {
    typical(values.iter().copied())
}

/// Frames that no course of the beam explains: those after a sudden fall of `y`, the logarithm of the flux, and those before
/// a sudden rise where the series is level until then, a shutter that opens at once.
pub(super) fn apart(y: &[f64], scatter: f64, tolerated: f64) -> Vec<bool> {
    let mut apart = after_falls(y, scatter, tolerated);
    let backwards: Vec<f64> = y.iter().rev().copied().collect();
    let rises = after_falls(&backwards, scatter, tolerated);
    let opening = rises.iter().rev().take_while(|before| **before).count();
    if opening > 0 && opening < y.len() {
        // A current that falls until it is topped up is higher at the start.
        let (third, rise) = (opening.div_ceil(3), median(&y[opening..(opening + STEP).min(y.len())]));
        let (early, late) = (median(&y[..third]), median(&y[opening - third..opening]));
        if (early - late).abs() < 0.5 * (rise - late) {
            apart[..opening].fill(true);
        }
    }
    apart
}

/// Frames between a sudden fall and its recovery by half of that.
fn after_falls(y: &[f64], scatter: f64, tolerated: f64) -> Vec<bool> {
    let n = y.len();
    let before = |at: usize| median(&y[at.saturating_sub(STEP)..at]);
    let after = |at: usize| median(&y[at..(at + STEP).min(n)]);
    let step = |at: usize| if at >= 2 && at + 2 <= n { after(at) - before(at) } else { 0.0 };
    let steps: Vec<f64> = (0..n).map(step).collect();
    let usual = typical(steps.iter().map(|step| step.abs()));
    let least = (-(1.0 - OF_TOLERATED * tolerated).max(0.1).ln()).max(BEYOND.0 * usual).max(BEYOND.1 * scatter);
    let mut lost = vec![false; n];
    let mut at = 0;
    while at < n {
        if steps[at] >= -least {
            at += 1;
            continue;
        }
        let fall = (at..(at + STEP).min(n)).min_by(|&i, &j| steps[i].total_cmp(&steps[j])).unwrap_or(at);
        let half = 0.5 * (before(fall) + after(fall));
        let end = (fall + 1..n).find(|&at| after(at) >= half).unwrap_or(n);
        lost[fall..end].fill(true);
        at = end;
    }
    lost
}

/// Dim stretches of `smooth` shares from `start` on, which begin at once.
pub(super) fn dim_at_once(share: &[f64], smooth: &[f64], start: usize, tolerated: f64) -> Vec<bool> {
    let (n, line) = (share.len(), 1.0 - tolerated);
    let mut lost = vec![false; n];
    let mut at = start;
    while at < n {
        let end = (at..n).find(|&at| smooth[at] >= line).unwrap_or(n);
        if end > at {
            let depth = median(&share[at..end]);
            let before = if at > 1 { median(&share[at.saturating_sub(STEP + 1)..at - 1]) } else { 1.0 };
            let fallen = before - median(&share[at..(at + STEP).min(end)]);
            if depth < 1.0 - OF_TOLERATED * tolerated && fallen > AT_ONCE * (1.0 - depth) {
                lost[at..end].fill(true);
            }
        }
        at = end + 1;
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_sudden_and_a_turn_of_the_sample_is_not() {
        let turning = |at: usize| (1.0 + 0.15 * (at as f64 / 8.0).sin()).ln();
        let y: Vec<f64> = (0..120).map(turning).collect();
        assert!(!apart(&y, 0.01, 0.1).contains(&true));
        let lost = |at: usize| if (50..70).contains(&at) { 0.6_f64.ln() } else { 0.0 };
        let y: Vec<f64> = (0..120).map(|at| turning(at) + lost(at)).collect();
        let found = apart(&y, 0.01, 0.1);
        assert!((0..120).filter(|&at| found[at] != (50..70).contains(&at)).count() <= 2, "{found:?}");
    }

    #[test]
    fn a_shutter_may_open_at_once_and_a_refill_is_none() {
        let y: Vec<f64> = (0..60).map(|at| if at < 15 { 0.7_f64.ln() } else { 0.0 }).collect();
        let found = apart(&y, 0.01, 0.1);
        assert!((0..60).filter(|&at| found[at] != (at < 15)).count() <= 2, "{found:?}");
        let refilled: Vec<f64> = (0..90).map(|at| -0.25 * f64::from(at % 30) / 30.0).collect();
        assert!(!apart(&refilled, 0.005, 0.1).contains(&true));
    }
}
