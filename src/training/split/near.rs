//! Images that are almost the same: frames of one burst, a file saved twice, a picture and its brighter copy.
//!
//! How near is near depends on the network and on the data, so the threshold is relative: two images are near
//! duplicates where their distance is below a share of the root mean square distance between two images of the data
//! set. That scale is computed exactly from the variances, and shifting or scaling all features changes nothing; a
//! cosine similarity has no such meaning, since pooled activations are positive and all similar. Near duplicates of
//! near duplicates belong together: the groups are what DBSCAN with `min_samples = 1` finds.

use std::num::NonZeroUsize;

use ndarray::{ArrayView2, Axis};

use crate::clusterers::{Clusterer, Dbscan};
use crate::data::{Fraction, Positive};

/// Groups of images that are near duplicates of each other.
#[derive(Debug, Clone, PartialEq)]
pub struct NearDuplicates {
    groups: Vec<u32>,
    threshold: f64,
}

impl NearDuplicates {
    /// Most images that are compared with each other: beyond, time would grow to hours.
    pub const MOST_IMAGES: usize = 100_000;

    /// Compares the rows of `x`, of shape `[n_images, n_features]`, finite. `share` is of the root mean square distance
    /// between two rows. `None` where `share` is 0, all rows are equal, or there are more than [`Self::MOST_IMAGES`].
    #[must_use]
    pub fn find(x: ArrayView2<'_, f32>, share: Fraction) -> Option<Self> {
        if share.get() == 0.0 || x.nrows() > Self::MOST_IMAGES {
            return None;
        }
        let threshold = share.get() * typical_distance(x);
        let search = Dbscan { eps: Positive::try_from(threshold).ok()?, min_samples: NonZeroUsize::MIN };
        let clustering = search.cluster(x, 0).ok()?;
        // With one point enough for a core, nobody is noise.
        let groups = clustering.labels().iter().map(|group| group.map_or(0, |group| group.0)).collect();
        Some(Self { groups, threshold })
    }

    /// The same of these rows alone.
    pub(super) fn of_rows(&self, rows: &[usize]) -> Self {
        Self { groups: rows.iter().map(|&row| self.groups[row]).collect(), threshold: self.threshold }
    }

    /// The group of each row.
    #[must_use]
    pub fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// Rows at most this far apart are near duplicates, in units of the features.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.threshold
    }
}

/// Root mean square distance between two of the rows of `x`; 0 with fewer than two.
fn typical_distance(x: ArrayView2<'_, f32>) -> f64 {
    let n = x.nrows() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let spread = |column: ndarray::ArrayView1<'_, f32>| {
        let mean = column.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
        column.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>()
    };
    // The mean over pairs of a squared difference is twice the unbiased variance.
    (2.0 * x.axis_iter(Axis(1)).map(spread).sum::<f64>() / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn share(value: f64) -> Fraction {
        value.try_into().unwrap()
    }

    #[test]
    fn the_typical_distance_is_that_of_all_pairs() {
        let x = Array2::from_shape_fn((9, 3), |(i, j)| ((i * 7 + j * 5) % 11) as f32);
        let pairs = (0..9).flat_map(|i| (0..i).map(move |j| (i, j)));
        let squared = pairs.map(|(i, j)| (&x.row(i) - &x.row(j)).mapv(|d| f64::from(d).powi(2)).sum());
        let mean = squared.sum::<f64>() / 36.0;
        assert!((typical_distance(x.view()) - mean.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn chains_of_near_images_are_one_group_on_any_scale() {
        let x = array![[0.0, 0.0], [0.4, 0.0], [0.8, 0.0], [10.0, 0.0], [10.0, 10.0]];
        for (shift, scale) in [(0.0, 1.0), (100.0, 1.0), (0.0, 1e-3)] {
            let near = NearDuplicates::find((&x * scale + shift).view(), share(0.06)).unwrap();
            assert_eq!(near.groups(), [0, 0, 0, 1, 2]);
        }
        assert_eq!(NearDuplicates::find(x.view(), share(0.02)).unwrap().groups(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn nothing_is_near_where_nothing_is_asked_or_known() {
        assert_eq!(NearDuplicates::find(array![[0.0], [1.0]].view(), share(0.0)), None);
        assert_eq!(NearDuplicates::find(Array2::zeros((4, 2)).view(), share(0.1)), None, "all equal");
        assert_eq!(NearDuplicates::find(Array2::zeros((0, 2)).view(), share(0.1)), None);
        assert_eq!(NearDuplicates::find(Array2::zeros((1, 2)).view(), share(0.1)), None);
    }
}
