//! One defect after another: each layer clusters what is left, takes one cluster out under a name and passes the rest
//! on.
//!
//! ```text
//!  tiles ─▶ layer 1 ─rest─▶ layer 2 ─rest─▶ … ─rest─▶ inconsistency (local outlier factor)
//!              │                │                          │
//!           Missing         Collapsed             Inconsistent, Consistent
//! ```

mod context;
mod inconsistency;
mod layer;
mod local;
mod noise;
mod plane;
mod recipe;
mod surroundings;
mod usual;

use ndarray::{Array2, ArrayView2, Axis};

pub use context::{neighbour_columns, radial_columns};
pub use inconsistency::Inconsistency;
pub use layer::{LayerOutcome, TakenTiles};
pub use recipe::{ContextBlock, InconsistencyRecipe, LayerRecipe, Polarity, SeparationRecipe, Take};

use crate::clusterers::ClusterError;
use crate::memory::{MemoryBudget, StageOverBudget, bytes_of};
use crate::reducers::ReduceError;

/// Name of the rest where nothing is wrong with it.
pub const CONSISTENT: &str = "Consistent";
/// Name of the outliers among the rest.
pub const INCONSISTENT: &str = "Inconsistent";

/// Where a tile stands; rows and columns are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GridPlace {
    /// Which array, in any numbering.
    pub array: usize,
    pub row: u32,
    pub column: u32,
}

/// Tiles, their places and their features.
#[derive(Debug, Clone, Copy)]
pub struct Tiles<'a> {
    /// One per tile.
    pub places: &'a [GridPlace],
    /// Names of the features.
    pub columns: &'a [String],
    /// Shape `[n_tiles, columns.len()]`, finite.
    pub values: ArrayView2<'a, f32>,
}

/// The label of every tile.
#[derive(Debug, Clone)]
pub struct Separation {
    /// Names of the defect labels: those of the layers, each once, then [`CONSISTENT`] and [`INCONSISTENT`].
    pub names: Vec<String>,
    /// One per tile, a position in `names`.
    pub labels: Vec<usize>,
    /// One per layer of the recipe.
    pub layers: Vec<LayerOutcome>,
    /// Inconsistency of the rest, from the last layer.
    pub inconsistency: Inconsistency,
}

/// Why tiles could not be separated.
#[derive(Debug, thiserror::Error)]
pub enum SeparationError {
    /// A recipe names a feature that its blocks do not give.
    #[error("the layer `{layer}` has no feature `{column}` (it has: {known})")]
    NoColumn { layer: String, column: String, known: String },
    #[error(transparent)]
    Memory(#[from] StageOverBudget),
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl SeparationError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoColumn { .. } => Some("name a column of the layer's `features` in `take`".to_owned()),
            Self::Memory(why) => Some(why.hint()),
            Self::Reduce(error) => error.hint(),
            Self::Cluster(error) => error.hint(),
        }
    }
}

impl SeparationRecipe {
    /// Separates `tiles`; the same tiles and seed give the same answer. `context` is the same tiles by the features
    /// that the inconsistency looks at.
    ///
    /// # Errors
    /// When a layer names a feature that its tiles do not have, or does not fit in `memory`.
    pub fn separate(
        &self,
        tiles: &Tiles<'_>,
        context: &Tiles<'_>,
        memory: MemoryBudget,
        seed: u64,
    ) -> Result<Separation, SeparationError> {
        let mut names: Vec<String> = Vec::new();
        for layer in &self.layers {
            if !names.contains(&layer.name) {
                names.push(layer.name.clone());
            }
        }
        let rest = names.len();
        names.extend([CONSISTENT, INCONSISTENT].map(str::to_owned));
        let mut left: Vec<usize> = (0..tiles.values.nrows()).collect();
        let mut labels = vec![rest; left.len()];
        let mut layers = Vec::with_capacity(self.layers.len());
        for (number, layer) in self.layers.iter().enumerate() {
            let outcome = layer.run(tiles, &left, &self.key(number), memory, seed)?;
            let label = names.iter().position(|name| *name == layer.name).unwrap_or(rest);
            for &row in &outcome.taken.rows {
                labels[row] = label;
            }
            left.retain(|row| labels[*row] == rest);
            layers.push(outcome);
        }
        let inconsistency = self.inconsistency.run(context, &left, memory)?;
        for (&row, &odd) in left.iter().zip(&inconsistency.outliers) {
            labels[row] += usize::from(odd);
        }
        Ok(Separation { names, labels, layers, inconsistency })
    }

    /// Name of layer `number` in columns and files.
    fn key(&self, number: usize) -> String {
        let plain = |layer: &LayerRecipe| {
            layer
                .name
                .chars()
                .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
                .collect::<String>()
        };
        let name = plain(&self.layers[number]);
        match self.layers[..number].iter().filter(|layer| plain(layer) == name).count() {
            0 => name,
            before => format!("{name}_{}", before + 1),
        }
    }
}

/// Copies of the features of tiles that a layer, or the inconsistency, makes at most: chosen, compared, scored, grouped.
const COPIES: usize = 6;

/// Asks for the copies of `columns` of `n` tiles that `layer` makes.
fn admit(memory: MemoryBudget, layer: &str, n: usize, columns: usize) -> Result<(), StageOverBudget> {
    let stage = || format!("the layer `{layer}` over {n} tiles of {columns} features");
    memory.admit_stage(bytes_of::<f32>(&[n, columns, COPIES]), stage, "separate fewer arrays at once")
}

impl Tiles<'_> {
    /// The columns of `names` at `rows`, shape `[rows.len(), names.len()]`.
    fn select(&self, rows: &[usize], names: &[String], layer: &str) -> Result<Array2<f32>, SeparationError> {
        let place = |name: &String| {
            self.columns.iter().position(|column| column == name).ok_or_else(|| SeparationError::NoColumn {
                layer: layer.to_owned(),
                column: name.clone(),
                known: self.columns.join(", "),
            })
        };
        let columns = names.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        Ok(self.values.select(Axis(0), rows).select(Axis(1), &columns))
    }

    fn places_at(&self, rows: &[usize]) -> Vec<GridPlace> {
        rows.iter().map(|&row| self.places[row]).collect()
    }
}

#[cfg(test)]
mod tests;
