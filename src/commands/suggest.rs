//! What to look at next, without the page, and how far the labels of a run are to be trusted.

use std::path::Path;

use serde::Serialize;

use super::curate::{Trust, keep_least_confidence, least_confidence, write_tables};
use super::run_features::run_features;
use super::{CommandError, Curator, Workspace};
use crate::curation::{Opinion, REVIEW, Reviewer, Source, Suggestion, review_clusters};
use crate::data::{Fraction, ImageId};
use crate::progress::{Observer, Warning};

/// A suggestion as `rails curate --suggest` prints it: its clusters are those of `method`, its rows are `images`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggested {
    #[serde(flatten)]
    suggestion: Suggestion,
    /// What decisions on the clusters have to name.
    method: &'static str,
    /// Paths of the images, in the order to look at them.
    images: Vec<String>,
}

/// The first `n` suggestions for the run meant by `run`, as the review page has them.
///
/// # Errors
/// When there is no such run, or its features cannot be had any more.
pub fn suggest(
    run: Option<&Path>,
    n: usize,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<Vec<Suggested>, CommandError> {
    let mut curator = Curator::open(run, workspace)?;
    let opinion = opinion(&mut curator, workspace, observer)?;
    let rows = &curator.table().rows;
    let suggested = |suggestion: &Suggestion| Suggested {
        suggestion: suggestion.clone(),
        method: REVIEW,
        images: suggestion.rows.iter().map(|&row| rows[row].path.clone()).collect(),
    };
    Ok(opinion.next(n).iter().map(suggested).collect())
}

/// Keeps with the run how sure the class of an image nobody decided on has to be for labels.csv; `None`: it is not in it.
///
/// # Errors
/// When the disk refuses.
pub fn propagate(run: Option<&Path>, least: Option<Fraction>, workspace: &Workspace) -> Result<(), CommandError> {
    keep_least_confidence(Curator::open(run, workspace)?.folder(), least)
}

/// Brings labels.csv up to the log, each label weighted by how far the others confirm it. Where the features of the run
/// cannot be had any more, which is told as a warning, labels of named clusters count fully.
///
/// # Errors
/// When the table cannot be written.
pub fn weigh(run: Option<&Path>, workspace: &Workspace, observer: &dyn Observer) -> Result<(), CommandError> {
    let mut curator = Curator::open(run, workspace)?;
    let state = curator.state();
    let guesses = least_confidence(curator.folder())?.is_some();
    let sure = state.labels.values().all(|label| label.source != Source::NamedCluster);
    let trust = if state.labels.is_empty() || (sure && !guesses) {
        Trust::default()
    } else {
        match opinion(&mut curator, workspace, observer) {
            Ok(opinion) => Trust::of(&opinion, &curator.table().rows, &state),
            Err(error) => {
                observer.warn(&Warning::LabelsNotWeighted { reason: error.to_string() });
                Trust::default()
            }
        }
    };
    write_tables(curator.folder(), curator.table(), &state, &trust)
}

fn opinion(curator: &mut Curator, workspace: &Workspace, observer: &dyn Observer) -> Result<Opinion, CommandError> {
    let run = curator.run();
    let x = run_features(curator.folder(), run, curator.table(), run.device, workspace, observer)?;
    if !curator.table().clusterings.contains_key(REVIEW) {
        let clustering = review_clusters(x.view(), curator.run().seed);
        curator.add_review(clustering)?;
    }
    let ids: Vec<ImageId> = curator.table().rows.iter().map(|row| row.id).collect();
    let state = curator.state();
    let found = &curator.table().clusterings[REVIEW];
    let clusters = state.clusters_now(curator.name(), REVIEW, found, ids.iter().copied());
    Ok(Reviewer::new(x, ids).opinion(&state, &clusters))
}
