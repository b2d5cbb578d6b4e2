//! One layer: features of what is left, clusters, and the cluster that is taken.

use std::num::NonZeroUsize;

use ndarray::{Array2, ArrayView2, Axis};

use super::local::{self, Difference};
use super::recipe::{LayerRecipe, Take};
use super::{SeparationError, Tiles};
use crate::clusterers::{Clusterer, KMeans};
use crate::data::{ClusterId, Clustering};
use crate::memory::MemoryBudget;
use crate::reducers::{Reduction, ReductionMethod};

/// Beyond it a score says no more: one wild feature must not drown the others.
const MOST: f32 = 12.0;

/// The tiles that a layer saw and took.
#[derive(Debug, Clone)]
pub struct LayerOutcome {
    /// Name of the tiles it takes.
    pub name: String,
    /// Its own name in columns and files: lower case, numbered where layers share a name.
    pub key: String,
    /// Rows of the tiles that it looked at.
    pub rows: Vec<usize>,
    /// Names of the features it looked at.
    pub columns: Vec<String>,
    /// Their clusters.
    pub clustering: Clustering,
    /// Principal components of their features, shape `[rows.len(), n_components]`.
    pub reduced: Array2<f32>,
    /// The tiles it took of them.
    pub taken: TakenTiles,
}

/// The tiles that a layer took.
#[derive(Debug, Clone)]
pub struct TakenTiles {
    /// Rows of the tiles, ascending; none where no cluster stands out far enough.
    pub rows: Vec<usize>,
    /// The cluster of all tiles that the rule points at; what was taken lies in it, or is all of it.
    pub cluster: Option<ClusterId>,
    /// How often something was taken.
    pub rounds: usize,
    /// Robust standard deviations by which the first candidate stands out, from 0.
    pub stands_out: f64,
}

/// Tiles that may be taken.
struct Candidate {
    members: Vec<usize>,
    stands_out: f64,
}

impl LayerRecipe {
    /// Looks at the tiles of `rows`; the outcome goes by `key`.
    pub(super) fn run(
        &self,
        tiles: &Tiles<'_>,
        rows: &[usize],
        key: &str,
        memory: MemoryBudget,
        seed: u64,
    ) -> Result<LayerOutcome, SeparationError> {
        let columns: Vec<String> = self.features.iter().flat_map(|block| block.columns()).collect();
        super::admit(memory, &self.name, rows.len(), columns.len())?;
        let mut values = tiles.select(rows, &columns, &self.name)?;
        let places = tiles.places_at(rows);
        let named = match &self.take {
            Take::Smallest => None,
            Take::Lowest(column) | Take::Highest(column) => {
                Some(columns.iter().position(|known| known == column).ok_or_else(|| SeparationError::NoColumn {
                    layer: self.name.clone(),
                    column: column.clone(),
                    known: columns.join(", "),
                })?)
            }
        };
        if let Some(around) = self.around {
            let off = local::differences(values.view(), &places, around.get(), named, Difference::Relative);
            values = local::scores(off.view(), &places, MOST);
        }
        let scores = match self.around {
            Some(_) => values.clone(),
            None => local::scores(values.view(), &places, f32::MAX),
        };
        // The clustering of all tiles is for the report; what is taken is looked for round by round below.
        let (clustering, reduced) = self.cluster(values.view(), memory, seed)?;
        let cluster = self.choose(&clustering, scores.view(), named);
        let mut taken = TakenTiles { rows: Vec::new(), cluster, rounds: 0, stands_out: 0.0 };
        let mut left: Vec<usize> = (0..rows.len()).collect();
        for round in 0..self.rounds.get() {
            let found = self.find(&left, values.view(), scores.view(), named, memory, seed)?;
            taken.stands_out = if round == 0 { found.stands_out } else { taken.stands_out };
            if self.beyond.is_some_and(|beyond| found.stands_out < beyond.get()) {
                break;
            }
            let own = self.on_their_own(found.members, scores.view(), named);
            if own.is_empty() {
                break;
            }
            taken.rounds += 1;
            left.retain(|at| !own.contains(at));
            taken.rows.extend(own.into_iter().map(|at| rows[at]));
        }
        taken.rows.sort_unstable();
        Ok(LayerOutcome {
            name: self.name.clone(),
            key: key.to_owned(),
            rows: rows.to_vec(),
            columns,
            clustering,
            reduced,
            taken,
        })
    }

