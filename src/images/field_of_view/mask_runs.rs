//! A mask as it is stored in runs and checkpoints, so that these do not depend on the file it was read from.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Which pixels of a picture count, as lengths of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct MaskRuns {
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
    /// Row by row: how many pixels lie outside, then how many inside, and so on in turn. Their sum is the number of pixels.
    runs: Vec<usize>,
}

impl MaskRuns {
    /// Of a mask that is true inside, shape `[height, width]`.
    pub(super) fn new(inside: &Array2<bool>) -> Self {
        let (height, width) = inside.dim();
        let mut runs = vec![0];
        let mut now = false;
        for &pixel in inside {
            if pixel != now {
                runs.push(0);
                now = pixel;
            }
            *runs.last_mut().unwrap_or(&mut 0) += 1;
        }
        Self { height, width, runs }
    }

    /// The mask.
    pub(super) fn inside(&self) -> Array2<bool> {
        let mut pixels = self.runs.iter().enumerate().flat_map(|(at, &n)| std::iter::repeat_n(at % 2 == 1, n));
        Array2::from_shape_simple_fn((self.height, self.width), || pixels.next().unwrap_or(false))
    }
}

/// A mask of which it is not known whether its runs make a whole picture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    height: usize,
    width: usize,
    runs: Vec<usize>,
}

impl TryFrom<Written> for MaskRuns {
    type Error = String;

    fn try_from(Written { height, width, runs }: Written) -> Result<Self, String> {
        let pixels = runs.iter().try_fold(0_usize, |sum, run| sum.checked_add(*run));
        if pixels.is_none() || pixels != height.checked_mul(width) {
            return Err(format!("the runs of a mask do not make {width}×{height} pixels"));
        }
        Ok(Self { height, width, runs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_comes_back_as_it_was() {
        for inside in [
            Array2::from_shape_fn((5, 7), |(y, x)| (y + 2 * x) % 3 > 0),
            Array2::from_elem((2, 3), true),
            Array2::from_elem((2, 3), false),
            Array2::from_elem((0, 0), true),
        ] {
            let mask = MaskRuns::new(&inside);
            assert_eq!(mask.inside(), inside);
            assert_eq!(serde_json::from_str::<MaskRuns>(&serde_json::to_string(&mask).unwrap()).unwrap(), mask);
        }
        for text in [
            r#"{"height": 2, "width": 2, "runs": [3]}"#,
            r#"{"height": 2, "width": 2, "runs": [18446744073709551615, 5]}"#,
        ] {
            assert!(serde_json::from_str::<MaskRuns>(text).is_err(), "{text}");
        }
    }
}
