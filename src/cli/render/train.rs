//! Summary of `rails train` as text.

use std::fmt::Write as _;

use super::evaluate::scores;
use super::{align_right, count, plain_table, short};
use crate::cli::visible::visible;
use crate::commands::TrainSummary;
use crate::evaluation::{Rejection, Scores};
use crate::training::{Calibration, TemperatureFit};

pub(in crate::cli) fn train(summary: &TrainSummary) -> String {
    let found = &summary.findings;
    let [train, validation, test] = found.split;
    let labels: Vec<String> = found.classes.iter().map(|(name, count)| format!("{} {count}", visible(name))).collect();
    let mut text = format!("Labels     {}\n", labels.join(", "));
    if found.unlabelled > 0 {
        let _ = writeln!(text, "           {} without a label left out", count(found.unlabelled, "image"));
    }
    if !found.conflicts.is_empty() {
        let _ = writeln!(text, "           {} with conflicting labels left out", count(found.conflicts.len(), "image"));
    }
    let _ = writeln!(text, "Split      {train} train, {validation} validation, {test} test");
    for line in found.disjointness.sentences() {
        let _ = writeln!(text, "           {line}");
    }
    if found.epochs > 0 {
        let _ = writeln!(text, "Epochs     {}, the best was {}", found.epochs, found.best_epoch);
    }
    text.push('\n');
    let _ = writeln!(text, "{}\n", classes(&found.evaluation.scores));
    if found.evaluation.scores.accuracy.is_none() {
        let _ =
            writeln!(text, "No image was kept apart to judge by: the recipe's split has neither test nor validation.");
    } else {
        let _ = writeln!(text, "On the {} images (95 % interval):\n{}", found.judged, scores(&found.evaluation));
    }
    text += &confusion(&found.evaluation.confusion);
    text += &calibration(summary);
    let _ = writeln!(text, "Run        {}", visible(summary.run.display()));
    let _ = writeln!(text, "Checkpoint {}", visible(found.checkpoint.display()));
    text
}

/// How confidences were calibrated and what is rejected, in words.
fn calibration(summary: &TrainSummary) -> String {
    let found = &summary.findings;
    let Calibration { temperature, n_images, fit, .. } = found.calibration;
    let on = format!("on {} it had not learned", count(n_images, "image"));
    let calibrated = match fit {
        TemperatureFit::Best if temperature > 1.0 => {
            format!("lowered (temperature {temperature:.2}): {on}, the classifier was too sure")
        }
        TemperatureFit::Best if temperature == 1.0 => {
            "as the classifier gives it: no temperature is better than 1".to_owned()
        }
        TemperatureFit::Best => {
            format!("raised (temperature {temperature:.2}): {on}, the classifier was not sure enough")
        }
        TemperatureFit::NoErrors => format!("as the classifier gives it: {on}, it made no mistake"),
        TemperatureFit::AtBound => {
            format!("to be taken with care (temperature {temperature:.1}, the limit): {on}, the classifier did badly")
        }
        TemperatureFit::NoImages => "as the classifier gives it: no image was left to check it on".to_owned(),
    };
    format!("Confidence {calibrated}\n{}", unknown(&found.rejection, found.judged))
}

/// When images are `unknown`, and how that fared on the `judged` ones, in words.
pub(super) fn unknown(rejection: &Rejection, judged: &str) -> String {
    let mut text = String::new();
    let Rejection { keep, threshold, min_confidence, at_threshold, risk_of_all, n_images, novel_classes, .. } =
        rejection;
    let percent = |share: f64| format!("{} %", (share * 1000.0).round() / 10.0);
    let kept = percent(*keep);
    let novel = threshold.map(|threshold| {
        format!("images less like the training images than {kept} of the known ones (novelty above {threshold:.2})")
    });
    let unsure = min_confidence.map(|least| format!("images between classes (confidence below {least:.2})"));
    let (Some(rule), more) = (match novel {
        Some(novel) => (Some(novel), unsure),
        None => (unsure, None),
    }) else {
        let why = if *keep < 1.0 {
            format!("{} are too few to choose a threshold on", count(*n_images, "image"))
        } else {
            "the recipe keeps every image".to_owned()
        };
        let _ = writeln!(text, "Unknown    nothing: {why}");
        return text;
    };
    let _ = writeln!(text, "Unknown    {rule}");
    if threshold.is_none() {
        let _ = writeln!(
            text,
            "           none as novel: {} are too few to choose a threshold on",
            count(*n_images, "image")
        );
    }
    if let Some(more) = more {
        let _ = writeln!(text, "           and {more}");
    }
    if let Some(all) = risk_of_all {
        let unknown = rejection.unknown();
        let reasons = rejection.reasons();
        let _ = writeln!(
            text,
            "           of the {judged} images {} would be unknown, {} of which are called right{}{}",
            unknown.images,
            unknown.right,
            if reasons.is_empty() { "" } else { ": " },
            reasons
        );
        if let Some(point) = at_threshold {
            let [kept, wrong, all] = [point.coverage, point.risk, *all].map(percent);
            let _ = writeln!(text, "           {kept} keep their class; {wrong} of these are wrong, of all {all}");
        }
    }
    if let Some(novel) = novel_classes {
        let told = rejection.novelty_is_share;
        let as_novel = if told { format!(", {} of them as novel", novel.novel) } else { String::new() };
        let auc = novel.roc_auc.map_or_else(String::new, |auc| format!(" (AUROC {})", short(auc)));
        let _ = writeln!(
            text,
            "           of {} of classes it never learned {} get no class{as_novel}{auc}",
            count(novel.images, "image"),
            novel.unknown
        );
    }
    text
}

/// A row per class.
pub(super) fn classes(scores: &Scores) -> String {
    let mut table = plain_table();
    table.set_header(["class", "precision", "recall", "f1", "images"]);
    for (name, scores) in &scores.per_class {
        let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(short);
        table.add_row([visible(name), precision, recall, f1, scores.support.to_string()]);
    }
    align_right(&mut table);
    table.to_string()
}

pub(super) fn confusion(matrix: &crate::metrics::ConfusionMatrix) -> String {
    if matrix.classes().len() > 12 {
        return String::new();
    }
    let mut table = plain_table();
    table.set_header(std::iter::once("true \\ predicted".to_owned()).chain(matrix.classes().iter().map(visible)));
    for (name, row) in matrix.classes().iter().zip(matrix.counts().rows()) {
        table.add_row(std::iter::once(visible(name)).chain(row.iter().map(u64::to_string)));
    }
    align_right(&mut table);
    format!("\n{table}\n\n")
}
