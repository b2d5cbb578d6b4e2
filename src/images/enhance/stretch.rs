//! Contrast stretch: a linear map that takes two percentiles to black and white.
//!
//! Percentiles lie between pixels as in numpy (linear interpolation); the map is scikit-image's `rescale_intensity`.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// Percentiles that become black and white, in percent of the pixels: `0 <= low < high <= 100`; 2 and 98 by default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "PercentilesToml", into = "PercentilesToml")]
pub struct Percentiles {
    low: f64,
    high: f64,
}

/// Percentiles that are no range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("percentiles `{low}` and `{high}` are out of range: expected 0 <= low < high <= 100")]
pub struct NotARange {
    low: f64,
    high: f64,
}

impl Percentiles {
    /// # Errors
    /// Unless `0 <= low < high <= 100`.
    pub fn new(low: f64, high: f64) -> Result<Self, NotARange> {
        if 0.0 <= low && low < high && high <= 100.0 { Ok(Self { low, high }) } else { Err(NotARange { low, high }) }
    }

    /// Becomes black.
    #[must_use]
    pub const fn low(&self) -> f64 {
        self.low
    }

    /// Becomes white.
    #[must_use]
    pub const fn high(&self) -> f64 {
        self.high
    }

    /// A plane whose two percentiles are equal stays as it is.
    pub(super) fn apply(&self, plane: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut sorted: Vec<f32> = plane.iter().copied().collect();
        let [black, white] = [self.low, self.high].map(|percent| percentile(&mut sorted, percent));
        let range = white - black;
        if range <= 0.0 {
            return plane.to_owned();
        }
        plane.mapv(|value| (255.0 * ((f64::from(value) - black) / range).clamp(0.0, 1.0)) as f32)
    }
}

impl Default for Percentiles {
    fn default() -> Self {
        Self { low: 2.0, high: 98.0 }
    }
}

/// `values` change places and must not be empty.
fn percentile(values: &mut [f32], percent: f64) -> f64 {
    let at = percent / 100.0 * (values.len() - 1) as f64;
    let (_, &mut below, above) = values.select_nth_unstable_by(at as usize, f32::total_cmp);
    let next = above.iter().copied().min_by(f32::total_cmp).unwrap_or(below);
    f64::from(below) + f64::from(next - below) * at.fract()
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PercentilesToml {
    low: f64,
    high: f64,
}

impl Default for PercentilesToml {
    fn default() -> Self {
        Percentiles::default().into()
    }
}

impl TryFrom<PercentilesToml> for Percentiles {
    type Error = NotARange;

    fn try_from(PercentilesToml { low, high }: PercentilesToml) -> Result<Self, NotARange> {
        Self::new(low, high)
    }
}

impl From<Percentiles> for PercentilesToml {
    fn from(Percentiles { low, high }: Percentiles) -> Self {
        Self { low, high }
    }
}
