//! McNemar's test: whether two classifiers differ by more than chance on the same images.
//!
//! Reference: McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
//! 1947, with the continuity correction of Edwards (1948). Only images that one classifies right and the other wrong
//! tell anything.

use serde::{Deserialize, Serialize};

/// Fewer discordant images than this are judged by the exact binomial distribution.
pub const EXACT_BELOW: u64 = 25;

/// The outcome of McNemar's test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Images that only the first classifies right.
    pub only_first: u64,
    /// Images that only the second classifies right.
    pub only_second: u64,
    /// Chance of a difference at least as large between equally good classifiers, in `0.0..=1.0`.
    pub p_value: f64,
    /// By the binomial distribution; else by chi-square with one degree of freedom.
    pub exact: bool,
}

impl McNemar {
    /// Tests the counts of images that only one of the two classifies right.
    #[must_use]
    pub fn of(only_first: u64, only_second: u64) -> Self {
        let discordant = only_first + only_second;
        let exact = discordant < EXACT_BELOW;
        let p_value = if exact {
            two_sided_binomial(only_first.min(only_second), discordant)
        } else {
            let distance = (only_first.abs_diff(only_second) as f64 - 1.0).abs();
            erfc((distance * distance / discordant as f64 / 2.0).sqrt())
        };
        Self { only_first, only_second, p_value, exact }
    }
}

/// Chance of at most `k` heads, or at most `k` tails, in `n` throws of a coin.
fn two_sided_binomial(k: u64, n: u64) -> f64 {
    let mut ways = 1.0; // n over i
    let mut sum = 0.0;
    for i in 0..=k {
        sum += ways;
        ways *= (n - i) as f64 / (i + 1) as f64;
    }
    (2.0 * sum / 2_f64.powi(n as i32)).min(1.0)
}

/// Complementary error function of `x >= 0`: the chance that chi-square with one degree of freedom exceeds `2 x²`.
///
/// Abramowitz & Stegun 7.1.6 (series) and 7.1.14 (continued fraction); good to 1e-12.
fn erfc(x: f64) -> f64 {
    let scale = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.0 {
        let mut term = 2.0 * x;
        let mut sum = term;
        for n in 1..60 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        return 1.0 - scale * sum;
    }
    scale / (1..=120).rev().fold(x, |below, n| x + f64::from(n) / 2.0 / below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::golden::golden_scores;

    #[test]
    fn chances_are_those_of_statsmodels() {
        let cases = golden_scores().mcnemar;
        assert!(cases.iter().any(|case| case.exact) && cases.iter().any(|case| !case.exact));
        for case in cases {
            let ours = McNemar::of(case.only_first, case.only_second);
            assert_eq!(ours.exact, case.exact, "{case:?}");
            assert!((ours.p_value - case.p_value).abs() < 1e-9 * case.p_value.max(1e-3), "{ours:?} {case:?}");
        }
    }

    #[test]
    fn no_disagreement_is_no_difference() {
        assert_eq!(McNemar::of(0, 0).p_value, 1.0);
        assert_eq!(McNemar::of(3, 3).p_value, 1.0);
        assert!(McNemar::of(5000, 100).p_value < 1e-300);
    }
}
