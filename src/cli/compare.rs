//! `rails compare`

use std::path::PathBuf;

use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, compare};
use crate::workflow::Workspace;

/// Put results side by side
///
/// A table of all metrics, the best of each marked with *, then the settings that differ, a bar chart and a page. Two
/// runs that judged images (`rails train`, `rails evaluate`, or checkpoints) are also compared image by image: what the
/// second fixes and breaks, whether that is more than chance, and a table of the images beside the page.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Runs or checkpoints, by name or folder, or results.json files; without any, every run
    results: Vec<PathBuf>,
    /// Where the bar chart goes
    #[arg(long, value_name = "FILE.png", default_value = "experiments/compare.png")]
    plot: PathBuf,
    /// Where the page goes; without it beside the bar chart
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let compared = compare(&self.results, &self.plot, self.html.as_deref(), &Workspace::default(), observer)?;
        global.print(&compared, render::compare)?;
        Ok(CommandOutcome::Done)
    }
}
