//! Summary of `rails evaluate` as text.

use std::fmt::Write as _;

use super::train::{classes, confusion, unknown};
use super::{count, short};
use crate::cli::visible::visible;
use crate::commands::EvaluateSummary;
use crate::evaluation::Evaluation;

pub(in crate::cli) fn evaluate(summary: &EvaluateSummary) -> String {
    let found = &summary.findings;
    let mut text =
        format!("Judged     {} by `{}`\n", count(found.n_images, "image"), visible(found.checkpoint.display()));
    if found.learned > 0 {
        let _ = writeln!(text, "           {} of them were learned from: these scores are too good", found.learned);
    }
    if found.unlabelled > 0 {
        let _ = writeln!(text, "           {} without a true class left out", count(found.unlabelled, "image"));
    }
    if !found.conflicts.is_empty() {
        let left_out = count(found.conflicts.len(), "image");
        let _ = writeln!(text, "           {left_out} with conflicting true classes left out");
    }
    let _ = writeln!(text, "\n{}\n", classes(&found.evaluation.scores));
    text += &scores(&found.evaluation);
    for class in &found.unknown_classes {
        let taken: Vec<String> = class.taken_for.iter().map(|(name, n)| format!("{name} {n}")).collect();
        let _ = writeln!(
            text,
            "Novel      {} of class `{}`, which the checkpoint never learned, in no score: called {} with mean \
             confidence {:.2}",
            count(class.images, "image"),
            class.class,
            taken.join(", "),
            class.mean_confidence
        );
    }
    if let (Some(accuracy), false) = (found.accuracy_with_unknown_classes, found.unknown_classes.is_empty()) {
        let _ = writeln!(text, "           counted as errors they make the accuracy {}", short(accuracy));
    }
    text += &confusion(&found.evaluation.confusion);
    if let Some(rejection) = &found.rejection {
        text += &unknown(rejection, "given");
    }
    let _ = writeln!(text, "Run        {}", visible(summary.run.display()));
    let _ = writeln!(text, "Report     {}", visible(summary.run.join("report.html").display()));
    text
}

/// The headline scores with their intervals, and the calibration of confidences.
pub(super) fn scores(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    let scores = &evaluation.scores;
    let named = [
        ("accuracy", "accuracy", scores.accuracy),
        ("balanced_accuracy", "balanced accuracy", scores.balanced_accuracy),
        ("macro_f1", "macro F1", scores.macro_f1),
        ("kappa", "kappa", scores.kappa),
        ("mcc", "MCC", scores.mcc),
        ("roc_auc", "ROC AUC", scores.roc_auc),
        ("average_precision", "average precision", scores.average_precision),
        ("log_loss", "log loss", scores.log_loss),
    ];
    for (key, name, value) in named {
        let Some(value) = value else { continue };
        let interval = evaluation.intervals.get(key);
        let interval = interval.map_or_else(String::new, |i| format!("  {} to {}", short(i.low), short(i.high)));
        let _ = writeln!(text, "  {name:<18} {:>7}{interval}", short(value));
    }
    let confidence = &evaluation.confidence;
    if let (Some(ece), Some(chance)) = (confidence.ece, confidence.ece_by_chance) {
        let comparison = if ece <= chance { "as honest as so many images can tell" } else { "more than chance" };
        let _ = writeln!(
            text,
            "  {:<18} {:>7}  {comparison}: chance alone gives up to {}",
            "ECE",
            short(ece),
            short(chance)
        );
    }
    text
}
