//! Summary of `rails patches`.

use std::fmt::Write as _;

use super::cluster::left_out;
use crate::cli::visible::visible;
use crate::commands::{ImageInView, PatchesMethod, PatchesSummary, SearchRow};

pub(in crate::cli) fn patches(summary: &PatchesSummary) -> String {
    let found = &summary.findings;
    let dataset = &found.dataset;
    let slices = found.slices;
    let mut text = format!(
        "Images     {} in `{}`, {}×{} patches each\n",
        dataset.n_images,
        visible(dataset.root.display()),
        slices.rows,
        slices.columns
    );
    for (count, what) in [
        (dataset.n_skipped, "files skipped (see skipped.csv)"),
        (found.ignored, "patches left out as dark or beyond the field of view"),
        (found.replaced, "statistics were not finite and count as 0"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "           {count} {what}");
        }
    }
    if let Some(parts) = &found.in_view {
        text += &field_of_view(parts);
    }
    for method in &found.methods {
        let _ = writeln!(text, "{:<10} {}", method.method, clusters(method));
    }
    text += &left_out(&found.failed_methods);
    if let Some(effect) = &found.flat_field {
        let _ = writeln!(text, "Light      without flat-field correction: {}", clusters(&effect.without));
        if let Some(agreement) = effect.agreement {
            let _ = writeln!(text, "           the two agree to {agreement:.3} (adjusted Rand index)");
        }
    }
    if let Some(search) = &found.search {
        for (what, rows) in [
            ("clusters", &search.clusters),
            ("components", &search.components),
            ("slices", &search.slices),
            ("slices and clusters", &search.slices_and_clusters),
        ] {
            if let Some(best) = rows.iter().max_by(|a, b| score(a).total_cmp(&score(b))) {
                let _ = writeln!(
                    text,
                    "Best       of {what}: {} slices, k = {}, {} components, silhouette {}",
                    best.slices,
                    best.k,
                    best.components,
                    number(best.silhouette)
                );
            }
        }
    }
    let seconds: f64 = summary.timings.values().sum();
    let _ = writeln!(text, "Run        {} ({seconds:.1} s)", visible(summary.run.display()));
    text
}

/// What was looked at of the images of which a part lies beyond the field of view.
fn field_of_view(parts: &[ImageInView]) -> String {
    /// Images that are named at most.
    const NAMED: usize = 4;
    if parts.is_empty() {
        return "Field      no part of an image lies beyond the field of view\n".to_owned();
    }
    let mut text = String::new();
    for (at, one) in parts.iter().take(NAMED).enumerate() {
        let head = if at == 0 { "Field" } else { "" };
        let _ = writeln!(text, "{head:<10} `{}`: {}", visible(&one.image), one.part);
    }
    if parts.len() > NAMED {
        let _ = writeln!(text, "           and parts of {} more images (see report.html)", parts.len() - NAMED);
    }
    text
}

fn clusters(method: &PatchesMethod) -> String {
    let sizes: Vec<String> = method.clusters.iter().map(ToString::to_string).collect();
    format!(
        "clusters of {} patches; silhouette {} clustered, {} raw",
        sizes.join(", "),
        number(method.silhouette),
        number(method.silhouette_raw)
    )
}

fn score(row: &SearchRow) -> f64 {
    row.silhouette.unwrap_or(f64::NEG_INFINITY)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("{value:.3}"))
}
