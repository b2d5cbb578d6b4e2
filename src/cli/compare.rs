//! `rails compare`

use std::path::PathBuf;

use super::{Global, Outcome, progress::Terminal, render};
use crate::commands::{CommandError, compare};

/// Put results side by side
///
/// A table of all metrics, the best of each marked with *, then the settings that differ, and a bar chart.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// results.json files, or folders of runs or checkpoints; without any, every run
    results: Vec<PathBuf>,
    /// Where the bar chart goes
    #[arg(long, value_name = "FILE.png", default_value = "experiments/compare.png")]
    plot: PathBuf,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, _: &Terminal) -> Result<Outcome, CommandError> {
        let compared = compare(&self.results, &self.plot, &global.workspace())?;
        global.print(&compared, render::compare)?;
        Ok(Outcome::Done)
    }
}
