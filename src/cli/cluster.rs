//! `rails cluster`

use std::path::PathBuf;

use super::arguments::{ComputingArguments, CopyArgument, RecipeArguments, SilhouetteArguments, print_config};
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{ClusterOptions, CommandError, cluster};
use crate::recipes::ClusterRecipe;

/// Group images that look alike
///
/// Runs every image through a network, reduces the features and groups them. The result is a folder under
/// experiments/runs/ with images.csv, plots, and one folder of images per cluster.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A folder of images; without it the recipe's, else the only one under datasets/
    images: Option<PathBuf>,
    #[command(flatten)]
    recipe: RecipeArguments,
    /// A table of true classes, read after clustering, to measure how well the clusters meet them
    #[arg(long, value_name = "TABLE.csv")]
    truth: Option<PathBuf>,
    #[command(flatten)]
    silhouettes: SilhouetteArguments,
    #[command(flatten)]
    copy: CopyArgument,
    #[command(flatten)]
    computing: ComputingArguments,
    /// Moved to `rails assign`
    #[arg(long, value_name = "RUN", hide = true)]
    assign: Option<PathBuf>,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        if let Some(run) = &self.assign {
            let images = self.images.as_ref().map_or_else(|| "NEW".to_owned(), |images| images.display().to_string());
            let text = format!("`--assign` is a command of its own: `rails assign {images} {}`", run.display());
            return Err(CommandError::usage(text));
        }
        let recipe: ClusterRecipe = self.recipe.load(self.images.as_ref())?;
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        let options = ClusterOptions {
            truth: self.truth.clone(),
            silhouettes: self.silhouettes.time(),
            placement: self.copy.placement(),
        };
        let workspace = self.computing.workspace();
        let context = self.computing.context(global, &workspace, observer)?;
        let summary = cluster(&recipe, &options, &context)?;
        global.print(&summary, render::cluster)?;
        let found = &summary.findings;
        Ok(CommandOutcome::of_skips(found.dataset.n_skipped + found.failed_methods.len()))
    }
}
