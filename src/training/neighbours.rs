//! The training images of a checkpoint as a reference: which of them an image resembles most, and how much.
//!
//! Neighbours are found exactly, by brute force. They explain a prediction, are the k-NN classifier, and their distance
//! tells whether an image resembles anything that was ever learned (Sun et al., "Out-of-Distribution Detection with
//! Deep Nearest Neighbors", ICML 2022).

use ndarray::{Array2, ArrayView2, Axis, Zip};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{HeadError, Standardizer, TrainingSet};
use crate::data::{ClassId, ImageId};
use crate::pairwise::Neighbours;

/// Images kept as a reference at most; of more, a sample of each class is kept, in proportion.
pub(super) const MOST_KEPT: usize = 20_000;

/// How far apart two feature vectors are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Length of the difference, 0 or more.
    Euclidean,
    /// One minus the cosine of the angle between them, in `0.0..=2.0`.
    #[default]
    Cosine,
}

/// An image that was learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Content id.
    pub id: ImageId,
    /// Its file when it was learned from.
    pub path: String,
    /// What it shows.
    pub class: ClassId,
}

/// Training images as points: row `i` of the points is `references()[i]`.
///
/// Points have been standardised as the classifier does, and under [`Metric::Cosine`] brought to length 1. All numbers
/// are finite; [`TrainingNeighbours::fit`] and `from_safetensors` are the only ways in.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingNeighbours {
    pub(super) metric: Metric,
    pub(super) standardizer: Option<Standardizer>,
    pub(super) points: Array2<f32>,
    pub(super) references: Vec<Reference>,
    pub(super) n_training: usize,
}

/// A training image near another image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Position in [`TrainingNeighbours::references`].
    pub index: usize,
    /// By the metric, 0 or more.
    pub distance: f32,
}

impl TrainingNeighbours {
    /// Takes `rows` of `data` as the reference; `paths[i]` is the file of row `i`.
    ///
    /// Of more than [`MOST_KEPT`] rows a sample drawn with `seed` is kept, at least one image of each class.
    #[must_use]
    pub fn fit(
        data: &TrainingSet<'_>,
        paths: &[String],
        rows: &[usize],
        standardizer: Option<Standardizer>,
        metric: Metric,
        seed: u64,
    ) -> Self {
        let kept = sample(rows, data.y, MOST_KEPT, seed);
        let points = prepare(data.x.select(Axis(0), &kept), standardizer.as_ref(), metric);
        let reference = |&row: &usize| Reference { id: data.ids[row], path: paths[row].clone(), class: data.y[row] };
        let references = kept.iter().map(reference).collect();
        Self { metric, standardizer, points, references, n_training: rows.len() }
    }

    /// The images, in the order of the training rows.
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// How distance is measured.
    #[must_use]
    pub const fn metric(&self) -> Metric {
        self.metric
    }

    /// Length of the feature vectors.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.points.ncols()
    }

    /// Images that were learned from, kept or not.
    #[must_use]
    pub const fn n_training(&self) -> usize {
        self.n_training
    }

    /// The `k` training images nearest to each row of `x`, shape `[n, n_features]`, nearest first; all where there are
    /// fewer. The answer for a row does not depend on the other rows.
    ///
    /// # Errors
    /// When `x` has other features than the training images.
    pub fn nearest(&self, x: ArrayView2<'_, f32>, k: usize) -> Result<Vec<Vec<Neighbour>>, HeadError> {
        if x.ncols() != self.n_features() {
            return Err(HeadError::Shape {
                tensor: "features".to_owned(),
                shape: x.shape().to_vec(),
                expected: vec![x.nrows(), self.n_features()],
            });
        }
        let x = prepare(x.to_owned(), self.standardizer.as_ref(), self.metric);
        let found = Neighbours::among(self.points.view(), x.view(), k);
        let measured = |distance: f32| match self.metric {
            Metric::Euclidean => distance,
            // Of points of length 1: |a − b|² = 2 − 2 cos.
            Metric::Cosine => distance * distance / 2.0,
        };
        let of_row = |row: usize| {
            let range = row * found.k()..(row + 1) * found.k();
            let pairs = found.indices()[range.clone()].iter().zip(&found.distances()[range]);
            pairs.map(|(&index, &d)| Neighbour { index: index as usize, distance: measured(d) }).collect()
        };
        Ok((0..x.nrows()).map(of_row).collect())
    }

    /// As [`Self::nearest`], but never an image with the row's own id of `ids`: for images that were learned from.
    ///
    /// # Errors
    /// As [`Self::nearest`].
    pub fn nearest_others(
        &self,
        x: ArrayView2<'_, f32>,
        ids: &[ImageId],
        k: usize,
    ) -> Result<Vec<Vec<Neighbour>>, HeadError> {
        let mut copies = std::collections::BTreeMap::new();
        for reference in &self.references {
            *copies.entry(reference.id).or_insert(0_usize) += 1;
        }
        let most = copies.values().copied().max().unwrap_or(0);
        let mut found = self.nearest(x, k + most)?;
        for (row, id) in found.iter_mut().zip(ids) {
            row.retain(|neighbour| self.references[neighbour.index].id != *id);
            row.truncate(k);
        }
        Ok(found)
    }
}

