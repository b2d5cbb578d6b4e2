//! `rails curate --suggest`, `--propagate` and `--no-propagate`.

use std::path::Path;

use crate::cli::render;
use crate::commands::{CommandError, propagate, suggest};
use crate::data::Fraction;
use crate::workflow::{Context, weigh};

/// Suggestions to show, and labels to write.
#[derive(Debug, clap::Args)]
pub(super) struct LabelArguments {
    /// Print the next N things worth deciding, one JSON object a line: what the review page shows first
    #[arg(long, value_name = "N", conflicts_with_all = ["export", "status"])]
    suggest: Option<usize>,
    /// From now on labels.csv also holds the images nobody decided on, with the class they probably show, where that is
    /// at least P sure (from 0 to 1); their weight is a third of it
    #[arg(long, value_name = "P", value_parser = share)]
    propagate: Option<Fraction>,
    /// From now on labels.csv holds only images that were decided on, which is the default
    #[arg(long, conflicts_with = "propagate")]
    no_propagate: bool,
}

impl LabelArguments {
    /// Whether any of them was given.
    pub(super) fn asked(&self) -> bool {
        self.suggest.is_some() || self.propagate.is_some() || self.no_propagate
    }

    /// Weighs the labels where decisions came in or the choice of labels changed; says whether suggestions were
    /// printed, which are all that stdout is to hold.
    pub(super) fn run(&self, run: Option<&Path>, came_in: bool, context: &Context<'_>) -> Result<bool, CommandError> {
        let chosen = self.propagate.is_some() || self.no_propagate;
        if chosen {
            propagate(run, self.propagate, context.workspace)?;
        }
        if chosen || came_in {
            weigh(run, context)?;
        }
        let Some(n) = self.suggest else { return Ok(false) };
        for suggested in suggest(run, n, context)? {
            let line = serde_json::to_string(&suggested)?;
            render::out(&(line + "\n"))?;
        }
        Ok(true)
    }
}

fn share(text: &str) -> Result<Fraction, String> {
    let number: f64 = text.parse().map_err(|_| format!("expected a number from 0 to 1, got `{text}`"))?;
    Fraction::try_from(number).map_err(|error| error.to_string())
}
