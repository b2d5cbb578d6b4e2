//! `rails explore`

use std::path::PathBuf;

use super::arguments::{RecipeArguments, print_config};
use super::{CommandOutcome, Global, curate::ServedPage, progress::Terminal};
use crate::commands::{CommandError, Explorer};
use crate::recipes::PatchesRecipe;
use crate::server::Listen;
use crate::workflow::Workspace;

/// Try settings on large images and see the clusters of their patches at once
///
/// Serves a page on 127.0.0.1 with sliders for patches, clusters and opacity, and checkboxes for the statistics. "Save
/// as recipe" writes experiments/<NAME>.toml for `rails patches`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A folder of images; without it the recipe's, else the only one under datasets/
    images: Option<PathBuf>,
    #[command(flatten)]
    recipe: RecipeArguments,
    /// The port of the page; without it a free one
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let recipe: PatchesRecipe = self.recipe.load(self.images.as_ref())?;
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        let listen = Listen { port: self.port, ..Listen::default() };
        let workspace = Workspace::default();
        let context = global.context(&workspace, observer);
        let explorer = Explorer::open(&recipe, listen, &context)?;
        observer.clear();
        let page = ServedPage { url: explorer.url(), port: explorer.port(), exposure: None };
        global.print(&page, |page| page.text("Explore page", "Ctrl-C ends it."))?;
        explorer.serve()?;
        Ok(CommandOutcome::Done)
    }
}
