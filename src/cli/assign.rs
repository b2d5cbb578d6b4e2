//! `rails assign`

use std::path::PathBuf;

use super::arguments::{ComputingArguments, CopyArgument, RecipeArguments, print_config};
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, assign};
use crate::recipes::AssignRecipe;

/// Place new images into the clusters of an earlier run
///
/// Treats the images as the run treated its own and gives each to the nearest cluster of its first method; nothing is
/// clustered again. The result is a run folder with the same clusters.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A folder of new images
    new: PathBuf,
    /// The earlier run, by name or folder
    run: PathBuf,
    #[command(flatten)]
    recipe: RecipeArguments,
    #[command(flatten)]
    copy: CopyArgument,
    #[command(flatten)]
    computing: ComputingArguments,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let recipe: AssignRecipe = self.recipe.load(Some(&self.new))?;
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        let workspace = self.computing.workspace();
        let context = self.computing.context(global, &workspace, observer)?;
        let summary = assign(&recipe, &self.run, self.copy.placement(), &context)?;
        global.print(&summary, render::assign)?;
        Ok(CommandOutcome::of_skips(summary.findings.dataset.n_skipped))
    }
}
