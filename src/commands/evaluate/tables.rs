//! The tables of an evaluation, as CSV files.

use std::fs;
use std::path::Path;

use csv::Writer;

use super::judged::{Judged, JudgedImage};
use super::measured::Evaluation;
use super::strangers::Strangers;
use crate::commands::CommandError;
use crate::runs::{RunDir, TableError};
use crate::training::most_likely;

/// Writes `predictions.csv`, `confusion_matrix.csv`, `confusion_matrix_percent.csv`, `per_class.csv` and, where file
/// names have fields, `fields.csv`.
pub(super) fn write(
    run: &RunDir,
    judged: &Judged<'_>,
    strangers: &Strangers,
    evaluation: &Evaluation,
) -> Result<(), CommandError> {
    write_predictions(&run.file("predictions.csv")?, judged, strangers)?;
    let texts = [
        ("confusion_matrix.csv", evaluation.confusion.to_csv()),
        ("confusion_matrix_percent.csv", evaluation.confusion.row_percent_csv()),
    ];
    for (name, text) in texts {
        let path = run.file(name)?;
        fs::write(&path, text).map_err(CommandError::at(&path))?;
    }
    let (header, rows) = per_class(judged, evaluation);
    write_rows(&run.file("per_class.csv")?, &header, rows)?;
    if !evaluation.fields.is_empty() {
        let header = ["field", "value", "images", "right", "accuracy", "low", "high"].map(str::to_owned);
        let rows = evaluation.fields.iter().flat_map(|(field, rows)| {
            rows.iter().map(move |row| {
                let accuracy = row.right as f64 / row.images as f64;
                let numbers = [Some(accuracy), row.interval.map(|i| i.low), row.interval.map(|i| i.high)].map(cell);
                let start = [field.clone(), row.value.clone(), row.images.to_string(), row.right.to_string()];
                start.into_iter().chain(numbers).collect()
            })
        });
        write_rows(&run.file("fields.csv")?, &header, rows)?;
    }
    Ok(())
}

/// `id, path, truth, class, confidence, unfamiliarity, unknown, p_<class> …`: what `rails compare` reads. Unfamiliarity
/// and whether the image is `unknown` are left out where the classifier cannot say.
pub(in crate::commands) fn write_predictions(
    path: &Path,
    judged: &Judged<'_>,
    strangers: &Strangers,
) -> Result<(), CommandError> {
    let strangeness: Vec<_> = judged.strangeness.iter().chain(&strangers.strangeness).collect();
    let mut header = ["id", "path", "truth", "class", "confidence"].map(str::to_owned).to_vec();
    if !strangeness.is_empty() {
        header.extend(["unfamiliarity", "unknown"].map(str::to_owned));
    }
    header.extend(judged.classes.iter().map(|class| format!("p_{class}")));
    let truths = judged.truth.iter().map(|class| &judged.classes[class.0]).chain(&strangers.truth);
    let images = judged.images.iter().chain(&strangers.images);
    let likely = judged.predicted().into_iter().chain(most_likely(strangers.probabilities.view()));
    let rows = judged.probabilities.rows().into_iter().chain(strangers.probabilities.rows());
    let rows = images.zip(truths).zip(likely.zip(rows)).enumerate();
    let rows = rows.map(|(row, ((image, truth), (class, probabilities)))| {
        let JudgedImage { id, .. } = image;
        let mut cells = vec![id.to_string(), image.path(), truth.clone(), judged.classes[class.0].clone()];
        cells.push(probabilities[class.0].to_string());
        if let Some(strange) = strangeness.get(row) {
            cells.extend([(strange.unfamiliarity as f32).to_string(), strange.unknown.to_string()]);
        }
        cells.extend(probabilities.iter().map(f32::to_string));
        cells
    });
    write_rows(path, &header, rows)
}

/// Head and rows of the table of classes.
pub(super) fn per_class(judged: &Judged<'_>, evaluation: &Evaluation) -> (Vec<String>, Vec<Vec<String>>) {
    let header = ["class", "precision", "recall", "f1", "images", "roc_auc", "average_precision"];
    let rows = judged.classes.iter().zip(&evaluation.rankings).filter_map(|(class, ranking)| {
        let scores = evaluation.scores.per_class.get(class)?;
        let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(|value| cell(Some(value)));
        let [auc, ap] = [ranking.roc_auc(), ranking.average_precision()].map(cell);
        Some(vec![class.clone(), precision, recall, f1, scores.support.to_string(), auc, ap])
    });
    (header.map(str::to_owned).to_vec(), rows.collect())
}

/// Four decimals; empty where there is no value.
pub(super) fn cell(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.4}")).unwrap_or_default()
}

fn write_rows(path: &Path, header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), CommandError> {
    let failed = |source: csv::Error| TableError::Csv { path: path.to_owned(), source };
    let mut writer = Writer::from_path(path).map_err(failed)?;
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(&row).map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))?;
    Ok(())
}
