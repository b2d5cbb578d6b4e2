//! Which training recipe suits the images: every recipe of a `[sweep]`, cross-validated on the same folds.
//!
//! Images are embedded once per kind of features. Every image is predicted once by each recipe, by a classifier that saw
//! neither it, nor a copy or near duplicate of it, nor another image of its group.

mod cross_validation;
mod page;
mod writing;

use std::borrow::Cow;
use std::collections::BTreeMap;

use ndarray::ArrayView2;
use serde::Serialize;
use serde_json::json;

pub use cross_validation::{FoldScores, Spread};

use super::CommandError;
use super::evaluate::{Judged, JudgedImage, intervals};
use crate::data::ClassId;
use crate::metrics::{ConfusionMatrix, Interval};
use crate::progress::{Stage, Warning};
use crate::runs::{DatasetSummary, RankBy, RunKind, TrainRecipe, Variant};
use crate::training::{Disjointness, Folds, most_likely};
use crate::workflow::feature_table::{FeatureTable, embed};
use crate::workflow::labelled_images::{LabelSources, LabelledImages, gather};
use crate::workflow::split_constraints::SplitConstraints;
use crate::workflow::{Context, Run, RunInputs, RunSummary};
use cross_validation::{CrossValidation, Outcome};

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

/// Cross-validates every recipe of `variants` on `labelled`, as [`super::train`] takes it, and writes a run.
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
    let labelled = gather(sources, recipe, context)?;
    for conflict in &labelled.conflicts {
        observer.warn(&Warning::LabelsConflict { conflict: conflict.clone() });
    }
    run.lap("scan");
    let tables = Tables::embed(variants, &labelled, context)?;
    let numbers = tables.first();
    run.lap("embed");

    let classes = labelled.labels.classes();
    let y: Vec<ClassId> = numbers.ids.iter().filter_map(|id| labelled.labels.get(*id)).collect();
    let weights: Vec<f32> = numbers.ids.iter().map(|id| labelled.weights[id]).collect();
    let dividing = SplitConstraints::of(&numbers.manifest.records, numbers.x.view(), &recipe.split, observer)?;
    let divisible = dividing.divisible(&numbers.ids, &y, classes);
    let seed = recipe.split.shares().seed.unwrap_or(recipe.seed);
    let (folds, warnings) = Folds::of(&divisible, section.folds, seed)?;
    for warning in &warnings {
        observer.warn(&Warning::Split(warning.clone()));
    }
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    let splits: Vec<_> = (0..folds.k()).map(|fold| folds.split(fold, &recipe.split)).collect();
    let disjointness: Vec<_> = splits.iter().map(|split| split.disjointness(&divisible, numbers.x.view())).collect();

    let stage = observer.stage(Stage::Train, variants.len() * folds.k());
    let ids = &numbers.ids;
    let validation = CrossValidation { ids, y: &y, classes, weights: &weights, splits: &splits, context };
    let outcomes: Vec<Outcome> = variants
        .iter()
        .zip(&tables.of_variant)
        .map(|(variant, &table)| validation.judge(&variant.recipe, tables.all[table].x.view()))
        .collect();
    drop(stage);
    run.lap("train");

    let order = ranked(&outcomes, section.rank_by);
    let recipes = rows(variants, &outcomes, &order, &Truth { y: &y, classes }, section.rank_by, recipe.seed);
    let best = recipes.first().map(arguments).transpose()?.unwrap_or_default();
    let folder = run.create_folder()?;
    let dataset = DatasetSummary::of(&numbers.manifest);
    let mut counts = vec![0; classes.len()];
    for class in &y {
        counts[class.0] += 1;
    }
    let mut sizes = vec![0; folds.k()];
    for &fold in folds.of_rows() {
        sizes[fold] += 1;
    }
    let findings = SweepFindings {
        classes: classes.iter().cloned().zip(counts).collect(),
        rank_by: section.rank_by,
        folds: sizes,
        group_by: recipe.split.shares().group_by.clone(),
        disjointness,
        recipes,
        best,
        n_skipped: labelled.skipped.len().max(numbers.manifest.skipped.len()),
    };
    writing::folds_csv(&folder.file("folds.csv")?, numbers, &y, classes, &folds, &outcomes)?;
    if let Some((best, probabilities)) = order.first().and_then(|&best| Some((best, outcomes[best].probabilities()?))) {
        let numbers = &tables.all[tables.of_variant[best]];
        let judged = judged(numbers, &y, classes, probabilities.view());
        page::write(&folder, recipe, &findings, &judged, &numbers.chain, observer)?;
    }
    let skipped = &numbers.manifest.skipped;
    let inputs = RunInputs { dataset: &dataset, skipped, chain: &numbers.chain, methods: Vec::new() };
    Ok(run.finish(folder, &inputs, findings, |findings, results| writing::measure(findings, &warnings, results))?)
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
struct Tables {
    all: Vec<FeatureTable>,
    /// Which of `all` each recipe learns from.
    of_variant: Vec<usize>,
}

