//! `rails evaluate`

use std::path::PathBuf;

use super::arguments::ComputingArguments;
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, EvaluateOptions, evaluate};
use crate::images::NamingTemplate;

/// Judge a classifier by images whose class is known
///
/// Writes a run folder with all scores and their 95 % intervals, the confusion matrix, tables per class and per field
/// of the file names, how far confidences can be trusted, which images are called unknown, the most confident errors
/// and where the network looked: as CSV, PNG and one report.html.
#[derive(Debug, clap::Args)]
#[command(allow_missing_positional = true)]
pub(super) struct Arguments {
    /// The checkpoint folder; without it the newest under checkpoints/
    checkpoint: Option<PathBuf>,
    /// The folder of images
    images: PathBuf,
    /// True classes: a table with path (or filename, or id) and class, or a curated run; without it the names
    /// of the folders they lie in
    #[arg(long, value_name = "TABLE.csv")]
    truth: Option<PathBuf>,
    /// How file names are built, such as `{sensor}_{sid}_{name}`, for tables by field
    #[arg(long, value_name = "TEMPLATE")]
    naming: Option<NamingTemplate>,
    /// Where the results go; without it a new folder under experiments/runs/
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Name of the run, instead of the checkpoint's
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    computing: ComputingArguments,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let options = EvaluateOptions {
            checkpoint: self.checkpoint.clone(),
            images: self.images.clone(),
            truth: self.truth.clone(),
            naming: self.naming.clone(),
            output: self.output.clone(),
            name: self.name.clone(),
        };
        let workspace = self.computing.workspace();
        let context = self.computing.context(global, &workspace, observer)?;
        let summary = evaluate(&options, &context)?;
        global.print(&summary, render::evaluate)?;
        Ok(CommandOutcome::of_skips(summary.findings.n_skipped))
    }
}
