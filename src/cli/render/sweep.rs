//! Summary of a sweep as text.

use std::fmt::Write as _;

use super::{align_right, count, plain_table, short};
use crate::cli::visible::visible;
use crate::commands::SweepSummary;
use crate::evaluation::FoldStatistics;
use crate::training::Disjointness;

/// `train` is the command line that trains with the recipe file of the sweep, up to the settings.
pub(in crate::cli) fn sweep(summary: &SweepSummary, train: &str) -> String {
    let found = &summary.findings;
    let classes: Vec<String> = found.classes.iter().map(|(name, count)| format!("{} {count}", visible(name))).collect();
    let mut text = format!("Labels     {}\n", classes.join(", "));
    let sizes: Vec<String> = found.folds.iter().map(usize::to_string).collect();
    let grouped = found.group_by.as_ref().map(|field| format!(", no {field} in two")).unwrap_or_default();
    let _ = writeln!(text, "Folds      {} of {} images{grouped}", found.folds.len(), sizes.join(", "));
    if found.disjointness.iter().all(Disjointness::is_clean) {
        let group = found.group_by.as_ref().map(|field| format!("no {field}, ")).unwrap_or_default();
        let _ =
            writeln!(text, "Proof      no image, {group}no near duplicate is tested in a fold and learned from too");
    } else {
        for (fold, proof) in (1..).zip(&found.disjointness) {
            let _ = writeln!(text, "Fold {fold}     {}", proof.sentences().join("\n           "));
        }
    }
    text.push('\n');
    let mut table = plain_table();
    table.set_header(["recipe", "", "accuracy", "balanced", "macro F1", "log loss", "seconds"]);
    for row in &found.recipes {
        let name = if row.settings.is_empty() { "as it is".to_owned() } else { row.settings.join("  ") };
        let mark = if row.as_good_as_best { "≈" } else { "" };
        let Some(scores) = &row.scores else {
            table.add_row([format!("{} {name}", row.id), "failed".to_owned()]);
            continue;
        };
        let spread = |spread: &FoldStatistics| format!("{} ± {:.4}", short(spread.mean), spread.std);
        table.add_row([
            format!("{} {name}", row.id),
            mark.to_owned(),
            spread(&scores.accuracy),
            spread(&scores.balanced_accuracy),
            spread(&scores.macro_f1),
            spread(&scores.log_loss),
            format!("{:.2}", scores.seconds.mean),
        ]);
    }
    align_right(&mut table);
    let _ = writeln!(text, "{table}\n\n≈ as good as the best, within one standard error of the difference");
    for row in found.recipes.iter().filter(|row| row.failed.is_some()) {
        let _ = writeln!(text, "{} failed: {}", row.id, row.failed.as_deref().unwrap_or_default());
    }
    if let Some(best) = found.recipes.first() {
        let _ = writeln!(text, "\nBest by {}: {} of {}", found.rank_by, best.id, count(found.recipes.len(), "recipe"));
        let settings: Vec<String> = found.best.iter().map(|argument| quoted(argument)).collect();
        let _ = writeln!(text, "           {}", [train.to_owned(), settings.join(" ")].join(" ").trim_end());
    }
    let _ = writeln!(text, "Run        {}", visible(summary.run.display()));
    let _ = writeln!(text, "Report     {}", visible(summary.run.join("report.html").display()));
    text
}

/// As a shell takes it.
pub(in crate::cli) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_meant() {
        assert_eq!(quoted("classifier.dropout=0.3"), "classifier.dropout=0.3");
        assert_eq!(quoted("classifier.hidden=[512, 256]"), "'classifier.hidden=[512, 256]'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
