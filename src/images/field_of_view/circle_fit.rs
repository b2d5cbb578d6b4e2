//! The circle that most of some points lie on.
//!
//! Circles through three points each are tried and the one with the most points near it is taken (Fischler & Bolles, "Random
//! sample consensus", 1981; the threes come from a low-discrepancy sequence, so that the answer is always the same). A circle
//! of least squares through these points follows (Kåsa, "A circle fitting procedure and its error analysis", 1976).

/// A circle in cells of a coarse picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CircleFit {
    pub y: f64,
    pub x: f64,
    pub radius: f64,
}

/// Threes of points that are tried: where half of the points lie on the circle, one in eight is a good one.
const TRIES: usize = 200;
/// Rounds in which the circle is drawn anew through the points near it.
const ROUNDS: usize = 5;

impl CircleFit {
    /// The circle that has most of `points`, each `[y, x]`, within `tolerance` of it; `None` where they make none whose radius
    /// is within `radii`.
    pub fn through_most(points: &[[f64; 2]], tolerance: f64, radii: [f64; 2]) -> Option<Self> {
        /// Powers of the plastic number of three dimensions (Roberts, "The unreasonable effectiveness of quasirandom
        /// sequences", 2018).
        const STEPS: [f64; 3] = [0.819_172_513_4, 0.671_043_606_7, 0.549_700_477_9];
        let pick = |at: usize| STEPS.map(|step| points[((at as f64 * step).fract() * points.len() as f64) as usize]);
        let usual = |fit: &Self| (radii[0]..=radii[1]).contains(&fit.radius);
        let tried = (1..=TRIES).filter_map(|at| Self::through(&pick(at)).filter(usual));
        let near = |fit: &Self| points.iter().filter(|point| fit.off(**point) < tolerance).count();
        let mut best = tried.map(|fit| (near(&fit), fit)).max_by_key(|(near, _)| *near)?.1;
        for _ in 0..ROUNDS {
            let near: Vec<_> = points.iter().copied().filter(|point| best.off(*point) < tolerance).collect();
            best = Self::through(&near)?;
        }
        Some(best).filter(usual)
    }

    /// The circle of least squares: `y² + x² = a y + b x + c` is linear in `a`, `b` and `c`.
    fn through(points: &[[f64; 2]]) -> Option<Self> {
        let n = points.len() as f64;
        let middle = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / n);
        let (mut yy, mut xx, mut yx, mut yz, mut xz, mut zz) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for point in points {
            let (y, x) = (point[0] - middle[0], point[1] - middle[1]);
            let z = y * y + x * x;
            (yy, xx, yx) = (yy + y * y, xx + x * x, yx + y * x);
            (yz, xz, zz) = (yz + y * z, xz + x * z, zz + z);
        }
        let determinant = yy * xx - yx * yx;
        if points.len() < 3 || determinant <= 1e-9 * yy * xx {
            return None; // all on one line
        }
        let (y, x) = (0.5 * (yz * xx - xz * yx) / determinant, 0.5 * (xz * yy - yz * yx) / determinant);
        Some(Self { y: middle[0] + y, x: middle[1] + x, radius: (y * y + x * x + zz / n).sqrt() })
    }

    /// Of a point `[y, x]` from the middle.
    pub fn distance(&self, [y, x]: [f64; 2]) -> f64 {
        (y - self.y).hypot(x - self.x)
    }

    /// How far a point lies off the circle.
    pub fn off(&self, point: [f64; 2]) -> f64 {
        (self.distance(point) - self.radius).abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_among_other_points_is_found() {
        let on = |turn: f64| [40.0 + 25.0 * turn.sin(), 60.0 + 25.0 * turn.cos()];
        let mut points: Vec<[f64; 2]> = (0..40).map(|at| on(f64::from(at) * 0.1)).collect();
        points.extend((0..25).map(|at| [f64::from(at), 30.0]));
        let fit = CircleFit::through_most(&points, 1.0, [5.0, 100.0]).unwrap();
        assert!((fit.y - 40.0).abs() < 0.5 && (fit.x - 60.0).abs() < 0.5 && (fit.radius - 25.0).abs() < 0.5, "{fit:?}");
        assert_eq!(CircleFit::through_most(&points[40..], 1.0, [5.0, 100.0]), None, "a line");
        assert_eq!(CircleFit::through_most(&points[..40], 1.0, [50.0, 100.0]), None, "a circle of another size");
    }
}
