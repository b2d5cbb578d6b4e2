//! A plane through values in their places, and its height where none is.

/// What a plane lets expect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prediction {
    /// Height of the plane.
    pub value: f32,
    /// The least and the greatest of the values it goes through.
    range: [f32; 2],
}

impl Prediction {
    /// At the origin, of the least-squares plane through `samples`, the values at `[y, x]`; `None` without samples.
    ///
    /// Slopes have the penalty `ridge`, infinite for a level plane. Where the samples do not say which way it tilts, it does not.
    pub fn of(samples: impl Iterator<Item = ([f64; 2], f32)> + Clone, ridge: f64) -> Option<Self> {
        let (mut n, mut sums, mut range) = (0.0, [0.0; 3], [f32::INFINITY, f32::NEG_INFINITY]);
        for ([y, x], value) in samples.clone() {
            n += 1.0;
            sums = [sums[0] + y, sums[1] + x, sums[2] + f64::from(value)];
            range = [range[0].min(value), range[1].max(value)];
        }
        if n == 0.0 {
            return None;
        }
        let [mean_y, mean_x, mean] = sums.map(|sum| sum / n);
        // A penalty too small to see makes the system regular.
        let ridge = ridge.max(1e-6);
        let (mut yy, mut xy, mut xx, mut y_value, mut x_value) = (ridge, 0.0, ridge, 0.0, 0.0);
        for ([y, x], value) in samples {
            let (y, x, value) = (y - mean_y, x - mean_x, f64::from(value) - mean);
            (yy, xy, xx) = (yy + y * y, xy + x * y, xx + x * x);
            (y_value, x_value) = (y_value + y * value, x_value + x * value);
        }
        let determinant = yy * xx - xy * xy;
        let slope = [(xx * y_value - xy * x_value) / determinant, (yy * x_value - xy * y_value) / determinant];
        let tilt = if ridge.is_finite() { slope[0] * mean_y + slope[1] * mean_x } else { 0.0 };
        Some(Self { value: (mean - tilt) as f32, range })
    }

    /// The height, or the end of the range of values that it leaves: for places farther away than a step, where a slope
    /// need not go on.
    pub fn within_range(self) -> f32 {
        self.value.clamp(self.range[0], self.range[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let samples = [([1.0, 0.0], 3.0), ([2.0, 0.0], 5.0), ([1.0, 1.0], 4.0), ([2.0, 1.0], 6.0)];
        let at = |ridge| Prediction::of(samples.into_iter(), ridge).unwrap();
        assert!((at(0.0).value - 1.0).abs() < 1e-4);
        assert_eq!((at(0.0).within_range(), at(f64::INFINITY).value), (3.0, 4.5));
        // Half of the slope where the penalty is as large as the squares of the offsets.
        assert!((at(1.0).value - 2.75).abs() < 1e-4);
        assert_eq!(Prediction::of(samples[..1].iter().copied(), 0.0).unwrap().value, 3.0);
        assert_eq!(Prediction::of(samples[..2].iter().copied(), 0.0).map(|found| found.value.round()), Some(1.0));
        assert_eq!(Prediction::of(std::iter::empty(), 0.0), None);
    }
}
