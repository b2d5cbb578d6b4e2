//! `rails predict`

use std::path::PathBuf;

use super::arguments::ComputingArguments;
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, PredictOptions, PredictionsFile, TableFormat, predict, predictions_text};
use crate::data::Fraction;
use crate::runs::Placement;

/// Tell the class of new images
///
/// Prints a table of path, class, confidence, novelty and the probability of every class, or writes it to --output.
/// Novelty tells how unlike all training images an image is: 0.97 is more so than 97 % of the known images. Above the
/// checkpoint's threshold the image is `unknown`, as novel, unless its features lie among the training images; below its threshold of confidence it is `unknown`, as unsure.
/// The column `unknown_because` says which.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("folders").args(["keep_into", "sort_into"]).multiple(true)))]
pub(super) struct Arguments {
    /// Folders of images, or images
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// The checkpoint folder; without it the newest under checkpoints/
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,
    /// Write the table here: .csv, .jsonl or .parquet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// List only images of this class
    #[arg(long, value_name = "CLASS")]
    keep: Option<String>,
    /// Write the images of that class here too, files of frames with these frames only
    #[arg(long, value_name = "DIR", requires = "keep")]
    keep_into: Option<PathBuf>,
    /// Sort the images into one folder per class here, unknown ones into unknown/novel and unknown/unsure
    #[arg(long, value_name = "DIR")]
    sort_into: Option<PathBuf>,
    /// Copy images into these folders instead of linking them
    #[arg(long, requires = "folders")]
    copy: bool,
    /// Call an image `unknown` below this confidence, from 0 to 1, instead of the checkpoint's
    #[arg(long, value_name = "P", value_parser = parse_fraction)]
    min_confidence: Option<Fraction>,
    /// Give every image its most likely class, also what resembles nothing that was learned or lies between classes
    #[arg(long)]
    keep_all: bool,
    /// Name the N nearest training images of each image, with their class and distance
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    explain: usize,
    #[command(flatten)]
    computing: ComputingArguments,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let file = |path: &PathBuf| TableFormat::of(path).map(|format| PredictionsFile { path: path.clone(), format });
        let output = self.output.as_ref().map(file).transpose()?;
        let options = PredictOptions {
            checkpoint: self.checkpoint.clone(),
            min_confidence: self.min_confidence,
            keep_all: self.keep_all,
            explain: self.explain,
            keep: self.keep.clone(),
            keep_into: self.keep_into.clone(),
            sort_into: self.sort_into.clone(),
            placement: if self.copy { Placement::Copy } else { Placement::Link },
            output,
        };
        let workspace = self.computing.workspace();
        let context = self.computing.context(global, &workspace, observer)?;
        let summary = predict(&self.images, &options, &context)?;
        if self.output.is_some() {
            global.print(&summary, render::predict)?;
        } else {
            let format = if global.json { TableFormat::JsonLines } else { TableFormat::Csv };
            render::data(&predictions_text(format, &summary)?)?;
            render::note(global.verbosity(), &render::predict(&summary));
        }
        Ok(CommandOutcome::of_skips(summary.skipped.len()))
    }
}

fn parse_fraction(text: &str) -> Result<Fraction, String> {
    let number: f64 = text.parse().map_err(|_| format!("expected a number from 0 to 1, got `{text}`"))?;
    Fraction::try_from(number).map_err(|error| error.to_string())
}
