//! Results as text for people.

mod cluster;
mod evaluate;
mod patches;
mod separate;
mod sweep;
#[cfg(test)]
mod tests;
mod train;

use std::fmt::Write as _;
use std::io::Write as _;

use comfy_table::{Cell, CellAlignment, Table, presets};

pub(super) use cluster::{assign, cluster, search};
pub(super) use evaluate::evaluate;
pub(super) use patches::patches;
pub(super) use separate::separate;
pub(super) use sweep::{quoted, sweep};
pub(super) use train::train;

use super::progress::Verbosity;
use super::visible::{visible, visible_layout, visible_message};
use crate::atomic_file::final_paths;
use crate::commands::{
    CommandError, Compared, HEADLINE, ImportSummary, ModelRow, PredictSummary, TileReport, UnknownCounts,
    more_is_better,
};
use crate::workflow::{CurateSummary, ExportSummary, LabelImport, WorkflowError, unsaid_causes};

/// Where results are printed, as errors name it.
const STDOUT: &str = "<stdout>";

/// Writes to stdout what was done. A reader that went away (`| head`) is no failure: it is done all the same.
pub(super) fn out(text: &str) -> Result<(), CommandError> {
    data(text).or_else(|error| if is_reader_gone(&error) { Ok(()) } else { Err(error) })
}

/// Writes to stdout what is nowhere else, such as a table: cut short, it is not all that was asked for.
pub(super) fn data(text: &str) -> Result<(), CommandError> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(CommandError::at(STDOUT.as_ref()))
}

/// Whether the reader of stdout went away before the end (`| head`), which nobody needs to be told.
pub(super) fn is_reader_gone(error: &CommandError) -> bool {
    let CommandError::Workflow(WorkflowError::Io { path, source }) = error else { return false };
    path.as_os_str() == STDOUT && source.kind() == std::io::ErrorKind::BrokenPipe
}

/// Writes to stderr what is no data, unless the user wants quiet.
pub(super) fn note(verbosity: Verbosity, text: &str) {
    if verbosity != Verbosity::Quiet {
        let _ = std::io::stderr().write_all(visible_layout(text).as_bytes());
    }
}

/// Prints an error: what happened, why, and what to do about it.
pub(super) fn error(error: &CommandError) {
    let mut text = format!("error: {}", visible_message(&error.to_string()));
    for cause in unsaid_causes(error) {
        let _ = write!(text, "\n  because: {}", visible_message(&cause));
    }
    if let Some(hint) = error.hint() {
        let _ = write!(text, "\nhint: {}", visible_message(&hint));
    }
    // Files in the making have names of no use to anybody.
    let _ = writeln!(std::io::stderr(), "{}", visible_layout(&final_paths(&text)));
}

pub(super) fn tile(report: &TileReport) -> String {
    let mut text =
        format!("{} from {} in `{}`\n", count(report.tiles, "tile"), count(report.images, "image"), report.output);
    if !report.skipped.is_empty() {
        let _ =
            writeln!(text, "{} skipped, the first: {}", count(report.skipped.len(), "file"), report.skipped[0].reason);
    }
    text
}

pub(super) fn curate(summary: &CurateSummary) -> String {
    let mut text = format!(
        "{} new decisions, {} in all, in `{}`\n",
        summary.new_decisions,
        summary.decisions,
        visible(&summary.run)
    );
    if summary.known_decisions > 0 {
        let _ = writeln!(text, "  {} of the file known already: not added again", summary.known_decisions);
    }
    for (class, count) in &summary.classes {
        let _ = writeln!(text, "  {:<24} {count:>7} images", visible(class));
    }
    for (reason, count) in &summary.removed {
        let reason = if reason.is_empty() { "no reason given" } else { reason };
        let _ = writeln!(text, "  removed: {:<15} {count:>7} images", visible(reason));
    }
    let _ = writeln!(text, "  {:<24} {:>7} images", "(no label yet)", summary.unlabelled);
    if summary.elsewhere > 0 {
        let _ = writeln!(text, "  {} on images that this run does not have", count(summary.elsewhere, "decision"));
    }
    for classes in &summary.alike {
        let names: Vec<String> = classes.iter().map(|class| format!("`{}`", visible(class))).collect();
        let _ = writeln!(text, "alike: {} are different classes: if they are one, rename", names.join(", "));
    }
    for open in &summary.open {
        let _ = writeln!(text, "open: {}", visible(open));
    }
    text
}

