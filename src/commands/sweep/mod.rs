//! Which training recipe suits the images: every recipe of a `[sweep]`, cross-validated on the same folds.
//!
//! Images are embedded once per kind of features. Every image is predicted once by each recipe, by a classifier that saw
//! neither it, nor a copy or near duplicate of it, nor another image of its group.

mod page;
mod writing;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use ndarray::ArrayView2;
use serde::Serialize;
use serde_json::json;

use super::CommandError;
use crate::data::ClassId;
use crate::evaluation::{
    CrossValidation, FoldScores, LabelledImage, LabelledPredictions, Predictions, RankBy, RecipeResult, intervals, rank,
};
use crate::metrics::{ConfusionMatrix, Interval};
use crate::progress::{Stage, Warning};
use crate::runs::{DatasetSummary, RunKind, TrainRecipe, Variant};
use crate::training::{Disjointness, Folds, Split, most_likely};
use crate::workflow::feature_table::{FeatureTable, embed};
use crate::workflow::labelled_images::{LabelSources, LabelledImages, gather};
use crate::workflow::split_constraints::SplitConstraints;
use crate::workflow::{Context, Run, RunInputs, RunSummary};

/// The outcome of `rails train --sweep`.
pub type SweepSummary = RunSummary<SweepFindings>;

/// Recipes, ranked by cross-validation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepFindings {
    /// Labelled images per class.
    pub classes: Vec<(String, usize)>,
    /// What recipes are ranked by.
    pub rank_by: RankBy,
    /// Images per fold.
    pub folds: Vec<usize>,
    /// The field whose values no fold shares, where one was asked for.
    pub group_by: Option<String>,
    /// For each fold the proof that what it tests shares nothing with what was learned from.
    pub disjointness: Vec<Disjointness>,
    /// Every recipe, the best first; those that failed at the end.
    pub recipes: Vec<SweepRow>,
    /// What `rails train` needs besides to train the best: `--set` and its value in turn.
    pub best: Vec<String>,
    /// Files that were left out.
    pub n_skipped: usize,
}

/// One recipe of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepRow {
    /// Names it in folds.csv: `r1`, `r2`, … in the order of the recipe file.
    pub id: String,
    /// What it sets, such as `mlp.hidden=[256]`.
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

/// Cross-validates every recipe of `variants` on the images of `sources`, as `rails train` takes them, and writes a run.
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
    run.lap("scan");
    let tables = FeatureTables::embed(recipe, variants, &labelled, context)?;
    let images = SweepImages::of(&labelled, tables.first());
    run.lap("embed");

    let divided = Divided::of(recipe, section.folds, &images, tables.first(), context)?;
    let stage = observer.stage(Stage::Train, variants.len() * divided.folds.k());
    let validation = CrossValidation {
        ids: &tables.first().ids,
        y: &images.y,
        classes: images.classes,
        weights: &images.weights,
        splits: &divided.splits,
        device: context.device,
        observer,
    };
    let results: Vec<RecipeResult> = variants
        .iter()
        .enumerate()
        .map(|(at, variant)| validation.run(&variant.recipe.head(), variant.recipe.seed, tables.of(at).x.view()))
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
    writing::folds_csv(&folder.file("folds.csv")?, table, &images, &divided.folds, &results)?;
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

/// What `rails train` needs to hear to train the recipe of `best`.
fn arguments(best: &SweepRow) -> Result<Vec<String>, CommandError> {
    if let Some(why) = &best.failed {
        let message = format!("no recipe could be trained: {why}");
        return Err(CommandError::failed(message, "mend the recipe or the labels"));
    }
    Ok(best.settings.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]).collect())
}

/// Features of all images, once per kind.
struct FeatureTables {
    all: Vec<FeatureTable>,
    /// Which of `all` each recipe learns from.
    of_variant: Vec<usize>,
}

