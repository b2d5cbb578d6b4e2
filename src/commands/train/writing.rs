//! Fills the folder of a training run.

use std::path::Path;

use ndarray::Array2;
use serde_json::json;

use super::numbers::Numbers;
use crate::commands::CommandError;
use crate::data::ClassId;
use crate::report::{Block, EpochScores, Figure, LearningCurves, Results, Section};
use crate::runs::RunDir;
use crate::training::{Split, Trained};

/// Fills results.json with what was measured while learning.
pub(super) fn measure(results: &mut Results, split: &Split, trained: &Trained) {
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

/// Names and values at the top of the page.
pub(super) fn facts(numbers: &Numbers, split: &Split, trained: &Trained, classes: &[String]) -> Vec<(String, String)> {
    let [train, validation, test] = [&split.train, &split.validation, &split.test].map(Vec::len);
    [
        ("Labelled images", numbers.ids.len().to_string()),
        ("Train, validation, test", format!("{train}, {validation}, {test}")),
        ("Classes", classes.len().to_string()),
        ("Features", numbers.chain.to_string()),
        ("Epochs", format!("{}, the best was {}", trained.history.len(), trained.best_epoch)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// The learning curves, as `plots/learning_curves.png` and for the page.
pub(super) fn learning(run: &RunDir, trained: &Trained) -> Result<Section, CommandError> {
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
    let path = run.file("plots/learning_curves.png")?;
    LearningCurves { title: "Learning curves", epochs: &epochs, best }.save(&path)?;
    let how = "Loss should fall and accuracy rise. Where training goes on improving and validation does not, the \
               classifier learns by heart; the weights of the best epoch (green) are those that are kept.";
    let plot = Block::plot_file(&path, how).map_err(CommandError::at(&path))?;
    Ok(Section { title: "How it learned".to_owned(), blocks: vec![plot] })
}
