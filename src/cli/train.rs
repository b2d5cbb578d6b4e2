//! `rails train`

use std::path::PathBuf;

use super::{Global, Outcome, RecipeArguments, progress::Terminal, render};
use crate::commands::{CommandError, train};
use crate::runs::{TrainRecipe, load, to_toml};

/// Learn a classifier from labelled images
///
/// LABELLED is any number of curated runs, folders with one subfolder per class, or tables with the columns path (or
/// filename, or id) and class (or label). The result is a run folder with scores and plots, and a checkpoint that
/// `rails predict` uses.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where the labels are; without it the newest cluster run
    labelled: Vec<PathBuf>,
    #[command(flatten)]
    recipe: RecipeArguments,
    /// The folder of images a label table speaks of; without it the recipe's, else the table's own
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Go on with an interrupted fine-tuning of the same recipe and images
    #[arg(long)]
    resume: bool,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<Outcome, CommandError> {
        let mut recipe: TrainRecipe = load(self.recipe.config.as_deref(), &self.recipe.settings)?;
        if let Some(name) = &self.recipe.name {
            recipe.name.clone_from(name);
        }
        if self.recipe.print_config {
            render::out(&to_toml(&recipe).map_err(|error| CommandError::Usage(error.to_string()))?)?;
            return Ok(Outcome::Done);
        }
        let workspace = global.workspace();
        let summary =
            train(&recipe, &self.labelled, self.images.as_deref(), self.resume, global.device(), &workspace, observer)?;
        global.print(&summary, render::train)?;
        Ok(Outcome::of_skips(summary.n_skipped))
    }
}
