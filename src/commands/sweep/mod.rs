//! `rails train --sweep`: every recipe of a `[sweep]`, cross-validated on the same folds.
//!
//! Images are embedded once per kind of features. Every image is predicted once by each recipe, by a classifier that
//! saw neither it, nor a copy or near duplicate of it, nor another image of its group.

mod feature_tables;
mod images;
mod page;
mod writing;

use std::collections::BTreeMap;

use serde::Serialize;

use super::CommandError;
use crate::evaluation::{CrossValidation, FoldScores, RankBy, RecipeResult, intervals, rank};
use crate::files::folds_csv;
use crate::metrics::{ConfusionMatrix, Interval};
use crate::progress::{Note, Stage, Warning};
use crate::recipes::{TrainRecipe, Variant};
use crate::runs::{DatasetSummary, RunKind};
use crate::training::{Disjointness, most_likely};
use crate::workflow::labelled_images::{LabelSources, gather};
use crate::workflow::{Context, Run, RunInputs, RunSummary};
use feature_tables::FeatureTables;
use images::{ImageFolds, SweepImages};

/// The outcome of `rails train --sweep`.
pub type SweepSummary = RunSummary<SweepFindings>;

/// Recipes, ranked by cross-validation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepFindings {
    /// Labelled images per class.
    pub classes: Vec<(String, usize)>,
    /// The score that ranks recipes.
    pub rank_by: RankBy,
    /// Images per fold.
    pub folds: Vec<usize>,
    /// The field whose values no fold shares, where one was asked for.
    pub group_by: Option<String>,
    /// For each fold the proof that what it tests shares nothing with what was learned from.
    pub disjointness: Vec<Disjointness>,
    /// Every recipe, the best first; those that failed at the end.
    pub recipes: Vec<SweepRow>,
    /// Arguments of `rails train` that train the best: `--set` and its value in turn.
    pub best: Vec<String>,
    /// Files that were left out.
    pub n_skipped: usize,
}

/// One recipe of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepRow {
    /// Names it in folds.csv: `r1`, `r2`, … in the order of the recipe file.
    pub id: String,
    /// The settings that tell it from the others, such as `classifier.hidden=[256]`.
    pub settings: Vec<String>,
    /// Its scores, absent where training failed.
    #[serde(flatten)]
    pub scores: Option<FoldScores>,
    /// 95 % intervals of scores over all images, by name; each image was predicted without having been seen.
    pub intervals: BTreeMap<String, Interval>,
    /// Whether it is within one standard error of the best, fold by fold.
    pub as_good_as_best: bool,
    /// Why it has no scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// Cross-validates every recipe of `variants` on the images of `sources`, as `rails train` takes them, and writes a
/// run.
///
/// # Errors
/// When there is too little to learn from, no recipe can be trained, or a stage fails. One recipe that cannot be
/// trained is listed with its reason.
pub fn sweep(
    recipe: &TrainRecipe,
    variants: &[Variant],
    sources: &LabelSources,
    context: &Context<'_>,
) -> Result<SweepSummary, CommandError> {
    let observer = context.observer;
    let mut run = Run::begin(RunKind::Sweep, &recipe.name, recipe.seed, recipe, context);
    let section = recipe.sweep.clone().unwrap_or_default();
    let labelled = gather(sources, &recipe.dataset, context)?;
    for conflict in &labelled.conflicts {
        observer.warn(&Warning::LabelsConflict { conflict: conflict.clone() });
    }
    if !labelled.parts.is_empty() {
        observer.note(&Note::SplitNotForFolds);
    }
    run.lap("scan");
    let tables = FeatureTables::embed(recipe, variants, &labelled, context)?;
    let images = SweepImages::of(&labelled, tables.first());
    run.lap("embed");

    // One division for all recipes: differences between them are not differences between images.
    let divided = ImageFolds::of(recipe, section.folds, &images, tables.first(), context)?;
    let stage = observer.stage(Stage::Train, variants.len() * divided.folds.k());
    let validation = CrossValidation {
        ids: &tables.first().ids,
        y: &images.y,
        classes: images.classes,
        weights: &images.weights,
        splits: &divided.splits,
        device: context.device,
        memory: context.memory,
        observer,
    };
    let results: Vec<RecipeResult> = variants
        .iter()
        .enumerate()
        .map(|(at, variant)| validation.run(&variant.recipe.classifier, variant.recipe.seed, tables.of(at).x.view()))
        .collect();
    drop(stage);
    run.lap("train");

    let order = rank(&results, section.rank_by);
    let recipes = rows(variants, &results, &order, &images, section.rank_by, recipe.seed);
    let best = recipes.first().map(arguments).transpose()?.unwrap_or_default();
    let folder = run.create_folder()?;
    let table = tables.first();
    let findings = SweepFindings {
        classes: images.class_counts(),
        rank_by: section.rank_by,
        folds: divided.sizes(),
        group_by: recipe.split.shares().group_by.clone(),
        disjointness: divided.disjointness,
        recipes,
        best,
        n_skipped: table.manifest.skipped.len(),
    };
    writing::write_folds(&folder.file(folds_csv::FILE)?, table, &images, &divided.folds, &results)?;
    // A sweep keeps no classifier, so its page is drawn from the predictions on the folds.
    if let Some((best, probabilities)) = order.first().and_then(|&best| Some((best, results[best].probabilities()?))) {
        let labelled = images.labelled(tables.of(best), probabilities.view());
        page::write(&folder, recipe, &findings, &labelled, &tables.of(best).chain, observer)?;
    }
    let dataset = DatasetSummary::of(&table.manifest);
    let inputs =
        RunInputs { dataset: &dataset, skipped: &table.manifest.skipped, chain: &table.chain, methods: Vec::new() };
    let warnings = divided.warnings;
    Ok(run.finish(folder, &inputs, findings, |findings, results| writing::record(findings, &warnings, results))?)
}

/// Arguments of `rails train` that train the recipe of `best`.
fn arguments(best: &SweepRow) -> Result<Vec<String>, CommandError> {
    if let Some(why) = &best.failed {
        let message = format!("no recipe could be trained: {why}");
        return Err(CommandError::failed(message, "mend the recipe or the labels"));
    }
    Ok(best.settings.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]).collect())
}

/// A row per recipe, in this `order`.
fn rows(
    variants: &[Variant],
    results: &[RecipeResult],
    order: &[usize],
    images: &SweepImages<'_>,
    rank_by: RankBy,
    seed: u64,
) -> Vec<SweepRow> {
    let best = order.first().and_then(|&best| results[best].scores());
    let row = |&index: &usize| {
        let result = &results[index];
        let confusion = result
            .probabilities()
            .map(|probabilities| ConfusionMatrix::of(&images.y, &most_likely(probabilities.view()), images.classes));
        SweepRow {
            id: format!("r{}", index + 1),
            settings: variants[index].arguments(),
            scores: result.scores().cloned(),
            intervals: confusion.map(|confusion| intervals(&confusion, seed)).unwrap_or_default(),
            as_good_as_best: best.zip(result.scores()).is_some_and(|(best, scores)| scores.as_good_as(best, rank_by)),
            failed: result.failed().map(ToOwned::to_owned),
        }
    };
    order.iter().map(row).collect()
}
