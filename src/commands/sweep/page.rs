//! report.html of a sweep: which recipe to take, and how it fared on the images it had not seen.

use super::{SweepFindings, SweepRow};
use crate::commands::CommandError;
use crate::evaluation::{Evaluation, FoldStatistics, LabelledPredictions, NovelImages};
use crate::progress::Observer;
use crate::recipes::{TrainRecipe, to_toml};
use crate::report::{PageBlock, PageSection, SweepPlot, SweepPoint};
use crate::runs::{FeatureChain, RunDir};
use crate::workflow::evaluation_report::EvaluationReport;
use crate::workflow::report_blocks;

/// Writes tables, plots and the page; `labelled` are all images as the best recipe called them, `chain` its features.
pub(super) fn write(
    run: &RunDir,
    recipe: &TrainRecipe,
    summary: &SweepFindings,
    labelled: &LabelledPredictions<'_>,
    chain: &FeatureChain,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    let report = EvaluationReport {
        run,
        title: format!("rails train --sweep: {}", recipe.name),
        part: "held-out",
        labelled,
        novel: &NovelImages::default(),
        novel_classes: &[],
        evaluation: &Evaluation::of(labelled, 1.0, recipe.seed),
        rejection: None,
        depth: chain.depth,
        explainer: Err("A sweep keeps none of its classifiers: train the recommended recipe to see this.".to_owned()),
        facts: facts(summary, chain.to_string()),
        first: vec![recipes(run, summary)?],
        more: Vec::new(),
        settings: to_toml(recipe).unwrap_or_default().lines().map(str::to_owned).collect(),
    };
    Ok(report.write(observer)?)
}

/// Names and values at the top; `features` are those of the best recipe.
fn facts(summary: &SweepFindings, features: String) -> Vec<(String, String)> {
    let sizes: Vec<String> = summary.folds.iter().map(usize::to_string).collect();
    let grouped = summary.group_by.as_ref().map_or_else(String::new, |field| format!(", no {field} in two"));
    [
        ("Labelled images", summary.folds.iter().sum::<usize>().to_string()),
        ("Classes", summary.classes.len().to_string()),
        ("Recipes", summary.recipes.len().to_string()),
        ("Folds", format!("{} of {} images{grouped}", sizes.len(), sizes.join(", "))),
        ("Ranked by", summary.rank_by.to_string()),
        ("Features of the best", features),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Draws `plots/sweep.png` and says which recipe to take.
fn recipes(run: &RunDir, summary: &SweepFindings) -> Result<PageSection, CommandError> {
    let point = |row: &SweepRow| {
        let spread = row.scores.as_ref()?.of(summary.rank_by);
        let folds = spread.folds.clone();
        Some(SweepPoint { name: name(row), folds, mean: spread.mean, as_good_as_best: row.as_good_as_best })
    };
    let points: Vec<SweepPoint> = summary.recipes.iter().filter_map(point).collect();
    let how = "A row per recipe, a small disc per fold, a large one for their mean. Discs far apart mean that the score \
               depends on which images are tested more than on the recipe.";
    let mut blocks: Vec<PageBlock> = advice(summary).into_iter().map(PageBlock::Paragraph).collect();
    let plot = SweepPlot { metric: &summary.rank_by.to_string(), points: &points };
    blocks.push(report_blocks::plot(run, "sweep", how, &plot)?);
    blocks.push(table(summary));
    Ok(PageSection { title: "Which recipe?".to_owned(), blocks })
}

fn advice(summary: &SweepFindings) -> Vec<String> {
    let Some(best) = summary.recipes.first() else { return Vec::new() };
    let how = if summary.best.is_empty() {
        "train the recipe as it is".to_owned()
    } else {
        format!("train with {}", summary.best.join(" "))
    };
    let mut sentences = vec![format!(
        "Recommended: {} ({}), the best of {} by {}. To get it, {how}.",
        best.id,
        name(best),
        summary.recipes.len(),
        summary.rank_by
    )];
    let equals: Vec<&str> =
        summary.recipes.iter().skip(1).filter(|row| row.as_good_as_best).map(|row| row.id.as_str()).collect();
    if !equals.is_empty() {
        sentences.push(format!(
            "As good as the best, within one standard error of the difference fold by fold: {}. Of these the simplest \
             is as safe a choice.",
            equals.join(", ")
        ));
    }
    sentences.push(
        "The best of many recipes owes part of its lead to chance: on new images expect a little less than its score."
            .to_owned(),
    );
    sentences
}

fn table(summary: &SweepFindings) -> PageBlock {
    let spread = format!("± {}", summary.rank_by);
    let columns =
        ["recipe", "settings", "≈", "accuracy", "balanced", "macro F1", "log loss", &spread, "95 %", "seconds"];
    let rows = summary.recipes.iter().map(|row| {
        let mut cells = vec![row.id.clone(), name(row)];
        let Some(scores) = &row.scores else {
            cells.extend([String::new(), row.failed.clone().unwrap_or_default()]);
            return cells;
        };
        cells.push(if row.as_good_as_best { "≈" } else { "" }.to_owned());
        let mean = |spread: &FoldStatistics| format!("{:.4}", spread.mean);
        cells.extend([&scores.accuracy, &scores.balanced_accuracy, &scores.macro_f1, &scores.log_loss].map(mean));
        cells.push(format!("{:.4}", scores.of(summary.rank_by).std));
        let interval = row.intervals.get(summary.rank_by.key()).map(|i| format!("{:.4} – {:.4}", i.low, i.high));
        cells.extend([interval.unwrap_or_default(), format!("{:.2}", scores.seconds.mean)]);
        cells
    });
    PageBlock::Table {
        caption: "Every recipe, the best first: means over the folds, and how far the score that ranks them varies from \
                  fold to fold (standard deviation). ≈ is as good as the best. The 95 % interval tells how far other \
                  images of the same kind may move that score (1000 bootstrap resamples of all images, each judged by a \
                  classifier that had not seen it). Seconds are for one fold."
            .to_owned(),
        rows: rows.collect(),
        columns: columns.map(str::to_owned).to_vec(),
    }
}

fn name(row: &SweepRow) -> String {
    if row.settings.is_empty() { "as it is".to_owned() } else { row.settings.join("  ") }
}