impl Tables {
    fn embed(variants: &[Variant], labelled: &LabelledImages, context: &Context<'_>) -> Result<Self, CommandError> {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let (mut all, mut of_variant) = (Vec::<FeatureTable>::new(), Vec::new());
        for variant in variants {
            let key = json!(variant.recipe.features).to_string();
            if !known.contains_key(&key) {
                let numbers = embed(&mut labelled.clone(), &variant.recipe, context)?;
                if all.first().is_some_and(|first| first.ids != numbers.ids) {
                    return Err(CommandError::failed(
                        "some images have no features in one recipe, but have in another",
                        "look into skipped.csv of a plain `rails train`, and leave those images out",
                    ));
                }
                known.insert(key.clone(), all.len());
                all.push(numbers);
            }
            of_variant.push(known[&key]);
        }
        Ok(Self { all, of_variant })
    }

    /// Those of the first recipe; images and their order are the same in all.
    fn first(&self) -> &FeatureTable {
        &self.all[0]
    }
}

/// What the images show.
struct Truth<'a> {
    y: &'a [ClassId],
    classes: &'a [String],
}

/// Positions among `outcomes`, the best first; equals in the order of the recipe file.
fn ranked(outcomes: &[Outcome], rank_by: RankBy) -> Vec<usize> {
    let mut order: Vec<usize> = (0..outcomes.len()).collect();
    let worth = |index: usize| outcomes[index].scores().map_or(f64::NEG_INFINITY, |scores| scores.worth(rank_by));
    order.sort_by(|&a, &b| worth(b).total_cmp(&worth(a)));
    order
}

/// A row per recipe, in this `order`.
fn rows(
    variants: &[Variant],
    outcomes: &[Outcome],
    order: &[usize],
    truth: &Truth<'_>,
    rank_by: RankBy,
    seed: u64,
) -> Vec<SweepRow> {
    let best = order.first().and_then(|&best| outcomes[best].scores());
    let row = |&index: &usize| {
        let outcome = &outcomes[index];
        let confusion = outcome
            .probabilities()
            .map(|probabilities| ConfusionMatrix::of(truth.y, &most_likely(probabilities.view()), truth.classes));
        SweepRow {
            id: format!("r{}", index + 1),
            settings: variants[index].arguments(),
            scores: outcome.scores().cloned(),
            intervals: confusion.map(|confusion| intervals(&confusion, seed)).unwrap_or_default(),
            as_good_as_best: best.zip(outcome.scores()).is_some_and(|(best, scores)| scores.as_good_as(best, rank_by)),
            failed: outcome.failed().map(ToOwned::to_owned),
        }
    };
    order.iter().map(row).collect()
}

/// All images as a recipe judged them that had not seen them; `probabilities` has shape `[n_images, n_classes]`.
fn judged<'a>(
    numbers: &'a FeatureTable,
    y: &[ClassId],
    classes: &'a [String],
    probabilities: ArrayView2<'_, f32>,
) -> Judged<'a> {
    let images = numbers.ids.iter().zip(&numbers.files).zip(&numbers.manifest.records);
    Judged {
        classes,
        images: images
            .map(|((id, file), record)| JudgedImage { id: *id, file: file.clone(), fields: record.fields.clone() })
            .collect(),
        truth: y.to_vec(),
        features: Cow::Borrowed(&numbers.x),
        uncalibrated: probabilities.to_owned(),
        probabilities: probabilities.to_owned(),
        strangeness: Vec::new(),
    }
}