pub(super) fn label_import(import: &LabelImport) -> String {
    let images: usize = import.classes.values().chain(import.removed.values()).sum();
    let known = images - import.new;
    let mut text =
        format!("Imported   {} from `{}`, {known} known already\n", count(import.new, "image"), import.source);
    if import.given_back > 0 {
        let _ = writeln!(text, "           {} of them had been removed and are given back", import.given_back);
    }
    for (about, list) in [("not surely of this run", &import.unmatched), ("of conflicting classes", &import.conflicts)]
    {
        if let Some(first) = list.first() {
            let _ = writeln!(text, "           {} {about} left out: `{}`", count(list.len(), "image"), visible(first));
            for another in list.iter().skip(1).take(NAMED - 1) {
                let _ = writeln!(text, "             `{}`", visible(another));
            }
            if list.len() > NAMED {
                let _ = writeln!(text, "             and {} more; `--json` lists all", list.len() - NAMED);
            }
        }
    }
    text
}

/// Images that are named one by one; more would push the summary off the screen.
const NAMED: usize = 5;

pub(super) fn export(summary: &ExportSummary) -> String {
    let mut text = format!("Exported to `{}`\n", summary.output);
    for (class, count) in &summary.classes {
        let _ = writeln!(text, "  {:<24} {count:>7} images", visible(class));
    }
    for (reason, count) in &summary.removed {
        let _ = writeln!(text, "  _removed/{:<15} {count:>7} images", visible(reason));
    }
    if summary.unlabelled > 0 {
        let _ = writeln!(text, "{} without a label left out", count(summary.unlabelled, "image"));
    }
    if let Some(first) = summary.missing.first() {
        let _ = writeln!(text, "{} files are gone, the first: `{first}`", summary.missing.len());
    }
    if let Some(first) = summary.replaced.first() {
        let replaced = summary.replaced.len();
        let _ = writeln!(text, "{replaced} files hold other images by now and are left out, the first: `{first}`");
    }
    text
}

pub(super) fn predict(summary: &PredictSummary) -> String {
    let counts: Vec<String> =
        summary.counts.iter().map(|(class, count)| format!("{} {count}", visible(class))).collect();
    let mut text = format!("Predicted  {}: {}\n", count(summary.counts.values().sum(), "image"), counts.join(", "));
    let _ = writeln!(
        text,
        "           mean confidence {:.3}, checkpoint `{}`",
        summary.mean_confidence,
        visible(summary.checkpoint.display())
    );
    text += &predicted_unknown(summary);
    if let Some(first) = summary.skipped.first() {
        let _ =
            writeln!(text, "Skipped    {} files, the first: {}: `{}`", summary.skipped.len(), first.reason, first.path);
    }
    text
}

/// How many images got no class, and why; empty without such images.
fn predicted_unknown(summary: &PredictSummary) -> String {
    let UnknownCounts { novel, unsure, untold } = summary.unknown;
    let threshold = summary.threshold.map_or_else(String::new, |threshold| format!(" (novelty above {threshold:.2})"));
    let least = summary.min_confidence.map_or_else(String::new, |least| format!(" (confidence below {least:.2})"));
    let reasons = [
        (novel, format!("{novel} novel, unlike the training images{threshold}")),
        (unsure, format!("{unsure} unsure, between classes{least}")),
        (untold, format!("{untold} unlike the training images{threshold} or unsure")),
    ];
    let told: Vec<String> = reasons.into_iter().filter(|(n, _)| *n > 0).map(|(_, told)| told).collect();
    if told.is_empty() {
        return String::new();
    }
    let all = count(novel + unsure + untold, "image");
    format!("Unknown    {all}: {}; --keep-all gives the most likely class instead\n", told.join(", "))
}

