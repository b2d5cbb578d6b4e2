//! Histograms of 256 grey levels, and the curves that equalise them.
//!
//! Reference: Gonzalez & Woods, "Digital Image Processing", section 3.3; `OpenCV`'s `equalizeHist`, whose answer on 8-bit
//! images this is exactly. Between levels, where images of more bits have values, curves are straight lines.

use ndarray::{Array2, ArrayView2};

/// How many pixels have each level.
pub(super) type Histogram = [u32; 256];

/// A brightness for every brightness.
pub(super) struct Curve([f32; 256]);

impl Curve {
    /// The levels' cumulative counts times `scale`, rounded to levels, half to even.
    pub(super) fn cumulative(histogram: &Histogram, scale: f32) -> Self {
        let mut sum = 0;
        Self(histogram.map(|count| {
            sum += count;
            (sum as f32 * scale).round_ties_even().min(255.0)
        }))
    }

    /// The new brightness of `value`.
    pub(super) fn at(&self, value: f32) -> f32 {
        let value = value.clamp(0.0, 255.0);
        let below = value as usize;
        let (low, high) = (self.0[below], self.0[(below + 1).min(255)]);
        low + (high - low) * (value - below as f32)
    }
}

/// The histogram of `values`, each in the nearest level.
pub(super) fn histogram(values: impl IntoIterator<Item = f32>) -> Histogram {
    let mut histogram = [0; 256];
    for value in values {
        histogram[value.clamp(0.0, 255.0).round_ties_even() as usize] += 1;
    }
    histogram
}

/// Equalised over the whole plane; one of a single level stays as it is.
pub(super) fn equalize(plane: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut histogram = histogram(plane.iter().copied());
    let Some(darkest) = histogram.iter().position(|&count| count > 0) else { return plane.to_owned() };
    let others = plane.len() as u32 - histogram[darkest];
    if others == 0 {
        return plane.to_owned();
    }
    // The darkest level becomes 0, so its own pixels do not count.
    histogram[darkest] = 0;
    let curve = Curve::cumulative(&histogram, 255.0 / others as f32);
    plane.mapv(|value| curve.at(value))
}
