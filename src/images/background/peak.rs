//! The commonest of many values, and how far those around it spread.

use image::{ImageBuffer, Luma};
use imageproc::definitions::Image as Plane;
use imageproc::filter::gaussian_blur_f32;

/// Bars of the histogram, and standard deviation of its smoothing in bars.
const BARS: usize = 200;
const BARS_SMOOTHED: f32 = 2.0;

/// The commonest of `values` and the standard deviation of those around it: half the width of that peak of the histogram at
/// half its height, on its narrower side, since objects widen the other one. What is not finite does not count; `None` where
/// all are alike.
pub(super) fn of(values: impl Iterator<Item = f32>) -> Option<(f32, f32)> {
    let mut values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    let last = values.len().checked_sub(1)?;
    // A few outliers would make the bars too wide.
    let mut at = |rank: usize| *values.select_nth_unstable_by(rank, f32::total_cmp).1;
    let (low, high) = (at(last / 1000), at(last - last / 1000));
    let bar = (high - low) / BARS as f32;
    if bar <= 0.0 {
        return None;
    }
    let mut counts: Plane<Luma<f32>> = ImageBuffer::new(BARS as u32, 1);
    for value in values.iter().filter(|value| (low..=high).contains(*value)) {
        counts.get_pixel_mut((((value - low) / bar) as u32).min(BARS as u32 - 1), 0).0[0] += 1.0;
    }
    let counts: Vec<f32> = gaussian_blur_f32(&counts, BARS_SMOOTHED).pixels().map(|pixel| pixel.0[0]).collect();
    let top = (0..BARS).max_by(|a, b| counts[*a].total_cmp(&counts[*b]))?;
    let high_at = |at: &usize| counts[*at] > counts[top] / 2.0;
    let (below, above) = ((0..top).rev().take_while(high_at).count(), (top + 1..BARS).take_while(high_at).count());
    // Half the width of a normal distribution at half its height is 1.177 standard deviations.
    let deviation = (below.min(above) + 1) as f32 * bar / 1.177;
    Some((low + (top as f32 + 0.5) * bar, deviation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broad_neighbour_does_not_widen_a_peak() {
        let normal = |at: f32, wide: f32| {
            (0..2000).map(move |i| {
                // Sums of three uniform numbers are nearly normal.
                let uniform = |k: usize| ((i * k) % 2003) as f32 / 2003.0 - 0.5;
                at + wide * 2.0 * (uniform(7) + uniform(131) + uniform(577))
            })
        };
        let (top, deviation) = of(normal(3.0, 0.1).chain(normal(4.0, 1.0)).chain([f32::NAN])).unwrap();
        assert!((top - 3.0).abs() < 0.05 && (0.06..0.16).contains(&deviation), "{top} {deviation}");
        assert_eq!(of([2.0; 9].into_iter()), None);
        assert_eq!(of([f32::NAN; 9].into_iter()), None);
    }
}