impl FeatureTables {
    fn embed(
        recipe: &TrainRecipe,
        variants: &[Variant],
        labelled: &LabelledImages,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let chain = labelled.chain(recipe.features.as_ref())?;
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let (mut all, mut of_variant) = (Vec::<FeatureTable>::new(), Vec::new());
        for variant in variants {
            let key = json!(variant.recipe.features).to_string();
            if !known.contains_key(&key) {
                let table = embed(labelled, chain, &variant.recipe, context)?;
                if all.first().is_some_and(|first| first.ids != table.ids) {
                    return Err(CommandError::failed(
                        "some images have no features in one recipe, but have in another",
                        "look into skipped.csv of a plain `rails train`, and leave those images out",
                    ));
                }
                known.insert(key.clone(), all.len());
                all.push(table);
            }
            of_variant.push(known[&key]);
        }
        Ok(Self { all, of_variant })
    }

    /// Those of the first recipe; images and their order are the same in all.
    fn first(&self) -> &FeatureTable {
        &self.all[0]
    }

    /// Those that the recipe at this position learns from.
    fn of(&self, variant: usize) -> &FeatureTable {
        &self.all[self.of_variant[variant]]
    }
}

/// What the images show, and how far that is trusted: one entry per row of the features.
struct SweepImages<'a> {
    classes: &'a [String],
    y: Vec<ClassId>,
    weights: Vec<f32>,
}

impl<'a> SweepImages<'a> {
    fn of(labelled: &'a LabelledImages, table: &FeatureTable) -> Self {
        Self {
            classes: labelled.labels.classes(),
            y: table.ids.iter().filter_map(|id| labelled.labels.get(*id)).collect(),
            weights: table.ids.iter().map(|id| labelled.weights[id]).collect(),
        }
    }

    fn class_counts(&self) -> Vec<(String, usize)> {
        let mut counts = vec![0; self.classes.len()];
        for class in &self.y {
            counts[class.0] += 1;
        }
        self.classes.iter().cloned().zip(counts).collect()
    }

    /// All images as a recipe predicted them without having seen them; `probabilities` has shape
    /// `[n_images, n_classes]`.
    fn labelled(&self, table: &'a FeatureTable, probabilities: ArrayView2<'_, f32>) -> LabelledPredictions<'a> {
        let images = table.ids.iter().zip(&table.files).zip(&table.manifest.records);
        LabelledPredictions {
            classes: self.classes,
            images: images
                .map(|((id, file), record)| LabelledImage {
                    id: *id,
                    file: file.clone(),
                    fields: record.fields.clone(),
                })
                .collect(),
            truth: self.y.clone(),
            features: Cow::Borrowed(&table.x),
            predictions: Predictions {
                uncalibrated: probabilities.to_owned(),
                probabilities: probabilities.to_owned(),
                novelty: Vec::new(),
            },
        }
    }
}

/// The images in folds, the same for all recipes.
struct Divided {
    folds: Folds,
    /// One per fold.
    splits: Vec<Split>,
    disjointness: Vec<Disjointness>,
    warnings: Vec<String>,
}

impl Divided {
    fn of(
        recipe: &TrainRecipe,
        k: NonZeroUsize,
        images: &SweepImages<'_>,
        table: &FeatureTable,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let constraints =
            SplitConstraints::of(&table.manifest.records, table.x.view(), &recipe.split, context.observer)?;
        let divisible = constraints.divisible(&table.ids, &images.y, images.classes);
        let seed = recipe.split.shares().seed.unwrap_or(recipe.seed);
        let (folds, warnings) = Folds::of(&divisible, k, seed)?;
        for warning in &warnings {
            context.observer.warn(&Warning::Split(warning.clone()));
        }
        let splits: Vec<Split> = (0..folds.k()).map(|fold| folds.split(fold, &recipe.split)).collect();
        let disjointness = splits.iter().map(|split| split.disjointness(&divisible, table.x.view())).collect();
        Ok(Self { folds, splits, disjointness, warnings: warnings.iter().map(ToString::to_string).collect() })
    }

    /// Images per fold.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.folds.k()];
        for &fold in self.folds.of_rows() {
            sizes[fold] += 1;
        }
        sizes
    }
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
