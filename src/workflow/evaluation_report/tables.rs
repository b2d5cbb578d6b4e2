//! The tables of an evaluation.

use crate::evaluation::{Evaluation, LabelledPredictions, NovelImages, Rejection};
use crate::files::fields_csv::{self, FieldAccuracyRow};
use crate::files::predictions_csv::{PredictionRow, RecognitionCells};
use crate::files::{confusion_matrix_csv, per_class_csv, predictions_csv, risk_coverage_csv};
use crate::runs::RunDir;
use crate::workflow::WorkflowError;

/// Writes `predictions.csv`, `confusion_matrix.csv`, `confusion_matrix_percent.csv`, `per_class.csv` and, where file
/// names have fields, `fields.csv`.
pub(super) fn write(
    run: &RunDir,
    labelled: &LabelledPredictions<'_>,
    novel: &NovelImages,
    evaluation: &Evaluation,
) -> Result<(), WorkflowError> {
    write_predictions(run, labelled, novel)?;
    let (confusion, classes) = (&evaluation.confusion, labelled.classes);
    let (counts, percent) = (run.file(confusion_matrix_csv::FILE)?, run.file(confusion_matrix_csv::PERCENT_FILE)?);
    confusion_matrix_csv::write(&counts, classes, confusion.counts().view(), u64::to_string)?;
    let shares = confusion.row_percent();
    confusion_matrix_csv::write(&percent, classes, shares.view(), |share| format!("{share:.2}"))?;
    per_class_csv::write(&run.file(per_class_csv::FILE)?, &per_class(classes, evaluation))?;
    if !evaluation.fields.is_empty() {
        let rows = evaluation.fields.iter().flat_map(|(field, rows)| {
            rows.iter().map(move |row| FieldAccuracyRow {
                field,
                value: &row.value,
                images: row.images,
                right: row.right,
                accuracy: row.accuracy(),
                interval: row.interval.map(|interval| [interval.low, interval.high]),
            })
        });
        fields_csv::write(&run.file(fields_csv::FILE)?, rows)?;
    }
    Ok(())
}

/// Writes `predictions.csv`: the labelled images, then those of novel classes.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn write_predictions(
    folder: &RunDir,
    labelled: &LabelledPredictions<'_>,
    novel: &NovelImages,
) -> Result<(), WorkflowError> {
    let truths = labelled.truth.iter().map(|class| labelled.classes[class.0].as_str());
    let truths = truths.chain(novel.truth.iter().map(String::as_str));
    let images = labelled.images.iter().chain(&novel.images);
    let all = [&labelled.predictions, &novel.predictions];
    let recognitions: Vec<_> = all.iter().flat_map(|predictions| &predictions.recognitions).collect();
    let predicted = all.iter().flat_map(|predictions| predictions.predicted());
    let probabilities = all.iter().flat_map(|predictions| predictions.probabilities.rows());
    let rows = images.zip(truths).zip(predicted.zip(probabilities)).enumerate();
    let rows = rows.map(|(row, ((image, truth), (class, probabilities)))| PredictionRow {
        id: image.id,
        path: image.path(),
        truth,
        class: &labelled.classes[class.0],
        confidence: probabilities[class.0],
        recognition: recognitions.get(row).map(|found| RecognitionCells {
            novelty: found.novelty.map(|novelty| novelty as f32),
            unknown_because: found.unknown_because.map(|because| because.word().unwrap_or_default()),
        }),
        probabilities,
    });
    Ok(predictions_csv::write(&folder.file(predictions_csv::FILE)?, labelled.classes, rows)?)
}

/// Risk over coverage where the most novel images are rejected first.
pub(super) fn write_risk_coverage(run: &RunDir, rejection: &Rejection) -> Result<(), WorkflowError> {
    let points = rejection.by_novelty.points.iter().map(|point| [point.coverage, point.risk, point.threshold]);
    Ok(risk_coverage_csv::write(&run.file(risk_coverage_csv::FILE)?, points)?)
}

/// Rows of the table of classes.
pub(super) fn per_class(classes: &[String], evaluation: &Evaluation) -> Vec<[String; 7]> {
    let rows = classes.iter().zip(&evaluation.rankings).filter_map(|(class, ranking)| {
        let scores = evaluation.scores.per_class.get(class)?;
        let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(|value| cell(Some(value)));
        let [auc, ap] = [ranking.roc_auc(), ranking.average_precision()].map(cell);
        Some([class.clone(), precision, recall, f1, scores.support.to_string(), auc, ap])
    });
    rows.collect()
}

/// Four decimals; empty where there is no value.
fn cell(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.4}")).unwrap_or_default()
}
