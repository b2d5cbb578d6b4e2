//! `rails separate`

use std::path::PathBuf;

use super::arguments::{CacheArgument, CopyArgument, RecipeArguments, print_config};
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, separate};
use crate::recipes::SeparateRecipe;

/// Separate tiles one defect after another
///
/// Each layer of the recipe looks at some hand-made features of the tiles that the layers before left over, clusters
/// them and takes one cluster out; what is left is ranked from the most to the least inconsistent. `rails tile` makes
/// tiles.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A folder of tiles; without it the recipe's, else the only one under datasets/
    tiles: Option<PathBuf>,
    #[command(flatten)]
    recipe: RecipeArguments,
    #[command(flatten)]
    copy: CopyArgument,
    #[command(flatten)]
    cache: CacheArgument,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let recipe: SeparateRecipe = self.recipe.load(self.tiles.as_ref())?;
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        let workspace = self.cache.workspace();
        let context = global.context(&workspace, observer);
        let summary = separate(&recipe, self.copy.placement(), &context)?;
        global.print(&summary, render::separate)?;
        Ok(CommandOutcome::of_skips(summary.findings.dataset.n_skipped))
    }
}
