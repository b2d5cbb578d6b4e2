//! `rails patches`

use std::path::PathBuf;

use super::arguments::{RecipeArguments, print_config};
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, patches};
use crate::recipes::PatchesRecipe;
use crate::workflow::Workspace;

/// Slice large images and group their patches
///
/// Measures a few statistics of every patch and groups patches that are alike: a map of what lies where in each image.
/// `rails explore` shows at once what settings do.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A folder of images; without it the recipe's, else the only one under datasets/
    images: Option<PathBuf>,
    #[command(flatten)]
    recipe: RecipeArguments,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let recipe: PatchesRecipe = self.recipe.load(self.images.as_ref())?;
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        let workspace = Workspace::default();
        let context = global.context(&workspace, observer);
        let summary = patches(&recipe, &context)?;
        global.print(&summary, render::patches)?;
        let found = &summary.findings;
        Ok(CommandOutcome::of_skips(found.dataset.n_skipped + found.failed_methods.len()))
    }
}
