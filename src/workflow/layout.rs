//! Where images stand on a map.

use ndarray::ArrayView2;

use super::clustering::or_left_out;
use super::{Context, WorkflowError};
use crate::progress::Stage;
use crate::reducers::{ReduceError, Tsne, TsneLayout};

/// The map of `x`, shape `[n_images, n_features]`, by t-SNE; `None`, with a warning, where it does not fit in memory.
///
/// # Errors
/// When `x` has no images or features, or numbers that are not finite.
pub(crate) fn t_sne(
    recipe: &Tsne,
    x: ArrayView2<'_, f32>,
    seed: u64,
    context: &Context<'_>,
) -> Result<Option<TsneLayout>, WorkflowError> {
    let _stage = context.observer.stage(Stage::Layout, recipe.n_iter.get());
    match recipe.layout_within(context.memory, x, seed, context.observer) {
        Err(ReduceError::Memory(why)) => Ok(or_left_out("tsne", Err(why), context.observer)),
        layout => Ok(Some(layout?)),
    }
}