/// Brings `x`, shape `[n, n_features]`, to where distances are measured.
fn prepare(mut x: Array2<f32>, standardizer: Option<&Standardizer>, metric: Metric) -> Array2<f32> {
    if let Some(standardizer) = standardizer {
        standardizer.apply(x.view_mut());
    }
    if metric == Metric::Cosine {
        Zip::from(x.rows_mut()).par_for_each(|mut row| {
            let length = row.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
            if length > 0.0 {
                row.mapv_inplace(|v| (f64::from(v) / length) as f32);
            }
        });
    }
    x
}

/// All `rows`, or about `most` of them: of each class its share, at least one. Ascending.
fn sample(rows: &[usize], classes: &[ClassId], most: usize, seed: u64) -> Vec<usize> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    let mut of_class = std::collections::BTreeMap::<ClassId, Vec<usize>>::new();
    for &row in rows {
        of_class.entry(classes[row]).or_default().push(row);
    }
    let mut kept = Vec::with_capacity(most);
    for (class, mut members) in of_class {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(class.0 as u64);
        members.shuffle(&mut rng);
        members.truncate((members.len() * most / rows.len()).max(1));
        kept.extend(members);
    }
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn ids(n: usize) -> Vec<ImageId> {
        (0..n).map(|i| ImageId::of_bytes(&i.to_le_bytes())).collect()
    }

    fn fitted(metric: Metric) -> TrainingNeighbours {
        let x = array![[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [9.0, 9.0]];
        let mut ids = ids(4);
        ids[3] = ids[2];
        let y = [0, 1, 1, 1].map(ClassId);
        let classes = ["a".to_owned(), "b".to_owned()];
        let data = TrainingSet { ids: &ids, x: x.view(), y: &y, classes: &classes, weights: None };
        let paths: Vec<String> = (0..4).map(|i| format!("{i}.png")).collect();
        TrainingNeighbours::fit(&data, &paths, &[0, 1, 2, 3], None, metric, 0)
    }

    #[test]
    fn the_nearest_are_found_by_either_metric() {
        let x = array![[4.0, 3.0]];
        let found = fitted(Metric::Euclidean).nearest(x.view(), 2).unwrap();
        assert_eq!(found[0], [Neighbour { index: 2, distance: 1.0 }, Neighbour { index: 0, distance: 18_f32.sqrt() }]);
        let found = fitted(Metric::Cosine).nearest(x.view(), 9).unwrap();
        let order: Vec<usize> = found[0].iter().map(|neighbour| neighbour.index).collect();
        assert_eq!(order, [2, 3, 0, 1]);
        assert!((found[0][2].distance - 0.2).abs() < 1e-6 && (found[0][3].distance - 0.4).abs() < 1e-6);
        assert!(fitted(Metric::Cosine).nearest(array![[1.0]].view(), 1).is_err());
    }

    #[test]
    fn an_image_and_its_copies_are_not_their_own_neighbours() {
        let found = fitted(Metric::Euclidean).nearest_others(array![[3.0, 3.0]].view(), &ids(3)[2..], 2).unwrap();
        assert_eq!(found[0].iter().map(|neighbour| neighbour.index).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn a_sample_keeps_every_class_and_the_same_images_again() {
        let classes: Vec<ClassId> =
            (0..1000).map(|row| ClassId(usize::from(row % 10 == 0) + usize::from(row == 500))).collect();
        let rows: Vec<usize> = (0..1000).collect();
        let kept = sample(&rows, &classes, 100, 3);
        assert_eq!(kept, sample(&rows, &classes, 100, 3));
        assert_ne!(kept, sample(&rows, &classes, 100, 4));
        let of = |class| kept.iter().filter(|&&row| classes[row] == ClassId(class)).count();
        assert_eq!([of(0), of(1), of(2)], [90, 9, 1]);
        assert_eq!(sample(&rows, &classes, 1000, 3), rows);
    }
}
