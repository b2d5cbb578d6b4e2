//! Nearest neighbours among the training images: which of them an image resembles most, and how much.
//!
//! Neighbours are found exactly, by brute force. They explain a prediction, are the k-NN classifier, and their distance
//! tells whether an image resembles anything that was ever learned (Sun et al., "Out-of-Distribution Detection with
//! Deep Nearest Neighbors", ICML 2022).

mod file;

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Axis, Zip};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::data::{ClassId, ImageId};
use crate::pairwise::Neighbours;
use crate::training::fitting::InputStandardizer;
use crate::training::{ClassifierError, TrainingSet};

/// Numbers of neighbours over which isolation is measured.
const SCALES: [usize; 3] = [2, 5, 10];

/// Distances below this count as equal: they are of images that are all but the same.
const LEAST_DISTANCE: f64 = 1e-6;

/// Images kept as a reference at most; of more, a sample of each class is kept, in proportion.
const MOST_KEPT: usize = 20_000;

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
    /// Its class.
    pub class: ClassId,
}

/// Training images as points: row `i` of the points is `references()[i]`.
///
/// Points have been standardised as the classifier does, and under [`Metric::Cosine`] brought to length 1. All numbers
/// are finite; [`TrainingNeighbours::fit`] and `from_safetensors` are the only ways in.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingNeighbours {
    metric: Metric,
    standardizer: Option<InputStandardizer>,
    points: Array2<f32>,
    references: Vec<Reference>,
    /// Mean distance of each point to its nearest others, `[n, SCALES.len()]`.
    own: Array2<f32>,
    n_training: usize,
}

/// A training image near another image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Position in [`TrainingNeighbours::references`].
    pub index: usize,
    /// By the metric, 0 or more.
    pub distance: f32,
}

/// Outlier scores of an image among the training images, the larger the less it is like them: logarithms, so that only
/// ratios count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutlierScores {
    /// Distance to the nearest training images over their distances to each other: 0 is as near as they are.
    pub isolation: f64,
    /// Distance to the nearest training image.
    pub distance: f64,
}

