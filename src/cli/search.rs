//! `rails search`

use std::path::PathBuf;

use super::arguments::{ComputingArguments, RecipeArguments, SilhouetteArguments, print_config};
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, SearchOptions, search};
use crate::recipes::SearchRecipe;

/// Try networks, layers and enhancements against each other
///
/// Clusters the images once per combination and number of clusters and ranks all of them. Prints what to add to
/// `rails cluster` to get the best one.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A folder of images; without it the recipe's, else the only one under datasets/
    images: Option<PathBuf>,
    #[command(flatten)]
    recipe: RecipeArguments,
    /// A table of true classes, to measure how well the clusters of each combination meet them
    #[arg(long, value_name = "TABLE.csv")]
    truth: Option<PathBuf>,
    #[command(flatten)]
    silhouettes: SilhouetteArguments,
    #[command(flatten)]
    computing: ComputingArguments,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let recipe: SearchRecipe = self.recipe.load(self.images.as_ref())?;
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        let options = SearchOptions { truth: self.truth.clone(), silhouettes: self.silhouettes.time() };
        let workspace = self.computing.workspace();
        let context = self.computing.context(global, &workspace, observer)?;
        let summary = search(&recipe, &options, &context)?;
        global.print(&summary, render::search)?;
        Ok(CommandOutcome::of_skips(summary.findings.dataset.n_skipped))
    }
}
