//! `labels.csv` and `removed.csv`: what the decisions come to, for other programs.
//!
//! Whoever writes them, the command line or the page, asks the run which predicted labels people want in there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::propagation::least_confidence;
use crate::atomic_file;
use crate::curation::{Curation, LabelSource, Predictions};
use crate::runs::{ImageRow, ImagesTable};
use crate::workflow::WorkflowError;

/// Training weights of labels that nobody gave to the very image. By default all are 1, and none is predicted.
#[derive(Debug, Clone, Default)]
pub(crate) struct LabelWeights {
    /// Per row the weight of a label that nobody gave to this very image; no rows: all count fully.
    weights: Vec<f32>,
    /// By row, for those nobody decided on: the class they probably show, and how probably, in `0.0..=1.0`.
    predicted: BTreeMap<usize, (String, f32)>,
}

/// A label never counts for nothing: a class with doubtful labels alone is still a class.
const LEAST: f32 = 0.001;

impl LabelWeights {
    /// From the `predictions` for the images `rows`, given the decisions of `state`.
    pub fn of(predictions: &Predictions, rows: &[ImageRow], state: &Curation) -> Self {
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
    let wanted = |confidence: f32| least.is_some_and(|least| f64::from(confidence) >= least);
    let mut labels = csv::Writer::from_writer(Vec::new());
    let mut removed = csv::Writer::from_writer(Vec::new());
    let in_memory = |error: csv::Error| WorkflowError::failed(error.to_string(), "report this as a bug");
    labels.write_record(["id", "path", "class", "source", "weight"]).map_err(in_memory)?;
    removed.write_record(["id", "path", "reason", "by", "at"]).map_err(in_memory)?;
    for (index, row) in table.rows.iter().enumerate() {
        let id = row.id.to_string();
        if let Some(label) = state.labels.get(&row.id) {
            let weight = weights.weight(index, label.source);
            let record = [&id, &row.path, &label.class, label.source.name(), &weight];
            labels.write_record(record).map_err(in_memory)?;
        } else if let Some((class, _)) = weights.predicted.get(&index).filter(|(_, confidence)| wanted(*confidence)) {
            let weight = weights.weight(index, LabelSource::Propagated);
            labels.write_record([&id, &row.path, class, LabelSource::Propagated.name(), &weight]).map_err(in_memory)?;
        }
        if let Some(why) = state.removed.get(&row.id) {
            removed.write_record([&id, &row.path, &why.reason, &why.by, &why.at]).map_err(in_memory)?;
        }
    }
    for (name, writer) in [("labels.csv", labels), ("removed.csv", removed)] {
        let path = folder.join("curation").join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(WorkflowError::at(folder))?;
        }
        let bytes = writer.into_inner().map_err(|error| in_memory(error.into_error().into()))?;
        atomic_file::write(&path, &bytes).map_err(WorkflowError::at(&path))?;
    }
    Ok(())
}
