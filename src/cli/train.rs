//! `rails train`

use std::path::{Path, PathBuf};

use super::arguments::{ComputingArguments, RecipeArguments, print_config};
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, TrainOptions, sweep, train};
use crate::progress::{Event, Note, Observer};
use crate::recipes::{TrainRecipe, load_sweep};
use crate::workflow::LabelSources;

/// Learn a classifier from labelled images
///
/// LABELLED is any number of curated runs, folders with one subfolder per class, or tables with the columns path (or
/// filename, or id) and class (or label). The result is a run folder with scores and plots, and a checkpoint that
/// `rails predict` uses. With `--sweep` many recipes are cross-validated instead and the best is named.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where the labels are; without it the newest run with clusters
    labelled: Vec<PathBuf>,
    #[command(flatten)]
    recipe: RecipeArguments,
    /// The folder of images a label table speaks of; without it the recipe's, else the table's own
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Go on with an interrupted fine-tuning of the same recipe and images
    #[arg(long)]
    resume: bool,
    /// Try every combination of the alternatives in this recipe's `[sweep]` by cross-validation, and train nothing
    #[arg(long, value_name = "RECIPE.toml", conflicts_with_all = ["config", "resume"])]
    sweep: Option<PathBuf>,
    #[command(flatten)]
    computing: ComputingArguments,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        if let Some(path) = &self.sweep {
            return self.sweep(path, global, observer);
        }
        let recipe: TrainRecipe = self.recipe.load(None)?;
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        if recipe.sweep.is_some() {
            observer.on(Event::Note(&Note::SweepIgnored));
        }
        let options = TrainOptions { source: self.sources(), resume: self.resume };
        let workspace = self.computing.workspace();
        let context = self.computing.context(global, &workspace, observer)?;
        let summary = train(&recipe, &options, &context)?;
        global.print(&summary, render::train)?;
        Ok(CommandOutcome::of_skips(summary.findings.n_skipped))
    }

    fn sweep(&self, path: &Path, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let (mut recipe, variants) = load_sweep(path, &self.recipe.settings)?;
        if let Some(name) = &self.recipe.name {
            recipe.name.clone_from(name);
        }
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        let workspace = self.computing.workspace();
        let context = self.computing.context(global, &workspace, observer)?;
        let summary = sweep(&recipe, &variants, &self.sources(), &context)?;
        global.print(&summary, |summary| render::sweep(summary, &self.training_with(path)))?;
        Ok(CommandOutcome::of_skips(summary.findings.n_skipped))
    }

    fn sources(&self) -> LabelSources {
        LabelSources { labelled: self.labelled.clone(), images: self.images.clone() }
    }

    /// The command line that trains one recipe of a sweep, up to its own settings.
    fn training_with(&self, recipe: &Path) -> String {
        let path = |path: &Path| path.display().to_string();
        let labelled = self.labelled.iter().map(|labelled| path(labelled));
        let images = self.images.iter().flat_map(|images| ["--images".to_owned(), path(images)]);
        let settings = self.recipe.settings.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]);
        let config = ["--config".to_owned(), path(recipe)];
        let arguments = labelled.chain(images).chain(config).chain(settings).map(|argument| render::quoted(&argument));
        ["rails".to_owned(), "train".to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
    }
}
