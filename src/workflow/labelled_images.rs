//! Labelled images from wherever they are: curated runs, `ImageFolder`s, label tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::labelling::weigh;
use super::{Context, WorkflowError, dataset};
use crate::curation::LabelTable;
use crate::data::{ImageId, Labels, Manifest, Skipped};
use crate::images::scan;
use crate::progress::Warning;
use crate::runs::{DatasetRecipe, FeatureChain, Provenance, RunKind, TrainRecipe, read_json};

/// Labelled images of one or several sources.
#[derive(Clone)]
pub(crate) struct LabelledImages {
    /// Only labelled images; each manifest has its own root.
    pub manifests: Vec<Manifest>,
    /// The same with the images without a label, which stand around the labelled ones.
    pub whole: Vec<Manifest>,
    /// The class of every image.
    pub labels: Labels,
    /// How far a label is trusted; 1 where nothing is said.
    pub weights: BTreeMap<ImageId, f32>,
    /// Files that were left out.
    pub skipped: Vec<Skipped>,
    /// Images of different classes in different places, as `path: class, class`; they are left out.
    pub conflicts: Vec<String>,
    /// Images without a label.
    pub unlabelled: usize,
    /// How the curated runs made their features, where all agree.
    pub chain: Option<FeatureChain>,
}

/// A source as found: its images, and class and weight by row.
struct Source {
    manifest: Manifest,
    labels: BTreeMap<usize, (String, f32)>,
    conflicts: Vec<String>,
    chain: Option<FeatureChain>,
}

/// Where labels are.
#[derive(Debug, Clone, Default)]
pub struct LabelSources {
    /// Curated runs, folders with one subfolder per class, label tables; none: the newest run with clusters.
    pub labelled: Vec<PathBuf>,
    /// The folder of images that a label table speaks of; without it the recipe's, else the table's own.
    pub images: Option<PathBuf>,
}

/// Reads every source.
pub(crate) fn gather(
    sources: &LabelSources,
    recipe: &TrainRecipe,
    context: &Context<'_>,
) -> Result<LabelledImages, WorkflowError> {
    let LabelSources { labelled, images } = sources;
    let labelled = match labelled.as_slice() {
        [] => vec![context.workspace.run(None, &RunKind::CLUSTERED)?],
        several => several.to_vec(),
    };
    let read = labelled
        .iter()
        .map(|source| read(source, images.as_deref(), recipe, context))
        .collect::<Result<Vec<_>, _>>()?;
    unite(read, recipe)
}

fn read(
    source: &Path,
    images: Option<&Path>,
    recipe: &TrainRecipe,
    context: &Context<'_>,
) -> Result<Source, WorkflowError> {
    if source.is_file() {
        let beside = source.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = images.or(recipe.dataset.path.as_deref()).unwrap_or(beside);
        return from_table(source, folder, &recipe.dataset, None, context);
    }
    if let Ok(run) = context.workspace.run(Some(source), &RunKind::CLUSTERED) {
        return from_run(&run, context);
    }
    if source.is_dir() {
        return from_folders(source, &recipe.dataset, context);
    }
    Err(WorkflowError::failed(
        format!("no such run, folder or table: `{}`", source.display()),
        "give a curated run, a folder with one subfolder per class, or a table with path and class",
    ))
}

fn from_run(run: &Path, context: &Context<'_>) -> Result<Source, WorkflowError> {
    let provenance: Provenance = read_json(&run.join("run.json"))?;
    let table = run.join("curation/labels.csv");
    if !table.is_file() {
        return Err(WorkflowError::failed(
            format!("nothing is labelled in the run `{}`", run.display()),
            format!("name its clusters first: `rails curate {} --apply decisions.jsonl`", run.display()),
        ));
    }
    // The log is what counts; the table may be older where the program was killed between the two.
    weigh(Some(run), context)?;
    let recipe = as_scanned(&provenance);
    let chain = Some(provenance.features);
    let mut source = from_table(&table, &provenance.dataset.root, &recipe, chain, context)?;
    if source.labels.is_empty() {
        return Err(WorkflowError::failed(
            format!(
                "no labelled image of the run `{}` is left under `{}`",
                run.display(),
                provenance.dataset.root.display()
            ),
            "label some with `rails curate`, or put the images back where they were",
        ));
    }
    source.manifest.unmatched = 0;
    Ok(source)
}

/// How the run read its files and their names.
fn as_scanned(run: &Provenance) -> DatasetRecipe {
    let of = |key: &str| run.recipe.pointer(&format!("/dataset/{key}")).cloned();
    DatasetRecipe {
        naming: of("naming").and_then(|naming| serde_json::from_value(naming).ok()),
        series: of("series").and_then(|series| series.as_bool()).unwrap_or_default(),
        frames: of("frames").and_then(|frames| Some(frames.as_str()?.to_owned())),
        ..DatasetRecipe::default()
    }
}

