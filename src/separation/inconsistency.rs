//! The rest: how odd each tile is among those that no layer took, by its local outlier factor.

use ndarray::{Array2, Axis, concatenate};

use super::context::{neighbour_columns, neighbours, radial_columns, radial_deviation};
use super::recipe::{ContextBlock, InconsistencyRecipe};
use super::{SeparationError, Tiles, local};
use crate::reducers::{Method, Reduction};

/// What is said about the rest.
#[derive(Debug, Clone)]
pub struct Inconsistency {
    /// Rows of the tiles that were left.
    pub rows: Vec<usize>,
    /// Names of the features.
    pub columns: Vec<String>,
    /// Features beside the others, shape `[rows.len(), columns.len()]`.
    pub values: Array2<f32>,
    /// The same standardised, as the outlier factor saw them.
    pub standardised: Array2<f32>,
    /// One per row: about 1 inside a crowd, larger for odd ones.
    pub scores: Vec<f64>,
    /// One per row: whether the score is above the threshold.
    pub outliers: Vec<bool>,
}

impl InconsistencyRecipe {
    /// Judges the tiles of `rows`.
    pub(super) fn run(&self, tiles: &Tiles<'_>, rows: &[usize], seed: u64) -> Result<Inconsistency, SeparationError> {
        let places = tiles.places_at(rows);
        let mut columns = Vec::new();
        let mut parts = Vec::new();
        for block in &self.features {
            let measured = tiles.select(rows, &block.measured().columns(), super::INCONSISTENT)?;
            let (names, values) = match block {
                ContextBlock::Neighbours => (neighbour_columns().to_vec(), neighbours(measured.view(), &places)),
                ContextBlock::RadialDeviation => (radial_columns().to_vec(), radial_deviation(measured.view())),
                ContextBlock::Rotation | ContextBlock::Anisotropy | ContextBlock::Curvature => {
                    (block.measured().columns(), measured)
                }
            };
            columns.extend(names);
            parts.push(values);
        }
        let views: Vec<_> = parts.iter().map(Array2::view).collect();
        let values = concatenate(Axis(1), &views).unwrap_or_else(|_| Array2::zeros((rows.len(), 0)));
        let standardised = match (rows.len(), values.ncols()) {
            (0, _) | (_, 0) => values.clone(),
            _ => {
                let seen = match self.around {
                    Some(around) => local::scores(values.view(), &places, around.get()),
                    None => values.clone(),
                };
                let n_components = std::num::NonZeroUsize::MIN;
                let reduction = Reduction { l2: false, standardize: true, method: Method::None, n_components };
                reduction.fit_transform(seen.view(), seed)?.1
            }
        };
        let judged = self.lof.score(standardised.view());
        Ok(Inconsistency {
            rows: rows.to_vec(),
            columns,
            values,
            standardised,
            scores: judged.factors,
            outliers: judged.outliers,
        })
    }
}
