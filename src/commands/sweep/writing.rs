//! Fills the folder of a sweep.

use std::path::Path;

use serde_json::json;

use super::cross_validation::Judged;
use super::{SweepRow, SweepSummary};
use crate::commands::CommandError;
use crate::commands::record::Record;
use crate::commands::train::numbers::Numbers;
use crate::data::ClassId;
use crate::progress::{Event, Observer, Stage};
use crate::report::{Figure, Results, SweepPlot, SweepPoint};
use crate::runs::{RunDir, TableError};
use crate::training::{Folds, most_likely};

/// results.json: all recipes, and the best one's figures where `rails compare` looks for them.
pub(super) fn results(record: &Record<'_>, summary: &SweepSummary, warnings: &[String]) -> Results {
    let mut results = record.results();
    if let Some(scores) = summary.recipes.first().and_then(|row| row.scores.as_ref()) {
        let means = [
            ("accuracy", scores.accuracy.mean),
            ("balanced_accuracy", scores.balanced_accuracy.mean),
            ("macro_f1", scores.macro_f1.mean),
            ("log_loss", scores.log_loss.mean),
        ];
        for (name, mean) in means {
            results.set(name, mean);
        }
    }
    results.set("best", &summary.best);
    results.set("rank_by", summary.rank_by);
    results.set("folds", json!({ "sizes": summary.folds, "group_by": summary.group_by, "warnings": warnings }));
    results.set("recipes", &summary.recipes);
    results.set("disjointness", &summary.disjointness);
    results
}

/// `folds.csv`: which fold tests an image, and what each recipe took it for without having seen it.
pub(super) fn folds_csv(
    path: &Path,
    numbers: &Numbers,
    y: &[ClassId],
    classes: &[String],
    folds: &Folds,
    judged: &[Judged],
) -> Result<(), CommandError> {
    let failed = |source: csv::Error| TableError::Csv { path: path.to_owned(), source };
    let scored: Vec<_> = (1..)
        .zip(judged)
        .filter_map(|(number, judged)| match judged {
            Judged::Scored { probabilities, .. } => Some((number, probabilities, most_likely(probabilities.view()))),
            Judged::Failed(_) => None,
        })
        .collect();
    let mut header = ["id", "path", "class", "fold"].map(str::to_owned).to_vec();
    for (number, ..) in &scored {
        header.push(format!("r{number}_class"));
        header.extend(classes.iter().map(|class| format!("r{number}_p_{class}")));
    }
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    writer.write_record(&header).map_err(failed)?;
    for (row, id) in numbers.ids.iter().enumerate() {
        let fold = (folds.of_rows()[row] + 1).to_string();
        let mut record =
            vec![id.to_string(), numbers.files[row].display().to_string(), classes[y[row].0].clone(), fold];
        for (_, probabilities, predicted) in &scored {
            record.push(classes[predicted[row].0].clone());
            record.extend(probabilities.row(row).iter().map(f32::to_string));
        }
        writer.write_record(&record).map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))?;
    Ok(())
}

pub(super) fn draw(run: &RunDir, summary: &SweepSummary, observer: &dyn Observer) -> Result<(), CommandError> {
    observer.on(Event::Started { stage: Stage::Plot, total: 1 });
    let point = |row: &SweepRow| {
        let scores = row.scores.as_ref()?;
        let spread = scores.ranking(summary.rank_by);
        let name = if row.settings.is_empty() { "as it is".to_owned() } else { row.settings.join("  ") };
        Some(SweepPoint { name, folds: spread.folds.clone(), mean: spread.mean, as_good_as_best: row.as_good_as_best })
    };
    let points: Vec<SweepPoint> = summary.recipes.iter().filter_map(point).collect();
    let metric = summary.rank_by.to_string();
    SweepPlot { metric: &metric, points: &points }.save(&run.file("plots/sweep.png")?)?;
    observer.on(Event::Finished);
    Ok(())
}