fn from_table(
    table: &Path,
    images: &Path,
    recipe: &DatasetRecipe,
    chain: Option<FeatureChain>,
    context: &Context<'_>,
) -> Result<Source, WorkflowError> {
    let manifest = dataset::open(Some(images), recipe, context)?;
    let matched = LabelTable::read(table)?.match_to(&manifest);
    if !matched.unknown.is_empty() {
        context.observer.warn(&Warning::LabelsWithoutImage { rows: matched.unknown.len(), table: table.to_owned() });
    }
    for class in &matched.absent {
        context.observer.warn(&Warning::ClassWithoutImage { class: class.clone() });
    }
    Ok(Source { manifest, labels: matched.labels, conflicts: matched.conflicts, chain })
}

/// `class/image.png`; folders that start with `_` hold no class.
fn from_folders(folder: &Path, recipe: &DatasetRecipe, context: &Context<'_>) -> Result<Source, WorkflowError> {
    let mut manifest = scan(folder, &recipe.scan_options(), context.observer)?;
    manifest.records.retain(|record| record.path.contains('/') && !record.path.starts_with('_'));
    let labels: BTreeMap<usize, (String, f32)> = manifest
        .records
        .iter()
        .enumerate()
        .filter_map(|(row, record)| Some((row, (record.path.split_once('/')?.0.to_owned(), 1.0))))
        .collect();
    if labels.is_empty() {
        return Err(WorkflowError::failed(
            format!("no images in class folders: `{}`", folder.display()),
            "an ImageFolder holds one subfolder per class; a run holds run.json; a table ends in .csv",
        ));
    }
    Ok(Source { manifest, labels, conflicts: Vec::new(), chain: None })
}

fn unite(sources: Vec<Source>, recipe: &TrainRecipe) -> Result<LabelledImages, WorkflowError> {
    let mut classes: BTreeMap<ImageId, BTreeSet<&str>> = BTreeMap::new();
    for source in &sources {
        for (row, (class, _)) in &source.labels {
            classes.entry(source.manifest.records[*row].id).or_default().insert(class);
        }
    }
    let mut conflicts: BTreeSet<String> = sources.iter().flat_map(|source| source.conflicts.iter().cloned()).collect();
    let mut named = Vec::new();
    let mut weights = BTreeMap::new();
    for source in &sources {
        for (row, (class, weight)) in &source.labels {
            let record = &source.manifest.records[*row];
            let all = &classes[&record.id];
            if all.len() > 1 {
                let all: Vec<&str> = all.iter().copied().collect();
                conflicts.insert(format!("{}: {}", record.path, all.join(", ")));
            } else {
                named.push((record.id, class.clone()));
                weights.insert(record.id, *weight);
            }
        }
    }
    let chain = if recipe.features.is_some() { None } else { common_chain(&sources)? };
    let labels = Labels::from_names(named);
    let whole = sources.iter().map(|source| source.manifest.clone()).collect();
    let mut seen = BTreeSet::new();
    let mut unlabelled = 0;
    let mut skipped = Vec::new();
    let manifests = sources
        .into_iter()
        .map(|source| {
            let mut manifest = source.manifest;
            let before = manifest.records.len();
            manifest.records.retain(|record| labels.get(record.id).is_some());
            unlabelled += before - manifest.records.len();
            // The same file in two sources counts once.
            let root = manifest.root.clone();
            manifest.records.retain(|record| seen.insert((record.id, root.join(&record.path))));
            skipped.append(&mut manifest.skipped);
            manifest
        })
        .collect();
    Ok(LabelledImages {
        manifests,
        whole,
        labels,
        weights,
        skipped,
        conflicts: conflicts.into_iter().collect(),
        unlabelled,
        chain,
    })
}

fn common_chain(sources: &[Source]) -> Result<Option<FeatureChain>, WorkflowError> {
    let mut chains = sources.iter().filter_map(|source| source.chain.as_ref());
    let Some(first) = chains.next() else { return Ok(None) };
    // Where counts are looked at, the brightness scale is for people only.
    let scaled = first.recipe.frame.is_none();
    if chains.any(|other| !other.agrees_with(first) || (scaled && other.depth != first.depth)) {
        return Err(WorkflowError::failed(
            "the runs were made with different features or brightness scales",
            "cluster them with one recipe, or say in the training recipe what to use: [features] and dataset.depth",
        ));
    }
    Ok(Some(first.clone()))
}
