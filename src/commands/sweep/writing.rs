//! Fills the folder of a sweep.

use std::path::Path;

use serde_json::json;

use super::{SweepFindings, SweepImages};
use crate::commands::CommandError;
use crate::data::{ImageId, path_text};
use crate::evaluation::RecipeResult;
use crate::files::Results;
use crate::files::folds_csv::{self, FoldRow, RecipeColumns};
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
pub(super) fn write_folds(
    path: &Path,
    table: &FeatureTable,
    images: &SweepImages<'_>,
    folds: &Folds,
    results: &[RecipeResult],
) -> Result<(), CommandError> {
    let SweepImages { classes, y, .. } = images;
    let recipes: Vec<RecipeColumns<'_>> = (1..)
        .zip(results)
        .filter_map(|(number, result)| {
            let probabilities = result.probabilities()?.view();
            let predicted = most_likely(probabilities).iter().map(|class| classes[class.0].as_str()).collect();
            Some(RecipeColumns { number, predicted, probabilities })
        })
        .collect();
    let row = |(row, id): (usize, &ImageId)| FoldRow {
        id: *id,
        path: path_text::to_text(&table.files[row]),
        class: &classes[y[row].0],
        fold: folds.of_rows()[row] + 1,
    };
    let rows: Vec<FoldRow<'_>> = table.ids.iter().enumerate().map(row).collect();
    Ok(folds_csv::write(path, classes, &rows, &recipes)?)
}
