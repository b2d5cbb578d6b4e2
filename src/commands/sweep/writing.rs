//! Fills the folder of a sweep.

use std::path::Path;

use serde_json::json;

use super::{SweepFindings, SweepImages};
use crate::commands::CommandError;
use crate::evaluation::RecipeResult;
use crate::report::Results;
use crate::runs::TableError;
use crate::training::{Folds, most_likely};
use crate::workflow::feature_table::FeatureTable;

/// results.json: all recipes, and the best one's figures where `rails compare` looks for them.
pub(super) fn record(summary: &SweepFindings, warnings: &[String], results: &mut Results) {
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
}

/// `folds.csv`: which fold tests an image, and what each recipe took it for without having seen it.
pub(super) fn folds_csv(
    path: &Path,
    table: &FeatureTable,
    images: &SweepImages<'_>,
    folds: &Folds,
    results: &[RecipeResult],
) -> Result<(), CommandError> {
    let SweepImages { classes, y, .. } = images;
    let failed = |source: csv::Error| TableError::Csv { path: path.to_owned(), source };
    let scored: Vec<_> = (1..)
        .zip(results)
        .filter_map(|(number, result)| {
            let probabilities = result.probabilities()?;
            Some((number, probabilities, most_likely(probabilities.view())))
        })
        .collect();
    let mut header = ["id", "path", "class", "fold"].map(str::to_owned).to_vec();
    for (number, ..) in &scored {
        header.push(format!("r{number}_class"));
        header.extend(classes.iter().map(|class| format!("r{number}_p_{class}")));
    }
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    writer.write_record(&header).map_err(failed)?;
    for (row, id) in table.ids.iter().enumerate() {
        let fold = (folds.of_rows()[row] + 1).to_string();
        let mut record = vec![id.to_string(), table.files[row].display().to_string(), classes[y[row].0].clone(), fold];
        for (_, probabilities, predicted) in &scored {
            record.push(classes[predicted[row].0].clone());
            record.extend(probabilities.row(row).iter().map(f32::to_string));
        }
        writer.write_record(&record).map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))?;
    Ok(())
}
