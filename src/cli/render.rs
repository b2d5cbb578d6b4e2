//! Results as text for people.

use std::fmt::Write as _;
use std::io::Write as _;

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::progress::Verbosity;
use crate::commands::{
    AssignSummary, ClusterSummary, CommandError, Compared, CurateSummary, ExportSummary, FeatureStatistics,
    GridSummary, HEADLINE, ImportSummary, MethodSummary, ModelRow, PredictSummary, TileReport, TrainSummary,
    more_is_better,
};

/// Writes to stdout. A reader that went away (`| head`) is no failure.
pub(super) fn out(text: &str) -> Result<(), CommandError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CommandError::Io { path: "<stdout>".into(), source: error })
        }
        _ => Ok(()),
    }
}

/// Writes to stderr what is no data, unless the user wants quiet.
pub(super) fn note(verbosity: Verbosity, text: &str) {
    if verbosity != Verbosity::Quiet {
        eprint!("{text}");
    }
}

/// What happened, why, and what to do about it.
pub(super) fn error(error: &CommandError) {
    let mut text = format!("error: {error}");
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !said.contains(&cause_text) {
            let _ = write!(text, "\n  because: {cause_text}");
            said += &cause_text;
        }
        source = cause.source();
    }
    if let Some(hint) = error.hint() {
        let _ = write!(text, "\nhint: {hint}");
    }
    eprintln!("{text}");
}

pub(super) fn tile(report: &TileReport) -> String {
    let mut text = format!("{} tiles from {} images in `{}`\n", report.tiles, report.images, report.output);
    if !report.skipped.is_empty() {
        let _ = writeln!(text, "{} files skipped, the first: {}", report.skipped.len(), report.skipped[0].reason);
    }
    text
}

pub(super) fn cluster(summary: &ClusterSummary) -> String {
    let mut text = String::new();
    let dataset = &summary.dataset;
    let _ = writeln!(text, "Images     {} in `{}`", dataset.n_images, dataset.root.display());
    let mut remarks = Vec::new();
    for (count, what) in [
        (dataset.n_duplicates, "exact duplicates"),
        (dataset.n_unmatched, "names that do not match the template"),
        (dataset.n_skipped, "files skipped (see skipped.csv)"),
    ] {
        if count > 0 {
            remarks.push(format!("{count} {what}"));
        }
    }
    if !remarks.is_empty() {
        let _ = writeln!(text, "           {}", remarks.join(", "));
    }
    if let Some((field, values)) = summary.field.as_ref().and_then(|field| dataset.fields.get_key_value(field)) {
        let counts: Vec<String> = values.iter().map(|(value, count)| format!("{value} {count}")).collect();
        let _ = writeln!(text, "By {field:<8}{}", counts.join(", "));
    }
    let _ = writeln!(
        text,
        "Features   {} of {}; {} embedded now, {} known before",
        summary.before.n_features, summary.features, summary.computed, summary.reused
    );
    let _ = writeln!(text, "           raw         {}", statistics(&summary.before));
    let _ = writeln!(text, "           normalised  {}", statistics(&summary.after));
    let kept =
        summary.variance_kept.map_or_else(String::new, |kept| format!(", {:.1} % of the variance kept", kept * 100.0));
    let _ = writeln!(text, "           reduced to {}{kept}", summary.n_components);
    for method in &summary.methods {
        text += "\n";
        text += &clustering(method, summary);
    }
    let placed = summary.placed;
    let _ = writeln!(
        text,
        "\nPlaced     {} images in cluster folders ({} hard links, {} symbolic links, {} copies)",
        placed.total(),
        placed.hard_links,
        placed.symbolic_links,
        placed.copies
    );
    let seconds: f64 = summary.timings.values().sum();
    let _ = writeln!(text, "Run        {} ({seconds:.1} s)", summary.run.display());
    text
}

