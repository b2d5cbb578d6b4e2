//! k nearest neighbours: the training images most like an image vote on its class.
//!
//! Reference: Fix and Hodges, "Discriminatory analysis: Nonparametric discrimination", 1951; votes and their weights as
//! in scikit-learn's `KNeighborsClassifier`.

use std::num::NonZeroUsize;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::data::{bounds, nonzero};
use crate::training::fitting::{InputStandardizer, Scaling};
use crate::training::neighbours::{Metric, Neighbour, TrainingNeighbours};
use crate::training::{ClassifierError, TrainingSet};

/// Least probability of a class: one without any vote would have a logarithm that is not finite.
const NO_VOTE: f32 = 1e-6;

/// Settings of k nearest neighbours: which training images vote, and with what weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnnRecipe {
    /// How many training images vote; all where there are fewer.
    #[serde(deserialize_with = "bounds::neighbours")]
    pub k: NonZeroUsize,
    /// Weight of a vote: `uniform` or `distance`.
    pub votes: Votes,
    /// How distance is measured: `cosine` or `euclidean`.
    pub metric: Metric,
    /// Scaling of features once they are centred: `none`, `overall`, `pareto` or `unit`.
    pub scaling: Scaling,
}

impl Default for KnnRecipe {
    fn default() -> Self {
        Self { k: nonzero::<10>(), votes: Votes::Distance, metric: Metric::Cosine, scaling: Scaling::Pareto }
    }
}

/// Weight of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Votes {
    /// All alike.
    Uniform,
    /// One over the distance; images at distance 0 outvote all others.
    Distance,
}

/// k nearest neighbours: the training images themselves, which vote on the class of a new one.
#[derive(Debug, Clone, PartialEq)]
pub struct Knn {
    pub(super) neighbours: TrainingNeighbours,
    pub(super) n_classes: usize,
    pub(super) k: NonZeroUsize,
    pub(super) votes: Votes,
}

impl Knn {
    /// Keeps the `rows` of `data` whose labels count at all; a sample drawn with `seed` where there are very many.
    #[must_use]
    pub fn fit(recipe: &KnnRecipe, data: &TrainingSet<'_>, rows: &[usize], seed: u64) -> Self {
        let counts = |row: &usize| data.weights.is_none_or(|weights| weights[*row] > 0.0);
        let rows: Vec<usize> = rows.iter().copied().filter(counts).collect();
        let standardizer = InputStandardizer::fit_scaled(data.x, &rows, recipe.scaling);
        let name = |row: usize| data.ids[row].to_string();
        let neighbours = TrainingNeighbours::fit(data, name, &rows, standardizer, recipe.metric, seed);
        Self { neighbours, n_classes: data.classes.len(), k: recipe.k, votes: recipe.votes }
    }

    /// Length of the feature vectors.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.neighbours.n_features()
    }

    /// Number of classes it tells apart.
    #[must_use]
    pub const fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Share of the votes of each class, `[n, n_classes]`, for `x` of shape `[n, n_features]`; each row sums to 1.
    ///
    /// # Errors
    /// When `x` has another number of features than the training images.
    pub fn probabilities(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ClassifierError> {
        let mut shares = Array2::zeros((x.nrows(), self.n_classes));
        for (nearest, mut out) in self.neighbours.nearest(x, self.k.get())?.iter().zip(shares.rows_mut()) {
            let weights = self.weights(nearest);
            let all: f64 = weights.iter().sum();
            let mut votes = vec![0.0; self.n_classes];
            for (neighbour, weight) in nearest.iter().zip(weights) {
                votes[self.neighbours.references()[neighbour.index].class.0] += weight;
            }
            out.iter_mut().zip(votes).for_each(|(out, votes)| *out = (votes / all) as f32);
        }
        Ok(shares)
    }

    /// Logarithm of [`Self::probabilities`]; a class without a vote counts as one in a million.
    ///
    /// # Errors
    /// When `x` has another number of features than the training images.
    pub fn logits(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ClassifierError> {
        Ok(self.probabilities(x)?.mapv_into(|share| share.max(NO_VOTE).ln()))
    }

    fn weights(&self, nearest: &[Neighbour]) -> Vec<f64> {
        let equal = nearest.iter().any(|neighbour| neighbour.distance == 0.0);
        let weight = |neighbour: &Neighbour| match self.votes {
            Votes::Uniform => 1.0,
            Votes::Distance if equal => f64::from(u8::from(neighbour.distance == 0.0)),
            Votes::Distance => 1.0 / f64::from(neighbour.distance),
        };
        nearest.iter().map(weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ClassId, ImageId};
    use crate::training::Classifier;
    use serde::Deserialize;

    /// scikit-learn's answers, from tests/golden/knn.py.
    #[derive(Deserialize)]
    struct Golden {
        x: Vec<Vec<f32>>,
        y: Vec<ClassId>,
        queries: Vec<Vec<f32>>,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        recipe: KnnRecipe,
        probabilities: Vec<Vec<f32>>,
    }

    fn matrix(rows: &[Vec<f32>]) -> Array2<f32> {
        Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
    }

    #[test]
    fn votes_are_those_of_scikit_learn() {
        let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/knn.json")).unwrap();
        let (x, queries) = (matrix(&golden.x), matrix(&golden.queries));
        let ids: Vec<ImageId> = (0..x.nrows()).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect();
        let classes = ["a", "b", "c", "unseen"].map(str::to_owned);
        let data = TrainingSet { ids: &ids, x: x.view(), y: &golden.y, classes: &classes, weights: None };
        let rows: Vec<usize> = (0..x.nrows()).collect();
        for Case { recipe, probabilities } in golden.cases {
            let knn = Knn::fit(&recipe, &data, &rows, 0);
            let ours = knn.probabilities(queries.view()).unwrap();
            for (ours, theirs) in ours.rows().into_iter().zip(&probabilities) {
                for (class, ours) in ours.iter().enumerate() {
                    let theirs = theirs.get(class).copied().unwrap_or(0.0);
                    assert!((ours - theirs).abs() < 2e-4, "{recipe:?}: {ours} against {theirs}");
                }
            }
            let knn = Classifier::Knn(knn);
            let read = Classifier::from_safetensors(&knn.to_safetensors()).unwrap();
            assert_eq!(read, knn);
            let again = crate::training::softmax(read.logits(queries.view()).unwrap());
            assert!((&again - &ours).iter().all(|difference| difference.abs() < 1e-5));
        }
    }

    #[test]
    fn a_label_of_weight_0_has_no_vote() {
        let x = ndarray::array![[0.0], [1.0], [1.1]];
        let ids = [1_u8, 2, 3].map(|i| ImageId::of_bytes(&[i]));
        let (y, classes) = ([0, 1, 1].map(ClassId), ["a", "b"].map(str::to_owned));
        let weights = [1.0, 0.0, 1.0];
        let data = TrainingSet { ids: &ids, x: x.view(), y: &y, classes: &classes, weights: Some(&weights) };
        let recipe = KnnRecipe { metric: Metric::Euclidean, scaling: Scaling::None, ..KnnRecipe::default() };
        let p = Knn::fit(&recipe, &data, &[0, 1, 2], 0).probabilities(ndarray::array![[0.1]].view()).unwrap();
        assert!((p[[0, 0]] - 10.0 / 11.0).abs() < 1e-6, "{p}");
    }
}
