//! What is known of frames beside their counts.

use super::typical;

/// What is known of the frames of a manifest beside their counts.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameContext {
    /// A usable frame has this share of the beam's light at least, in `0.0..1.0`.
    pub line: f64,
    /// Counts per pixel without light, of dark frames; `None`: estimated.
    pub pedestal: Option<f64>,
    /// The beam's intensity as a monitor saw it, a number per frame; `NaN` where there is none.
    pub monitor: Option<Vec<f64>>,
    /// Whether frames are seen as the first version of the statistics did.
    pub first_version: bool,
}

impl FrameContext {
    /// The line where a recipe names none: a tenth of the light may be missing.
    pub const LINE: f64 = 0.9;

    /// The monitor's counts of these frames over their median; `None` where not all are known, or the beam never was there.
    pub(super) fn of_series(&self, rows: &[usize]) -> Option<Vec<f64>> {
        let all = self.monitor.as_ref()?;
        let counts: Vec<f64> = rows.iter().map(|&row| all[row]).collect();
        let usual = typical(counts.iter().copied());
        let known = usual > 0.0 && counts.iter().all(|counts| counts.is_finite());
        known.then(|| counts.iter().map(|counts| (counts / usual).max(0.0)).collect())
    }
}

impl Default for FrameContext {
    fn default() -> Self {
        Self { line: Self::LINE, pedestal: None, monitor: None, first_version: false }
    }
}
