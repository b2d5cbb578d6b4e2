//! `labels.csv` and `removed.csv`: labels and removals after all decisions, for other programs.
//!
//! The command line and the page both ask the run which predicted labels belong in there.

use std::collections::BTreeMap;
use std::path::Path;

use super::curation_folder;
use super::propagation::least_confidence;
use crate::curation::{Curation, LabelPredictions, LabelSource};
use crate::files::labels_csv::{self, LabelRow};
use crate::files::removed_csv::{self, RemovedRow};
use crate::files::{ImageRow, ImagesTable};
use crate::workflow::WorkflowError;

/// Training weights of labels that nobody gave to the very image. By default all are 1, and none is predicted.
#[derive(Debug, Clone, Default)]
pub(crate) struct LabelWeights {
    /// Per row the weight of a label that nobody gave to this very image; no rows: all count fully.
    weights: Vec<f32>,
    /// By row, for those nobody decided on: the class they probably show, and how probably, in `0.0..=1.0`.
    predicted: BTreeMap<usize, (String, f32)>,
}

/// A label never counts for nothing: a class whose labels are all likely wrong is still a class.
const LEAST: f32 = 0.001;

impl LabelWeights {
    /// From the `predictions` for the images `rows`, given the decisions of `state`.
    pub fn of(predictions: &LabelPredictions, rows: &[ImageRow], state: &Curation) -> Self {
        let open = |row: usize| !state.labels.contains_key(&rows[row].id) && !state.removed.contains_key(&rows[row].id);
        let predicted = |row: usize| {
            let prediction = predictions.rows[row];
            Some((row, (predictions.classes[prediction.class?].clone(), prediction.confidence)))
        };
        Self {
            weights: (0..rows.len()).map(|row| predictions.weight(row, LabelSource::NamedCluster)).collect(),
            predicted: (0..rows.len()).filter(|&row| open(row)).filter_map(predicted).collect(),
        }
    }

    /// The weight of the label of `row`, as labels.csv writes it.
    fn weight(&self, row: usize, source: LabelSource) -> String {
        match (source, self.weights.get(row)) {
            (LabelSource::NamedCluster | LabelSource::Propagated, Some(weight)) => format!("{:.3}", weight.max(LEAST)),
            _ => "1".to_owned(),
        }
    }

    /// The row of labels.csv of image `row`, where it has one: its label, else the class predicted for it where that is
    /// at least `least` sure.
    fn label_row<'a>(
        &'a self,
        index: usize,
        row: &'a ImageRow,
        state: &'a Curation,
        least: Option<f64>,
    ) -> Option<LabelRow<'a>> {
        let (class, source) = if let Some(label) = state.labels.get(&row.id) {
            (label.class.as_str(), label.source)
        } else {
            let (class, confidence) = self.predicted.get(&index)?;
            let sure = least.is_some_and(|least| f64::from(*confidence) >= least);
            (sure.then_some(class.as_str())?, LabelSource::Propagated)
        };
        let weight = self.weight(index, source);
        Some(LabelRow { id: row.id, path: &row.path, class, source: source.name(), weight })
    }
}

fn removed_row<'a>(row: &'a ImageRow, state: &'a Curation) -> Option<RemovedRow<'a>> {
    let why = state.removed.get(&row.id)?;
    Some(RemovedRow { id: row.id, path: &row.path, reason: &why.reason, by: &why.by, at: &why.at })
}

/// Writes both under `folder`'s `curation/`, each whole or not at all.
///
/// # Errors
/// When the disk refuses, or the choice of predicted labels cannot be read.
pub(crate) fn write_tables(
    folder: &Path,
    table: &ImagesTable,
    state: &Curation,
    weights: &LabelWeights,
) -> Result<(), WorkflowError> {
    let least = least_confidence(folder)?;
    let curation = curation_folder(folder)?;
    let rows = table.rows.iter().enumerate();
    let labels = rows.filter_map(|(index, row)| weights.label_row(index, row, state, least));
    labels_csv::write(&curation.join(labels_csv::FILE), labels)?;
    let removed = table.rows.iter().filter_map(|row| removed_row(row, state));
    removed_csv::write(&curation.join(removed_csv::FILE), removed)?;
    Ok(())
}
