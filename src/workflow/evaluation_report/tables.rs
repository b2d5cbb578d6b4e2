//! The tables of an evaluation, as CSV files.

use std::fs;
use std::path::Path;

use csv::Writer;

use crate::evaluation::{Evaluation, LabelledPredictions, NovelImages, Rejection};
use crate::metrics::RiskAtCoverage;
use crate::runs::{RunDir, TableError};
use crate::workflow::{WorkflowError, predictions_csv};

/// Writes `predictions.csv`, `confusion_matrix.csv`, `confusion_matrix_percent.csv`, `per_class.csv` and, where file
/// names have fields, `fields.csv`.
pub(super) fn write(
    run: &RunDir,
    labelled: &LabelledPredictions<'_>,
    novel: &NovelImages,
    evaluation: &Evaluation,
) -> Result<(), WorkflowError> {
    predictions_csv::write(&run.file(predictions_csv::FILE)?, labelled, novel)?;
    let texts = [
        ("confusion_matrix.csv", evaluation.confusion.to_csv()),
        ("confusion_matrix_percent.csv", evaluation.confusion.row_percent_csv()),
    ];
    for (name, text) in texts {
        let path = run.file(name)?;
        fs::write(&path, text).map_err(WorkflowError::at(&path))?;
    }
    let (header, rows) = per_class(labelled.classes, evaluation);
    write_rows(&run.file("per_class.csv")?, &header, rows)?;
    if !evaluation.fields.is_empty() {
        let header = ["field", "value", "images", "right", "accuracy", "low", "high"].map(str::to_owned);
        let rows = evaluation.fields.iter().flat_map(|(field, rows)| {
            rows.iter().map(move |row| {
                let numbers =
                    [Some(row.accuracy()), row.interval.map(|i| i.low), row.interval.map(|i| i.high)].map(cell);
                let start = [field.clone(), row.value.clone(), row.images.to_string(), row.right.to_string()];
                start.into_iter().chain(numbers).collect()
            })
        });
        write_rows(&run.file("fields.csv")?, &header, rows)?;
    }
    Ok(())
}

/// Risk over coverage where the most novel images are rejected first: `coverage, risk, novelty`, the last being the score
/// up to which images keep their class.
pub(super) fn write_risk_coverage(path: &Path, rejection: &Rejection) -> Result<(), WorkflowError> {
    let header = ["coverage", "risk", "novelty"].map(str::to_owned);
    let row = |point: &RiskAtCoverage| [point.coverage, point.risk, point.threshold].map(|number| number.to_string());
    write_rows(path, &header, rejection.by_novelty.points.iter().map(|point| row(point).to_vec()))
}

/// Head and rows of the table of classes.
pub(super) fn per_class(classes: &[String], evaluation: &Evaluation) -> (Vec<String>, Vec<Vec<String>>) {
    let header = ["class", "precision", "recall", "f1", "images", "roc_auc", "average_precision"];
    let rows = classes.iter().zip(&evaluation.rankings).filter_map(|(class, ranking)| {
        let scores = evaluation.scores.per_class.get(class)?;
        let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(|value| cell(Some(value)));
        let [auc, ap] = [ranking.roc_auc(), ranking.average_precision()].map(cell);
        Some(vec![class.clone(), precision, recall, f1, scores.support.to_string(), auc, ap])
    });
    (header.map(str::to_owned).to_vec(), rows.collect())
}

/// Four decimals; empty where there is no value.
fn cell(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.4}")).unwrap_or_default()
}

fn write_rows(
    path: &Path,
    header: &[String],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<(), WorkflowError> {
    let failed = |source: csv::Error| TableError::Csv { path: path.to_owned(), source };
    let mut writer = Writer::from_path(path).map_err(failed)?;
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(&row).map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))?;
    Ok(())
}
