//! report.html of a search: the ranking, and what was left out.

use super::{CombinationRow, texts};
use crate::recipes::SearchRecipe;
use crate::report::{PageBlock, Report};
use crate::runs::DatasetSummary;

pub(super) fn page(
    recipe: &SearchRecipe,
    dataset: &DatasetSummary,
    rows: &[CombinationRow],
    left_out: &[String],
    recommended: &[String],
) -> Report {
    let mut report = Report::new(format!("rails search: {}", recipe.name));
    report.fact("Images", dataset.n_images.to_string());
    report.fact("Combinations", rows.len().to_string());
    let names: Vec<String> = rows
        .iter()
        .flat_map(|row| row.metrics.keys().cloned())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut columns: Vec<String> = ["rank", "network", "layers", "enhancements", "k"].map(str::to_owned).to_vec();
    columns.extend(names.iter().cloned());
    let cells = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let mut cells = vec![
                (index + 1).to_string(),
                row.backbone.clone(),
                row.layers.join(" + "),
                texts(&row.enhance),
                row.k.to_string(),
            ];
            cells.extend(
                names.iter().map(|name| row.metrics.get(name).map(|value| format!("{value:.4}")).unwrap_or_default()),
            );
            cells
        })
        .collect();
    let mut blocks = vec![
        PageBlock::Paragraph(format!("Recommended: {}", recommended.join(", "))),
        PageBlock::Paragraph(
            "Scores of different features are measured in different spaces: take close ones as equal, and look at the \
             clusters before trusting a rank."
                .to_owned(),
        ),
        PageBlock::Table { caption: "Every combination, the best first".to_owned(), columns, rows: cells },
    ];
    if !left_out.is_empty() {
        blocks.push(PageBlock::Table {
            caption: "Left out".to_owned(),
            columns: vec!["combination".to_owned()],
            rows: left_out.iter().map(|line| vec![line.clone()]).collect(),
        });
    }
    report.section("Ranking", blocks);
    report
}