pub(super) fn assign(summary: &AssignSummary) -> String {
    let mut text = format!(
        "Placed     {} images into the {} clusters of `{}`\n",
        summary.dataset.n_images,
        summary.method,
        summary.assigned_to.display()
    );
    for cluster in &summary.clusters {
        let _ = writeln!(text, "  {:>4}  {:>7} images", cluster.cluster, cluster.size);
    }
    if summary.n_noise > 0 {
        let _ = writeln!(text, "        {:>7} images lie too far from every cluster", summary.n_noise);
    }
    let _ = writeln!(text, "Run        {}", summary.run.display());
    text
}

pub(super) fn grid(summary: &GridSummary) -> String {
    const SHOWN: usize = 20;
    let mut table = plain_table();
    let names: Vec<&String> = summary.rows.first().map(|row| row.metrics.keys().collect()).unwrap_or_default();
    let header = ["rank", "network", "layers", "enhancements", "k"].into_iter();
    table.set_header(header.chain(names.iter().map(|name| name.as_str())));
    for (index, row) in summary.rows.iter().take(SHOWN).enumerate() {
        let start = [
            (index + 1).to_string(),
            row.backbone.clone(),
            row.layers.join(" + "),
            row.enhance.join(", "),
            row.k.to_string(),
        ];
        let metrics = names.iter().map(|name| row.metrics.get(*name).map(|value| short(*value)).unwrap_or_default());
        table.add_row(start.into_iter().chain(metrics));
    }
    let mut text = format!("{table}\n");
    if summary.rows.len() > SHOWN {
        let _ = writeln!(text, "and {} more (see report.html)", summary.rows.len() - SHOWN);
    }
    for left_out in &summary.left_out {
        let _ = writeln!(text, "left out   {left_out}");
    }
    let settings: Vec<String> = summary.recommended.iter().map(|setting| format!("--set '{setting}'")).collect();
    let _ = writeln!(text, "Recommended: rails cluster {}", settings.join(" "));
    let _ = writeln!(text, "Run        {}", summary.run.display());
    text
}

/// Whether a metric of this name belongs into a line.
type Belongs = fn(&str) -> bool;

/// Metrics by what they are measured against, one line each.
const METRIC_LINES: [(&str, Belongs); 3] =
    [("itself", |name| !is_of_truth(name) && !is_of_field(name)), ("fields", is_of_field), ("truth", is_of_truth)];

fn is_of_truth(name: &str) -> bool {
    ["purity", "nmi", "ari", "hungarian_accuracy"].contains(&name)
}

fn is_of_field(name: &str) -> bool {
    name.starts_with("nmi_") || name.starts_with("cramers_v_")
}

