//! Fills the folder of a training run.

use std::path::Path;

use ndarray::Array2;
use serde_json::json;

use super::numbers::Numbers;
use super::scores::Scores;
use crate::commands::CommandError;
use crate::data::ClassId;
use crate::metrics::ConfusionMatrix;
use crate::progress::{Event, Observer, Stage};
use crate::report::{ConfusionPlot, EpochScores, Figure, LearningCurves, Results};
use crate::runs::RunDir;
use crate::training::{Split, Trained};

/// Fills results.json with what was measured.
pub(super) fn measure(
    results: &mut Results,
    split: &Split,
    trained: &Trained,
    scores: &Scores,
    confusion: &ConfusionMatrix,
) {
    if let serde_json::Value::Object(scores) = json!(scores) {
        results.metrics.extend(scores);
    }
    let rows: Vec<Vec<u64>> = confusion.counts().rows().into_iter().map(|row| row.to_vec()).collect();
    results.set("confusion_matrix", json!({ "classes": confusion.classes(), "rows": rows }));
    let [train, validation, test] = [&split.train, &split.validation, &split.test].map(Vec::len);
    results.set("split", json!({ "train": train, "validation": validation, "test": test }));
    results.set("epochs", trained.history.last().map_or(0, |epoch| epoch.epoch));
    results.set("best_epoch", trained.best_epoch);
    results.set("stopped", trained.stopped);
    results.set("history", &trained.history);
}

/// `split.csv`: which image played which part, and what it was taken for.
pub(super) fn write_split(
    path: &Path,
    numbers: &Numbers,
    split: &Split,
    y: &[ClassId],
    predicted: &[ClassId],
    probabilities: &Array2<f32>,
    classes: &[String],
) -> Result<(), CommandError> {
    let failed = |source: csv::Error| crate::runs::TableError::Csv { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    writer.write_record(["id", "path", "class", "part", "predicted", "confidence"]).map_err(failed)?;
    let parts = [("train", &split.train), ("validation", &split.validation), ("test", &split.test)];
    let mut rows: Vec<(usize, &str)> =
        parts.iter().flat_map(|(part, rows)| rows.iter().map(move |row| (*row, *part))).collect();
    rows.sort_unstable();
    for (row, part) in rows {
        let class = predicted[row].0;
        writer
            .write_record([
                &numbers.ids[row].to_string(),
                &numbers.files[row].display().to_string(),
                &classes[y[row].0],
                part,
                &classes[class],
                &probabilities[[row, class]].to_string(),
            ])
            .map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))?;
    Ok(())
}

pub(super) fn draw(
    run: &RunDir,
    trained: &Trained,
    confusion: &ConfusionMatrix,
    judged: &str,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    observer.on(Event::Started { stage: Stage::Plot, total: 2 });
    let csv = run.file("confusion_matrix.csv")?;
    std::fs::write(&csv, confusion.to_csv()).map_err(CommandError::at(&csv))?;
    let title = format!("Confusion matrix ({judged} images)");
    ConfusionPlot { title: &title, names: confusion.classes(), counts: confusion.counts() }
        .save(&run.file("plots/confusion_matrix.png")?)?;
    observer.on(Event::Advanced { by: 1 });
    let epochs: Vec<EpochScores> = trained
        .history
        .iter()
        .map(|epoch| EpochScores {
            epoch: epoch.epoch,
            train_loss: epoch.train_loss,
            valid_loss: epoch.validation_loss,
            train_accuracy: epoch.train_accuracy,
            valid_accuracy: epoch.validation_accuracy,
        })
        .collect();
    let best = trained.history.iter().position(|epoch| epoch.epoch == trained.best_epoch);
    LearningCurves { title: "Learning curves", epochs: &epochs, best }.save(&run.file("plots/learning_curves.png")?)?;
    observer.on(Event::Advanced { by: 1 });
    observer.on(Event::Finished);
    Ok(())
}
