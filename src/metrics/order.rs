//! Order statistics: values by rank.

/// Median: the middle one of `values`, midway between the two middle ones where their number is even; `None` without
/// values. Reorders them.
pub fn median(values: &mut [f32]) -> Option<f64> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(n / 2, f32::total_cmp);
    let lower = if n % 2 == 1 { upper } else { below.iter().copied().fold(f32::NEG_INFINITY, f32::max) };
    Some(f64::midpoint(f64::from(lower), f64::from(upper)))
}

/// Upper median: the middle one of `values`, the greater of the two middle ones where their number is even, so that it is
/// always one of the values; `None` without values. Reorders them.
pub fn upper_median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// Quantile: the value below which `share` of the `sorted` values lie, interpolated between neighbours; `None` without values.
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share * sorted.len().checked_sub(1)? as f64;
    let below = at.floor() as usize;
    let above = sorted[(below + 1).min(sorted.len() - 1)];
    Some(sorted[below] + (above - sorted[below]) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_lie_in_the_middle() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn upper_medians_are_values_that_occur() {
        assert_eq!(upper_median(&mut []), None);
        assert_eq!(upper_median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(upper_median(&mut [4.0, 1.0, 3.0, 2.0]), Some(3.0));
    }

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!((quantile(&[], 0.5), quantile(&[5.0], 0.99)), (None, Some(5.0)));
    }
}
