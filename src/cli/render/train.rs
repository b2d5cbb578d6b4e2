//! What `rails train` learned.

use std::fmt::Write as _;

use super::{align_right, count, plain_table, short};
use crate::commands::TrainSummary;

pub(in crate::cli) fn train(summary: &TrainSummary) -> String {
    let [train, validation, test] = summary.split;
    let classes: Vec<String> = summary.classes.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let mut text = format!("Labels     {}\n", classes.join(", "));
    if summary.unlabelled > 0 {
        let _ = writeln!(text, "           {} without a label left out", count(summary.unlabelled, "image"));
    }
    if !summary.conflicts.is_empty() {
        let _ =
            writeln!(text, "           {} with conflicting labels left out", count(summary.conflicts.len(), "image"));
    }
    let _ = writeln!(text, "Split      {train} train, {validation} validation, {test} test");
    for line in summary.disjointness.sentences() {
        let _ = writeln!(text, "           {line}");
    }
    let _ = writeln!(text, "Epochs     {}, the best was {}\n", summary.epochs, summary.best_epoch);
    let mut table = plain_table();
    table.set_header(["class", "precision", "recall", "f1", "images"]);
    for (name, scores) in &summary.scores.per_class {
        let numbers = [scores.precision, scores.recall, scores.f1].map(short);
        table.add_row([
            name.clone(),
            numbers[0].clone(),
            numbers[1].clone(),
            numbers[2].clone(),
            scores.support.to_string(),
        ]);
    }
    align_right(&mut table);
    let _ = writeln!(text, "{table}\n");
    let scores = &summary.scores;
    if scores.accuracy.is_none() {
        let _ =
            writeln!(text, "No image was kept apart to judge by: the recipe's split has neither test nor validation.");
    }
    let named = [
        ("accuracy", scores.accuracy),
        ("balanced accuracy", scores.balanced_accuracy),
        ("macro F1", scores.macro_f1),
        ("kappa", scores.kappa),
        ("log loss", scores.log_loss),
    ];
    let line: Vec<String> =
        named.iter().filter_map(|(name, value)| value.map(|value| format!("{name} {}", short(value)))).collect();
    let _ = writeln!(text, "On the {} images: {}", summary.judged, line.join(", "));
    text += &confusion(&summary.confusion);
    let _ = writeln!(text, "Run        {}", summary.run.display());
    let _ = writeln!(text, "Checkpoint {}", summary.checkpoint.display());
    text
}

fn confusion(matrix: &crate::metrics::ConfusionMatrix) -> String {
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
