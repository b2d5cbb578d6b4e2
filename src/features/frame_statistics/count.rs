//! Which counts were measured.

/// A pixel's count as detectors write it.
pub(super) trait Count: Copy {
    /// The count; `None` where nothing was measured: the largest number of 16 and 32 bits, negative counts, NaN and
    /// infinities.
    fn measured(self) -> Option<f64>;
}

impl Count for u8 {
    fn measured(self) -> Option<f64> {
        Some(f64::from(self))
    }
}

impl Count for u16 {
    fn measured(self) -> Option<f64> {
        (self < Self::MAX).then(|| f64::from(self))
    }
}

impl Count for u32 {
    fn measured(self) -> Option<f64> {
        (self < Self::MAX).then(|| f64::from(self))
    }
}

impl Count for f32 {
    fn measured(self) -> Option<f64> {
        (self.is_finite() && self >= 0.0 && self < u32::MAX as f32).then(|| f64::from(self))
    }
}