pub(super) fn compare(compared: &Compared) -> String {
    let mut table = plain_table();
    table.set_header(std::iter::once("metric".to_owned()).chain(compared.runs.iter().map(visible)));
    let (headlines, rest): (Vec<&String>, Vec<&String>) = compared
        .metrics
        .keys()
        .filter(|name| {
            !["per_class.", "disjointness.", "split.", "intervals."].iter().any(|detail| name.starts_with(detail))
        })
        .partition(|name| HEADLINE.contains(&name.as_str()));
    for name in headlines.into_iter().chain(rest) {
        let values = &compared.metrics[name];
        let best = more_is_better(name)
            .filter(|_| values.iter().flatten().count() > 1)
            .and_then(|more| values.iter().flatten().copied().reduce(|a, b| if (a < b) == more { b } else { a }));
        let cells = values.iter().map(|value| match value {
            None => String::new(),
            Some(value) if Some(*value) == best => format!("{} *", short(*value)),
            Some(value) => format!("{}  ", short(*value)),
        });
        table.add_row(std::iter::once(name.clone()).chain(cells));
    }
    align_right(&mut table);
    let mut text = format!("{table}\n");
    if !compared.differences.is_empty() {
        let mut table = plain_table();
        table.set_header(std::iter::once("setting that differs".to_owned()).chain(compared.runs.iter().map(visible)));
        for (name, values) in &compared.differences {
            table.add_row(std::iter::once(name).chain(values));
        }
        let _ = writeln!(text, "\n{table}");
    }
    if let Some(pair) = &compared.pair {
        let _ = writeln!(text, "\nImage by image: {}.", pair.sentence);
        if pair.only_first + pair.only_second > 0 {
            let _ = writeln!(
                text,
                "{} judged by the first alone, {} by the second alone.",
                count(pair.only_first, "image"),
                pair.only_second
            );
        }
        if pair.relabelled > 0 {
            let _ = writeln!(text, "{} with different truths left out.", count(pair.relabelled, "image"));
        }
    }
    if let Some(shared) = compared.shared {
        let _ = writeln!(text, "\n{} judged by all of them.", count(shared, "image"));
    }
    if let Some(plot) = &compared.plot {
        let _ = writeln!(text, "\n* best of the row; bar chart: {}", visible(plot.display()));
    }
    if let Some(changes) = &compared.changes {
        let _ = writeln!(text, "Changed images: {}", visible(changes.display()));
    }
    let _ = writeln!(text, "Page: {}", visible(compared.html.display()));
    text
}

pub(super) fn models(rows: &[ModelRow]) -> String {
    let mut text = String::new();
    for row in rows {
        let weights = match (row.weights.as_str(), &row.problem) {
            ("", _) => "no weights here; import some with `rails models import`".to_owned(),
            (path, Some(problem)) => format!("`{path}` cannot be used: {problem}"),
            (path, None) => format!("weights {path}, variant {}", row.variant.as_deref().unwrap_or("-")),
        };
        let _ = writeln!(text, "{} ({})\n  {weights}", row.name, row.variants.join(", "));
        for (layer, features, there) in &row.layers {
            let _ = writeln!(text, "  {} {layer:<20} {features:>5} features", if *there { "*" } else { " " });
        }
    }
    text + "* the weights at hand suffice for this layer\n"
}

pub(super) fn import(summary: &ImportSummary) -> String {
    let mut text = format!("Imported as `{}` (variant {}, hash {})\n", summary.path, summary.variant, summary.hash);
    let _ = writeln!(text, "  layers: {}", summary.layers.join(", "));
    for (layer, tensor) in &summary.missing {
        let _ = writeln!(text, "  without: {layer} (no tensor `{tensor}`)");
    }
    text
}

/// `1 image`, `2 images`.
fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Four significant places for what people compare, whole numbers as they are.
fn short(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value}")
    } else if value.abs() >= 1000.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.4}")
    }
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// Everything but the first column to the right, as numbers stand.
fn align_right(table: &mut Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    if let Some(header) = table.header().cloned() {
        let cells: Vec<Cell> = header.cell_iter().cloned().collect();
        table.set_header(cells);
    }
}
