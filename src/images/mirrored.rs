//! Mirrored border: beyond its ends a line goes on as its mirror image, without repeating the end (`cba|abc|cba` without the
//! second `a`), as `BORDER_REFLECT_101` of OpenCV has it.

/// The place inside `0..n` that the place `at` is a mirror image of.
#[must_use]
pub fn mirrored(at: isize, n: usize) -> usize {
    let n = n.cast_signed();
    if n == 1 {
        return 0;
    }
    let period = 2 * (n - 1);
    let within = at.rem_euclid(period);
    within.min(period - within).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_do_not_repeat_the_edge() {
        assert_eq!((-3..7).map(|at| mirrored(at, 4)).collect::<Vec<_>>(), [3, 2, 1, 0, 1, 2, 3, 2, 1, 0]);
        assert_eq!((-3..3).map(|at| mirrored(at, 2)).collect::<Vec<_>>(), [1, 0, 1, 0, 1, 0]);
        assert_eq!(mirrored(5, 1), 0);
    }
}
