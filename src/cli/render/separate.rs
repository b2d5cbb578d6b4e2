//! Summary of `rails separate`.

use std::fmt::Write as _;

use crate::cli::visible::visible;
use crate::commands::SeparateSummary;

pub(in crate::cli) fn separate(summary: &SeparateSummary) -> String {
    let found = &summary.findings;
    let dataset = &found.dataset;
    let mut text = format!("Tiles      {} in `{}`\n", dataset.n_images, visible(dataset.root.display()));
    if dataset.n_skipped > 0 {
        let _ = writeln!(text, "           {} files skipped (see skipped.csv)", dataset.n_skipped);
    }
    if found.inverted {
        text += "           inverted: what stands in the middle of the tiles is bright\n";
    }
    if found.replaced > 0 {
        let _ = writeln!(text, "           {} features were not finite and count as 0", found.replaced);
    }
    for layer in &found.layers {
        let sizes: Vec<String> = layer.clusters.iter().map(ToString::to_string).collect();
        let said = if layer.taken > 0 { format!("took {}", layer.taken) } else { "took none".to_owned() };
        let _ = writeln!(
            text,
            "{:<10} {said} of {} (clusters of {}; the chosen one stands out by {:.1})",
            layer.name,
            layer.tiles,
            sizes.join(", "),
            layer.stands_out
        );
    }
    let n = dataset.n_images.max(1) as f64;
    for (name, count) in &found.defects {
        let _ = writeln!(text, "  {name:<14} {count:>7} tiles {:>5.1} %", *count as f64 / n * 100.0);
    }
    let seconds: f64 = summary.timings.values().sum();
    let run = visible(summary.run.display());
    let _ = writeln!(text, "Names      rails curate {run} --apply {run}/proposals.jsonl");
    let _ = writeln!(text, "Run        {run} ({seconds:.1} s)");
    text
}