    /// The cluster among `left` that the rule points at, looked for inside itself while it does not stand out.
    fn find(
        &self,
        left: &[usize],
        values: ArrayView2<'_, f32>,
        scores: ArrayView2<'_, f32>,
        named: Option<usize>,
        memory: MemoryBudget,
        seed: u64,
    ) -> Result<Candidate, SeparationError> {
        let mut members = left.to_vec();
        let mut stands_out = 0.0;
        for _ in 0..=self.zoom {
            let (clustering, _) = self.cluster(values.select(Axis(0), &members).view(), memory, seed)?;
            let own = scores.select(Axis(0), &members);
            let Some(cluster) = self.choose(&clustering, own.view(), named) else { break };
            members = clustering.members(Some(cluster)).map(|at| members[at]).collect();
            stands_out = self.stands_out(scores.select(Axis(0), &members).view(), named);
            let enough = self.beyond.is_none_or(|beyond| stands_out >= beyond.get());
            if enough || members.len() < 2 * self.k.get() {
                break;
            }
        }
        Ok(Candidate { members, stands_out })
    }

    /// The members that stand out far enough each by itself, where the recipe asks for that.
    fn on_their_own(&self, members: Vec<usize>, scores: ArrayView2<'_, f32>, named: Option<usize>) -> Vec<usize> {
        let (Some(own), Some(beyond), Some(_)) = (self.own, self.beyond, named) else { return members };
        let far =
            |at: &usize| self.stands_out(scores.select(Axis(0), &[*at]).view(), named) >= own.get() * beyond.get();
        members.into_iter().filter(far).collect()
    }

    /// Fewer tiles than clusters are one cluster.
    fn cluster(
        &self,
        values: ArrayView2<'_, f32>,
        memory: MemoryBudget,
        seed: u64,
    ) -> Result<(Clustering, Array2<f32>), SeparationError> {
        if values.nrows() == 0 {
            return Ok((Clustering::by_number(&[]), Array2::zeros((0, 1))));
        }
        let reduction =
            Reduction { l2: false, standardize: true, method: ReductionMethod::Pca, n_components: self.n_components };
        let (_, reduced) = reduction.fit_within(memory, values, &[], seed)?;
        let k = NonZeroUsize::new(self.k.get().min(values.nrows())).unwrap_or(NonZeroUsize::MIN);
        let k_means = KMeans { n_init: self.n_init, ..KMeans::with_k(k) };
        Ok((k_means.cluster_within(memory, reduced.view(), seed)?, reduced))
    }

    fn choose(&self, clustering: &Clustering, scores: ArrayView2<'_, f32>, named: Option<usize>) -> Option<ClusterId> {
        let sizes = clustering.sizes();
        let rank = |id: &ClusterId| {
            let of_column = |column: usize| {
                let total: f64 = clustering.members(Some(*id)).map(|row| f64::from(scores[[row, column]])).sum();
                total / sizes[id.0 as usize] as f64
            };
            match (&self.take, named) {
                (Take::Highest(_), Some(column)) => -of_column(column),
                (Take::Lowest(_), Some(column)) => of_column(column),
                _ => sizes[id.0 as usize] as f64,
            }
        };
        clustering.ids().min_by(|a, b| rank(a).total_cmp(&rank(b)))
    }

    /// Of the mean score of the named feature towards the side that is asked for; of any feature for `smallest`.
    fn stands_out(&self, scores: ArrayView2<'_, f32>, named: Option<usize>) -> f64 {
        let mean = |column: usize| {
            scores.column(column).iter().map(|&score| f64::from(score)).sum::<f64>() / scores.nrows().max(1) as f64
        };
        let off = match (&self.take, named) {
            (Take::Highest(_), Some(column)) => mean(column),
            (Take::Lowest(_), Some(column)) => -mean(column),
            _ => (0..scores.ncols()).map(|column| mean(column).abs()).fold(0.0, f64::max),
        };
        off.max(0.0)
    }
}