impl TrainingNeighbours {
    /// Takes `rows` of `data` as the reference; `path` says where the file of a row lies.
    ///
    /// Of more than `MOST_KEPT` rows a sample drawn with `seed` is kept, at least one image of each class.
    #[must_use]
    pub fn fit(
        data: &TrainingSet<'_>,
        path: impl Fn(usize) -> String,
        rows: &[usize],
        standardizer: Option<InputStandardizer>,
        metric: Metric,
        seed: u64,
    ) -> Self {
        let kept = sample(rows, data.y, MOST_KEPT, seed);
        let points = prepare(data.x.select(Axis(0), &kept), standardizer.as_ref(), metric);
        let reference = |&row: &usize| Reference { id: data.ids[row], path: path(row), class: data.y[row] };
        let references: Vec<Reference> = kept.iter().map(reference).collect();
        let own = Array2::zeros((references.len(), SCALES.len()));
        let mut made = Self { metric, standardizer, points, references, own, n_training: rows.len() };
        let ids: Vec<ImageId> = made.references.iter().map(|reference| reference.id).collect();
        let others = made.others(made.points.view(), &ids, SCALES[SCALES.len() - 1]);
        for (mut own, others) in made.own.rows_mut().into_iter().zip(&others) {
            own.iter_mut().zip(SCALES).for_each(|(own, k)| *own = mean_of_nearest(others, k) as f32);
        }
        made
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
    pub fn nearest(&self, x: ArrayView2<'_, f32>, k: usize) -> Result<Vec<Vec<Neighbour>>, ClassifierError> {
        let x = self.prepared(x)?;
        Ok(self.measured(self.near(x.view(), k)))
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
    ) -> Result<Vec<Vec<Neighbour>>, ClassifierError> {
        let x = self.prepared(x)?;
        Ok(self.measured(self.others(x.view(), ids, k)))
    }

    /// How each row of `x`, shape `[n, n_features]`, lies among the training images.
    ///
    /// # Errors
    /// As [`Self::nearest`].
    pub fn outlier_scores(&self, x: ArrayView2<'_, f32>) -> Result<Vec<OutlierScores>, ClassifierError> {
        let x = self.prepared(x)?;
        let of_row = |near: &Vec<Neighbour>| {
            let isolations = SCALES.iter().enumerate().map(|(scale, &k)| {
                let nearest = &near[..k.min(near.len())];
                let own = nearest.iter().map(|n| f64::from(self.own[[n.index, scale]])).sum::<f64>();
                let own = (own / nearest.len().max(1) as f64).max(LEAST_DISTANCE);
                (mean_of_nearest(near, k).max(LEAST_DISTANCE) / own).ln()
            });
            let isolation = isolations.sum::<f64>() / SCALES.len() as f64;
            let nearest = near.first().map_or(0.0, |nearest| f64::from(nearest.distance));
            OutlierScores { isolation, distance: nearest.max(LEAST_DISTANCE).ln() }
        };
        Ok(self.near(x.view(), SCALES[SCALES.len() - 1]).iter().map(of_row).collect())
    }

    /// `x` where distances are measured.
    fn prepared(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ClassifierError> {
        if x.ncols() != self.n_features() {
            return Err(ClassifierError::Shape {
                tensor: "features".to_owned(),
                shape: x.shape().to_vec(),
                expected: vec![x.nrows(), self.n_features()],
            });
        }
        Ok(prepare(x.to_owned(), self.standardizer.as_ref(), self.metric))
    }

    /// The `k` nearest points to each row of `x`, by the length of the difference.
    fn near(&self, x: ArrayView2<'_, f32>, k: usize) -> Vec<Vec<Neighbour>> {
        let found = Neighbours::among(self.points.view(), x, k);
        let of_row = |row: usize| {
            let range = row * found.k()..(row + 1) * found.k();
            let pairs = found.indices()[range.clone()].iter().zip(&found.distances()[range]);
            pairs.map(|(&index, &distance)| Neighbour { index: index as usize, distance }).collect()
        };
        (0..x.nrows()).map(of_row).collect()
    }

    /// As [`Self::near`], without the copies of the row's own image.
    fn others(&self, x: ArrayView2<'_, f32>, ids: &[ImageId], k: usize) -> Vec<Vec<Neighbour>> {
        let mut copies = BTreeMap::new();
        for reference in &self.references {
            *copies.entry(reference.id).or_insert(0_usize) += 1;
        }
        let most = copies.values().copied().max().unwrap_or(0);
        let mut found = self.near(x, k + most);
        for (row, id) in found.iter_mut().zip(ids) {
            row.retain(|neighbour| self.references[neighbour.index].id != *id);
            row.truncate(k);
        }
        found
    }

    /// Distances by the metric.
    fn measured(&self, mut found: Vec<Vec<Neighbour>>) -> Vec<Vec<Neighbour>> {
        if self.metric == Metric::Cosine {
            // Of points of length 1: |a − b|² = 2 − 2 cos.
            found.iter_mut().flatten().for_each(|neighbour| neighbour.distance *= neighbour.distance / 2.0);
        }
        found
    }
}

/// Mean distance of the first `k`; 0 without any.
fn mean_of_nearest(neighbours: &[Neighbour], k: usize) -> f64 {
    let nearest = &neighbours[..k.min(neighbours.len())];
    nearest.iter().map(|neighbour| f64::from(neighbour.distance)).sum::<f64>() / nearest.len().max(1) as f64
}

/// Brings `x`, shape `[n, n_features]`, to where distances are measured.
fn prepare(mut x: Array2<f32>, standardizer: Option<&InputStandardizer>, metric: Metric) -> Array2<f32> {
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
    let mut of_class = BTreeMap::<ClassId, Vec<usize>>::new();
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
mod tests;