fn clustering(method: &MethodSummary, summary: &ClusterSummary) -> String {
    let parameters: Vec<String> = method.parameters.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let mut text = format!("{} ({})\n", method.method, parameters.join(", "));
    let _ = writeln!(text, "  {} clusters, {} images of noise", method.clusters.len(), method.n_noise);
    for (topic, belongs) in METRIC_LINES {
        let line: Vec<String> = method
            .metrics
            .iter()
            .filter(|(name, _)| belongs(name))
            .map(|(name, value)| format!("{name} {}", short(*value)))
            .collect();
        if !line.is_empty() {
            let _ = writeln!(text, "  {topic:<8} {}", line.join(", "));
        }
    }
    for note in &method.notes {
        let _ = writeln!(text, "  {note}");
    }
    let n = summary.dataset.n_images.max(1) as f64;
    for cluster in method.clusters.iter().take(40) {
        let tenants: Vec<String> =
            cluster.tenants.iter().take(5).map(|(name, count)| format!("{name} {count}")).collect();
        let rest = cluster.tenants.len().saturating_sub(5);
        let more = if rest > 0 { format!(", {rest} more") } else { String::new() };
        let share = cluster.size as f64 / n * 100.0;
        let line = format!(
            "  {:>4}  {:>7} images {share:>5.1} %  {}{more}",
            cluster.cluster,
            cluster.size,
            tenants.join(", ")
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if method.clusters.len() > 40 {
        let _ = writeln!(text, "        and {} more clusters (see results.json)", method.clusters.len() - 40);
    }
    text
}

fn statistics(s: &FeatureStatistics) -> String {
    format!("mean {:.4}, std {:.4}, min {:.4}, max {:.4}", s.mean, s.std, s.min, s.max)
}

pub(super) fn curate(summary: &CurateSummary) -> String {
    let mut text =
        format!("{} new decisions, {} in all, in `{}`\n", summary.new_decisions, summary.decisions, summary.run);
    for (class, count) in &summary.classes {
        let _ = writeln!(text, "  {class:<24} {count:>7} images");
    }
    for (reason, count) in &summary.removed {
        let reason = if reason.is_empty() { "no reason given" } else { reason };
        let _ = writeln!(text, "  removed: {reason:<15} {count:>7} images");
    }
    let _ = writeln!(text, "  {:<24} {:>7} images", "(no label yet)", summary.unlabelled);
    if summary.elsewhere > 0 {
        let _ = writeln!(text, "  {} decisions are on images that this run does not have", summary.elsewhere);
    }
    for open in &summary.open {
        let _ = writeln!(text, "open: {open}");
    }
    text
}

pub(super) fn export(summary: &ExportSummary) -> String {
    let mut text = format!("Exported to `{}`\n", summary.output);
    for (class, count) in &summary.classes {
        let _ = writeln!(text, "  {class:<24} {count:>7} images");
    }
    for (reason, count) in &summary.removed {
        let _ = writeln!(text, "  _removed/{reason:<15} {count:>7} images");
    }
    if summary.unlabelled > 0 {
        let _ = writeln!(text, "{} images without a label were left out", summary.unlabelled);
    }
    if let Some(first) = summary.missing.first() {
        let _ = writeln!(text, "{} files are gone, the first: `{first}`", summary.missing.len());
    }
    text
}

pub(super) fn train(summary: &TrainSummary) -> String {
    let [train, validation, test] = summary.split;
    let classes: Vec<String> = summary.classes.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let mut text = format!("Labels     {}\n", classes.join(", "));
    if summary.unlabelled > 0 {
        let _ = writeln!(text, "           {} images have no label and were left out", summary.unlabelled);
    }
    if !summary.conflicts.is_empty() {
        let _ =
            writeln!(text, "           {} images have conflicting labels and were left out", summary.conflicts.len());
    }
    let _ = writeln!(text, "Split      {train} train, {validation} validation, {test} test");
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

pub(super) fn predict(summary: &PredictSummary) -> String {
    let counts: Vec<String> = summary.counts.iter().map(|(class, count)| format!("{class} {count}")).collect();
    let mut text = format!("Predicted  {} images: {}\n", summary.counts.values().sum::<usize>(), counts.join(", "));
    let _ = writeln!(
        text,
        "           mean confidence {:.3}, checkpoint `{}`",
        summary.mean_confidence,
        summary.checkpoint.display()
    );
    if let Some(first) = summary.skipped.first() {
        let _ =
            writeln!(text, "Skipped    {} files, the first: {}: `{}`", summary.skipped.len(), first.reason, first.path);
    }
    text
}

pub(super) fn compare(compared: &Compared) -> String {
    let mut table = plain_table();
    table.set_header(std::iter::once("metric").chain(compared.runs.iter().map(String::as_str)));
    let (headlines, rest): (Vec<&String>, Vec<&String>) = compared
        .metrics
        .keys()
        .filter(|name| !["per_class.", "disjointness.", "split."].iter().any(|detail| name.starts_with(detail)))
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
        table.set_header(std::iter::once("setting that differs").chain(compared.runs.iter().map(String::as_str)));
        for (name, values) in &compared.differences {
            table.add_row(std::iter::once(name).chain(values));
        }
        let _ = writeln!(text, "\n{table}");
    }
    if let Some(plot) = &compared.plot {
        let _ = writeln!(text, "\n* best of the row; bar chart: {}", plot.display());
    }
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
