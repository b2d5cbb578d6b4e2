//! Active learning without the page: which images to look at next.

use std::path::Path;

use serde::Serialize;

use super::CommandError;
use crate::curation::{REVIEW, Suggestion};
use crate::data::Fraction;
use crate::workflow::labelling::{Curator, keep_least_confidence, predictions};
use crate::workflow::{Context, Workspace};

/// A suggestion as `rails curate --suggest` prints it: its clusters are those of `method`, its rows are `images`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggested {
    #[serde(flatten)]
    suggestion: Suggestion,
    /// The clustering that decisions on its clusters have to name.
    method: &'static str,
    /// Paths of the images, in the order to look at them.
    images: Vec<String>,
}

/// The first `n` suggestions for the run meant by `run`, as the review page has them.
///
/// # Errors
/// When there is no such run, or its features cannot be had any more.
pub fn suggest(run: Option<&Path>, n: usize, context: &Context<'_>) -> Result<Vec<Suggested>, CommandError> {
    let mut curator = Curator::open(run, context.workspace)?;
    let predictions = predictions(&mut curator, context)?;
    let rows = &curator.table().rows;
    let suggested = |suggestion: &Suggestion| Suggested {
        suggestion: suggestion.clone(),
        method: REVIEW,
        images: suggestion.rows.iter().map(|&row| rows[row].path.clone()).collect(),
    };
    Ok(predictions.next(n).iter().map(suggested).collect())
}

/// Keeps with the run how sure the class of an image nobody decided on has to be for labels.csv; `None`: it is not in
/// it.
///
/// # Errors
/// When the disk refuses.
pub fn propagate(run: Option<&Path>, least: Option<Fraction>, workspace: &Workspace) -> Result<(), CommandError> {
    Ok(keep_least_confidence(Curator::open(run, workspace)?.folder(), least)?)
}
