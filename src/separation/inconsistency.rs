//! The rest: how odd each tile is among those that no layer took, by its local outlier factor.

use ndarray::{Array2, Axis, concatenate};

use super::context::{neighbour_columns, neighbours, radial_columns, radial_deviation};
use super::local::{self, Difference};
use super::recipe::{ContextBlock, InconsistencyRecipe};
use super::{SeparationError, Tiles};
use crate::memory::MemoryBudget;

/// Inconsistency of the rest.
#[derive(Debug, Clone)]
pub struct Inconsistency {
    /// Rows of the tiles that were left.
    pub rows: Vec<usize>,
    /// Names of the features.
    pub columns: Vec<String>,
    /// Features beside the others, shape `[rows.len(), columns.len()]`.
    pub values: Array2<f32>,
    /// Robust scores of them against the tiles around, weighted: what the outlier factor saw.
    pub standardised: Array2<f32>,
    /// One per row, each array by itself: about 1 inside a crowd, larger for odd ones.
    pub scores: Vec<f64>,
    /// One per row: whether the score is above the threshold.
    pub outliers: Vec<bool>,
}

/// Scores are cut there; far more than for a layer, since one feature alone may show how odd a tile is.
const MOST: f32 = 100.0;

impl InconsistencyRecipe {
    /// Judges the tiles of `rows`.
    pub(super) fn run(
        &self,
        tiles: &Tiles<'_>,
        rows: &[usize],
        memory: MemoryBudget,
    ) -> Result<Inconsistency, SeparationError> {
        super::admit(memory, super::INCONSISTENT, rows.len(), tiles.columns.len())?;
        let places = tiles.places_at(rows);
        let (mut columns, mut values, mut scores) = (Vec::new(), Vec::new(), Vec::new());
        for (block, weight) in &self.features {
            let measured = tiles.select(rows, &block.measured().columns(), super::INCONSISTENT)?;
            let (names, found) = match block {
                ContextBlock::Neighbours => (neighbour_columns().to_vec(), neighbours(measured.view(), &places)),
                ContextBlock::RadialDeviation => {
                    (radial_columns().to_vec(), radial_deviation(measured.view(), &places))
                }
                ContextBlock::Rotation | ContextBlock::Anisotropy | ContextBlock::Curvature => {
                    (block.measured().columns(), measured)
                }
            };
            let off = match self.around {
                Some(around) => local::differences(found.view(), &places, around.get(), None, Difference::Plain),
                None => found.clone(),
            };
            scores.push(local::scores(off.view(), &places, MOST) * weight.get() as f32);
            columns.extend(names);
            values.push(found);
        }
        let beside = |parts: &[Array2<f32>]| {
            let views: Vec<_> = parts.iter().map(Array2::view).collect();
            concatenate(Axis(1), &views).unwrap_or_else(|_| Array2::zeros((rows.len(), 0)))
        };
        let standardised = beside(&scores);
        // Each array by itself: alike defects of many arrays would keep each other company.
        let (mut factors, mut outliers) = (vec![1.0; rows.len()], vec![false; rows.len()]);
        for array in local::by_array(&places) {
            let judged = self.lof.score_within(memory, standardised.select(Axis(0), &array).view())?;
            for ((row, factor), outlier) in array.into_iter().zip(judged.factors).zip(judged.outliers) {
                (factors[row], outliers[row]) = (factor, outlier);
            }
        }
        Ok(Inconsistency {
            rows: rows.to_vec(),
            columns,
            values: beside(&values),
            standardised,
            scores: factors,
            outliers,
        })
    }
}
