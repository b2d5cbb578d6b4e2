//! `rails cluster`

use std::path::PathBuf;
use std::time::Duration;

use super::{Global, Outcome, RecipeArguments, print_config, progress::Terminal, render};
use crate::commands::{ClusterOptions, CommandError, SearchOptions, assign, cluster, patches, search, separate};
use crate::runs::Placement;

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
    /// Place the images into the clusters of this earlier run instead of clustering them
    #[arg(long, value_name = "RUN", conflicts_with = "truth")]
    assign: Option<PathBuf>,
    /// A table of true classes, read after clustering, to measure how well the clusters meet them
    #[arg(long, value_name = "TABLE.csv")]
    truth: Option<PathBuf>,
    /// Exact silhouettes may take this many seconds; beyond it they are measured on a stated sample
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    max_time: u64,
    /// Exact silhouettes may take this many GiB of memory; beyond it likewise
    #[arg(long, value_name = "GIB", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1024))]
    max_memory: u64,
    /// Copy images into the cluster folders instead of linking them
    #[arg(long)]
    copy: bool,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<Outcome, CommandError> {
        let recipe = self.recipe.cluster(self.images.as_ref())?;
        if self.recipe.print_config {
            return print_config(&recipe);
        }
        let workspace = global.workspace();
        let context = global.context(&workspace, observer)?;
        let placement = if self.copy { Placement::Copy } else { Placement::Link };
        let (max_time, max_memory) = (Duration::from_secs(self.max_time), self.max_memory << 30);
        if let Some(run) = &self.assign {
            let summary = assign(&recipe, run, placement, &context)?;
            global.print(&summary, render::assign)?;
            return Ok(Outcome::of_skips(summary.findings.dataset.n_skipped));
        }
        if let Some(combinations) = &recipe.grid {
            let options = SearchOptions { truth: self.truth.clone(), max_time, max_memory };
            let summary = search(&recipe, combinations, &options, &context)?;
            global.print(&summary, render::search)?;
            return Ok(Outcome::of_skips(summary.findings.dataset.n_skipped));
        }
        if let Some(slices) = &recipe.patches {
            let summary = patches(&recipe, slices, &context)?;
            global.print(&summary, render::patches)?;
            return Ok(Outcome::of_skips(summary.findings.dataset.n_skipped));
        }
        if let Some(layers) = &recipe.separate {
            let summary = separate(&recipe, layers, placement, &context)?;
            global.print(&summary, render::separate)?;
            return Ok(Outcome::of_skips(summary.findings.dataset.n_skipped));
        }
        let options = ClusterOptions { truth: self.truth.clone(), max_time, max_memory, placement };
        let summary = cluster(&recipe, &options, &context)?;
        global.print(&summary, render::cluster)?;
        Ok(Outcome::of_skips(summary.findings.dataset.n_skipped))
    }
}
