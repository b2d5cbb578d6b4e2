//! What `rails train` learned.

use std::fmt::Write as _;

use super::evaluate::scores;
use super::{align_right, count, plain_table, short};
use crate::commands::{Scores, TrainSummary};

pub(in crate::cli) fn train(summary: &TrainSummary) -> String {
    let [train, validation, test] = summary.split;
    let labels: Vec<String> = summary.classes.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let mut text = format!("Labels     {}\n", labels.join(", "));
    if summary.unlabelled > 0 {
        let _ = writeln!(text, "           {} without a label left out", count(summary.unlabelled, "image"));
    }
    if !summary.conflicts.is_empty() {
        let _ =
            writeln!(text, "           {} with conflicting labels left out", count(summary.conflicts.len(), "image"));
    }
    let _ = writeln!(text, "Split      {train} train, {validation} validation, {test} test");
    let _ = writeln!(text, "Epochs     {}, the best was {}\n", summary.epochs, summary.best_epoch);
    let _ = writeln!(text, "{}\n", classes(&summary.evaluation.scores));
    if summary.evaluation.scores.accuracy.is_none() {
        let _ =
            writeln!(text, "No image was kept apart to judge by: the recipe's split has neither test nor validation.");
    } else {
        let _ = writeln!(text, "On the {} images (95 % interval):\n{}", summary.judged, scores(&summary.evaluation));
    }
    text += &confusion(&summary.evaluation.confusion);
    let _ = writeln!(text, "Run        {}", summary.run.display());
    let _ = writeln!(text, "Checkpoint {}", summary.checkpoint.display());
    text
}

/// A row per class.
pub(super) fn classes(scores: &Scores) -> String {
    let mut table = plain_table();
    table.set_header(["class", "precision", "recall", "f1", "images"]);
    for (name, scores) in &scores.per_class {
        let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(short);
        table.add_row([name.clone(), precision, recall, f1, scores.support.to_string()]);
    }
    align_right(&mut table);
    table.to_string()
}

pub(super) fn confusion(matrix: &crate::metrics::ConfusionMatrix) -> String {
    if matrix.classes().len() > 12 {
        return String::new();
    }
    let mut table = plain_table();
    table.set_header(std::iter::once("true \\ predicted").chain(matrix.classes().iter().map(String::as_str)));
    for (name, row) in matrix.classes().iter().zip(matrix.counts().rows()) {
        table.add_row(std::iter::once(name.clone()).chain(row.iter().map(u64::to_string)));
    }
    align_right(&mut table);
    format!("\n{table}\n\n")
}
