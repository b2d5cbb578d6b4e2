//! Summary of `rails cluster` as text.

use std::fmt::Write as _;

use super::{count, plain_table, short};
use crate::cli::visible::visible;
use crate::commands::{AssignSummary, ClusterSummary, FeatureStatistics, SearchSummary, texts};
use crate::workflow::clustering::{FailedMethod, MethodSummary};

pub(in crate::cli) fn cluster(summary: &ClusterSummary) -> String {
    let found = &summary.findings;
    let mut text = String::new();
    let dataset = &found.dataset;
    let _ = writeln!(text, "Images     {} in `{}`", dataset.n_images, visible(dataset.root.display()));
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
    if let Some((field, values)) = found.field.as_ref().and_then(|field| dataset.fields.get_key_value(field)) {
        let counts: Vec<String> = values.iter().map(|(value, count)| format!("{value} {count}")).collect();
        let _ = writeln!(text, "By {field:<8}{}", counts.join(", "));
    }
    let _ = writeln!(
        text,
        "Features   {} of {}; {} embedded now, {} known before",
        found.before.n_features, found.features, found.computed, found.reused
    );
    let _ = writeln!(text, "           raw         {}", statistics(&found.before));
    let _ = writeln!(text, "           normalised  {}", statistics(&found.after));
    let kept =
        found.variance_kept.map_or_else(String::new, |kept| format!(", {:.1} % of the variance kept", kept * 100.0));
    let _ = writeln!(text, "           reduced to {}{kept}", found.n_components);
    for method in &found.methods {
        text += "\n";
        text += &clustering(method, summary);
    }
    text += &left_out(&found.failed_methods);
    let placed = found.placed;
    let _ = writeln!(
        text,
        "\nPlaced     {} images in cluster folders ({} hard links, {} symbolic links, {} copies)",
        placed.total(),
        placed.hard_links,
        placed.symbolic_links,
        placed.copies
    );
    let seconds: f64 = summary.timings.values().sum();
    let _ = writeln!(text, "Run        {} ({seconds:.1} s)", visible(summary.run.display()));
    text
}

/// Methods that could not group the images, a line each.
pub(super) fn left_out(failed: &[FailedMethod]) -> String {
    failed.iter().fold(String::new(), |mut text, FailedMethod { method, reason, .. }| {
        let _ = writeln!(text, "\n{method} is left out: {reason}");
        text
    })
}

pub(in crate::cli) fn assign(summary: &AssignSummary) -> String {
    let found = &summary.findings;
    let mut text = format!(
        "Placed     {} images into the {} clusters of `{}`\n",
        found.dataset.n_images,
        found.method,
        visible(found.assigned_to.display())
    );
    for cluster in &found.clusters {
        let _ = writeln!(text, "  {:>4}  {:>7} images", cluster.cluster, cluster.size);
    }
    if found.n_noise > 0 {
        let _ = writeln!(text, "        {:>7} images lie too far from every cluster", found.n_noise);
    }
    let _ = writeln!(text, "Run        {}", visible(summary.run.display()));
    text
}

pub(in crate::cli) fn search(summary: &SearchSummary) -> String {
    const SHOWN: usize = 20;
    let found = &summary.findings;
    let mut table = plain_table();
    let names: Vec<&String> = found.rows.first().map(|row| row.metrics.keys().collect()).unwrap_or_default();
    let header = ["rank", "network", "layers", "enhancements", "k"].into_iter();
    table.set_header(header.chain(names.iter().map(|name| name.as_str())));
    for (index, row) in found.rows.iter().take(SHOWN).enumerate() {
        let start = [
            (index + 1).to_string(),
            row.backbone.clone(),
            row.layers.join(" + "),
            texts(&row.enhance),
            row.k.to_string(),
        ];
        let metrics = names.iter().map(|name| row.metrics.get(*name).map(|value| short(*value)).unwrap_or_default());
        table.add_row(start.into_iter().chain(metrics));
    }
    let mut text = format!("{table}\n");
    if found.rows.len() > SHOWN {
        let _ = writeln!(text, "and {} more (see report.html)", found.rows.len() - SHOWN);
    }
    for left_out in &found.left_out {
        let _ = writeln!(text, "left out   {left_out}");
    }
    let settings: Vec<String> = found.recommended.iter().map(|setting| format!("--set '{setting}'")).collect();
    let _ = writeln!(text, "Recommended: rails cluster {}", settings.join(" "));
    let _ = writeln!(text, "Run        {}", visible(summary.run.display()));
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
    let found = &summary.findings;
    let parameters: Vec<String> = method.parameters.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let mut text = format!("{} ({})\n", method.method, parameters.join(", "));
    let _ =
        writeln!(text, "  {}, {} of noise", count(method.clusters.len(), "cluster"), count(method.n_noise, "image"));
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
    let n = found.dataset.n_images.max(1) as f64;
    for cluster in method.clusters.iter().take(40) {
        let values: Vec<String> =
            cluster.field_values.iter().take(5).map(|(name, count)| format!("{name} {count}")).collect();
        let rest = cluster.field_values.len().saturating_sub(5);
        let more = if rest > 0 { format!(", {rest} more") } else { String::new() };
        let share = cluster.size as f64 / n * 100.0;
        let line =
            format!("  {:>4}  {:>7} images {share:>5.1} %  {}{more}", cluster.cluster, cluster.size, values.join(", "));
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
