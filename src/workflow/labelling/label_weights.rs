//! Label weights: how much a label that nobody gave to this very image counts, by the labels around it.

use std::path::Path;

use super::Curator;
use super::label_tables::{LabelWeights, write_tables};
use super::propagation::least_confidence;
use crate::atomic_file;
use crate::curation::{LabelPredictions, LabelSource, REVIEW, SuggestionModel, review_clusters};
use crate::data::ImageId;
use crate::progress::Warning;
use crate::workflow::{Context, WorkflowError};

/// Brings labels.csv up to the log, each label weighted by how far the others confirm it. Where the features of the run
/// cannot be had any more, which gives a warning, labels of named clusters count fully.
///
/// # Errors
/// When the disk has no room or the table cannot be written.
pub fn weigh(run: Option<&Path>, context: &Context<'_>) -> Result<(), WorkflowError> {
    let mut curator = Curator::open(run, context.workspace)?;
    let state = curator.state();
    let predicted_wanted = least_confidence(curator.folder())?.is_some();
    let sure = state.labels.values().all(|label| label.source != LabelSource::NamedCluster);
    let weights = if state.labels.is_empty() || (sure && !predicted_wanted) {
        LabelWeights::default()
    } else {
        match predictions(&mut curator, context) {
            Ok(predictions) => LabelWeights::of(&predictions, &curator.table().rows, &state),
            // The tables would find no room either.
            Err(error) if atomic_file::is_full(&error) => return Err(error),
            Err(error) => {
                context.observer.warn(&Warning::LabelsNotWeighted { reason: error.with_causes() });
                LabelWeights::default()
            }
        }
    };
    write_tables(curator.folder(), curator.table(), &state, &weights)
}

/// The suggestion model's predictions for every image of the run, given the decisions so far.
///
/// # Errors
/// When the features of the run cannot be had any more.
pub(crate) fn predictions(curator: &mut Curator, context: &Context<'_>) -> Result<LabelPredictions, WorkflowError> {
    let x = curator.features(context)?;
    if !curator.table().clusterings.contains_key(REVIEW) {
        let clustering = review_clusters(x.view(), curator.run().seed);
        curator.add_review(clustering)?;
    }
    let ids: Vec<ImageId> = curator.table().rows.iter().map(|row| row.id).collect();
    let state = curator.state();
    let found = &curator.table().clusterings[REVIEW];
    let clusters = state.clusters_now(curator.name(), REVIEW, found, ids.iter().copied());
    Ok(SuggestionModel::new(x, ids).predict(&state, &clusters))
}
