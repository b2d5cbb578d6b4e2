//! Labelled images from wherever they are: curated runs, `ImageFolder`s, label tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::class_folders::{ClassFolders, tell_alike};
use super::labelling::weigh;
use super::run_images::locate;
use super::{Context, WorkflowError, Workspace, dataset};
use crate::curation::{LabelTable, MatchedLabels};
use crate::data::{ClassName, ImageId, Labels, Manifest, Skipped, path_text};
use crate::files::{ImagesTable, images_csv};
use crate::images::scan;
use crate::progress::{Note, Warning};
use crate::recipes::{DatasetRecipe, FeaturesRecipe, Slices};
use crate::runs::{FeatureChain, Provenance, RunKind};
use crate::training::Part;

/// Labelled images of one or several sources.
#[derive(Clone)]
pub(crate) struct LabelledImages {
    /// Only labelled images; each manifest has its own root.
    pub manifests: Vec<Manifest>,
    /// The same with the images without a label, which stand around the labelled ones.
    pub whole: Vec<Manifest>,
    /// The class of every image.
    pub labels: Labels,
    /// Weight of a label, from 0 to 1; 1 by default.
    pub weights: BTreeMap<ImageId, f32>,
    /// The parts of a split that the sources keep an image in; the first of them is its own.
    pub parts: BTreeMap<ImageId, BTreeSet<Part>>,
    /// Files that were left out.
    pub skipped: Vec<Skipped>,
    /// Images of different classes in different places, as `path: class, class`; they are left out.
    pub conflicts: Vec<String>,
    /// Images without a label.
    pub unlabelled: usize,
    /// Where the images are patches: how they were sliced.
    pub slices: Option<Slices>,
    /// How the curated runs among the sources made their features.
    chains: Vec<FeatureChain>,
}

/// The images of one source, with class and weight by row.
struct SourceImages {
    manifest: Manifest,
    labels: BTreeMap<usize, (ClassName, f32)>,
    /// The part of a split that the source keeps an image in.
    parts: BTreeMap<usize, Part>,
    conflicts: Vec<String>,
    chain: Option<FeatureChain>,
}

/// Where labels are.
#[derive(Debug, Clone, Default)]
pub struct LabelSources {
    /// Curated runs, folders with one subfolder per class, label tables; none: the newest run with clusters.
    pub labelled: Vec<PathBuf>,
    /// The folder of images that a label table speaks of, or that those of a run have moved to; without it the recipe's,
    /// else the table's own or the run's.
    pub images: Option<PathBuf>,
}

/// Reads every source, as `dataset` says where no curated run does, and unites them.
///
/// # Errors
/// When a source is not there, or nothing in it is labelled.
pub(crate) fn gather(
    sources: &LabelSources,
    dataset: &DatasetRecipe,
    context: &Context<'_>,
) -> Result<LabelledImages, WorkflowError> {
    let LabelSources { labelled, images } = sources;
    let labelled = match labelled.as_slice() {
        [] => vec![context.workspace.run(None, &RunKind::CLUSTERED)?],
        several => several.to_vec(),
    };
    let read = labelled
        .iter()
        .map(|source| read(source, images.as_deref(), labelled.len() == 1, dataset, context))
        .collect::<Result<Vec<_>, _>>()?;
    let slices = |source: &SourceImages| source.chain.as_ref().and_then(|chain| chain.slices);
    if read.windows(2).any(|two| slices(&two[0]) != slices(&two[1])) {
        return Err(WorkflowError::failed(
            "patches of one size and other images cannot be learned together",
            "train on runs over patches with the same `patches.slices`, or on whole images",
        ));
    }
    let labelled = unite(read);
    tell_alike(labelled.labels.classes(), context.observer);
    Ok(labelled)
}

fn read(
    source: &Path,
    images: Option<&Path>,
    alone: bool,
    recipe: &DatasetRecipe,
    context: &Context<'_>,
) -> Result<SourceImages, WorkflowError> {
    if source.is_file() {
        let beside = source.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = images.or(recipe.path.as_deref()).unwrap_or(beside);
        return from_table(source, folder, recipe, None, context);
    }
    if let Ok(run) = context.workspace.run(Some(source), &RunKind::CLUSTERED) {
        return from_run(&run, images, alone, context);
    }
    if let Some(images) = images.filter(|images| *images != source && source.is_dir()) {
        return Err(WorkflowError::Usage(format!(
            "`--images {}` says where the images of a table lie, and `{}` is a folder of images: leave one of them out",
            images.display(),
            source.display()
        )));
    }
    if source.is_dir() {
        return from_folders(source, recipe, context);
    }
    Err(WorkflowError::failed(
        format!("no such run, folder or table: `{}`", source.display()),
        "give a curated run, a folder with one subfolder per class, or a table with path and class",
    ))
}

/// `images` is where somebody says the images lie: those of this run where it is `alone`, else of one of several sources.
fn from_run(
    run: &Path,
    images: Option<&Path>,
    alone: bool,
    context: &Context<'_>,
) -> Result<SourceImages, WorkflowError> {
    let provenance = Provenance::read(run)?;
    let table = run.join("curation/labels.csv");
    if !table.is_file() {
        return Err(WorkflowError::failed(
            format!("nothing is labelled in the run `{}`", run.display()),
            format!("name its clusters first: `rails curate {} --apply decisions.jsonl`", run.display()),
        ));
    }
    let rows = ImagesTable::read(&run.join(images_csv::FILE), &[], &[])?.rows;
    let root = match locate(run, &provenance, &rows, images) {
        Err(_) if !alone => locate(run, &provenance, &rows, None)?,
        located => located?,
    };
    let Some(root) = root else {
        let was = provenance.dataset.root.display();
        return Err(WorkflowError::failed(
            format!("the images of the run `{}` are not where they were: `{was}`", run.display()),
            "say with --images where they lie now, or put them back",
        ));
    };
    // The log is what counts; the table may be older where the program was killed between the two.
    let workspace = Workspace { images: Some(root.clone()), ..context.workspace.clone() };
    weigh(Some(run), &Context { workspace: &workspace, ..*context })?;
    let recipe = provenance.reading();
    let chain = Some(provenance.features);
    let mut source = from_table(&table, &root, &recipe, chain, context)?;
    if source.labels.is_empty() {
        return Err(WorkflowError::failed(
            format!("no labelled image of the run `{}` is left under `{}`", run.display(), root.display()),
            "label some with `rails curate`, or put the images back where they were",
        ));
    }
    source.manifest.unmatched = 0;
    Ok(source)
}

fn from_table(
    table: &Path,
    images: &Path,
    recipe: &DatasetRecipe,
    chain: Option<FeatureChain>,
    context: &Context<'_>,
) -> Result<SourceImages, WorkflowError> {
    let slices = chain.as_ref().and_then(|chain| chain.slices);
    let table_of_labels = LabelTable::read(table, context.observer)?;
    if slices.is_none() && table_of_labels.names_patches() {
        return Err(WorkflowError::failed(
            format!("the table names patches, and does not say how images are sliced: `{}`", table.display()),
            "give the run over patches itself, or `rails curate RUN --export DIR --format imagefolder` and that folder",
        ));
    }
    let manifest = dataset::sliced(dataset::open(Some(images), recipe, context)?, slices, context.memory)?;
    let matched = table_of_labels.match_to(&manifest);
    for warning in matched.warnings(table) {
        context.observer.warn(&Warning::Labels(warning));
    }
    if let Some(sides) = matched.both_sides().filter(|_| matched.labels.is_empty() && matched.conflicts.is_empty()) {
        let (table, images) = (table.display(), images.display());
        return Err(WorkflowError::failed(format!("no row of `{table}` names an image below `{images}`"), sides));
    }
    for class in &matched.absent {
        context.observer.warn(&Warning::ClassWithoutImage { class: class.to_string() });
    }
    let MatchedLabels { labels, conflicts, .. } = matched;
    Ok(SourceImages { manifest, labels, parts: BTreeMap::new(), conflicts, chain })
}

/// `class/image.png`, or `train/class/image.png`; folders that start with `_` hold no class.
fn from_folders(folder: &Path, recipe: &DatasetRecipe, context: &Context<'_>) -> Result<SourceImages, WorkflowError> {
    let mut manifest = scan(folder, &recipe.scan_options(), context.observer)?;
    manifest.records.retain(|record| record.path.contains('/') && !record.path.starts_with('_'));
    let ClassFolders { classes, parts, part_folders, left_out } = ClassFolders::of(&manifest, context.observer)?;
    if classes.is_empty() {
        return Err(WorkflowError::failed(
            format!("no images in class folders: `{}`", folder.display()),
            "an ImageFolder holds one subfolder per class; a run holds run.json; a table ends in .csv",
        ));
    }
    if !part_folders.is_empty() {
        context.observer.note(&Note::SplitByFolders { folders: part_folders, left_out });
    }
    let labels = classes.into_iter().map(|(row, class)| (row, (class, 1.0))).collect();
    Ok(SourceImages { manifest, labels, parts, conflicts: Vec::new(), chain: None })
}

/// One class per image over all sources: an image that has several anywhere is left out and listed, a file that several
/// sources name counts once.
fn unite(sources: Vec<SourceImages>) -> LabelledImages {
    let mut classes: BTreeMap<ImageId, BTreeSet<&ClassName>> = BTreeMap::new();
    for source in &sources {
        for (row, (class, _)) in &source.labels {
            classes.entry(source.manifest.records[*row].id).or_default().insert(class);
        }
    }
    let mut conflicts: BTreeSet<String> = sources.iter().flat_map(|source| source.conflicts.iter().cloned()).collect();
    let mut named = Vec::new();
    let mut parts: BTreeMap<ImageId, BTreeSet<Part>> = BTreeMap::new();
    let mut weights = BTreeMap::new();
    for source in &sources {
        for (row, (class, weight)) in &source.labels {
            let record = &source.manifest.records[*row];
            let all = &classes[&record.id];
            if all.len() > 1 {
                let all: Vec<&str> = all.iter().map(|class| class.as_str()).collect();
                conflicts.insert(format!("{}: {}", record.path, all.join(", ")));
            } else {
                named.push((record.id, class.clone()));
                weights.insert(record.id, *weight);
                if let Some(part) = source.parts.get(row) {
                    parts.entry(record.id).or_default().insert(*part);
                }
            }
        }
    }
    let slices = sources.iter().find_map(|source| source.chain.as_ref()?.slices);
    let chains = sources.iter().filter_map(|source| source.chain.clone()).collect();
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
            manifest.records.retain(|record| seen.insert((record.id, root.join(path_text::to_path(&record.path)))));
            skipped.append(&mut manifest.skipped);
            manifest
        })
        .collect();
    LabelledImages {
        manifests,
        whole,
        labels,
        weights,
        parts,
        skipped,
        conflicts: conflicts.into_iter().collect(),
        unlabelled,
        slices,
        chains,
    }
}

impl LabelledImages {
    /// The features of the curated runs, unless the recipe gives its own; `None` without curated runs.
    ///
    /// # Errors
    /// When the runs were made with different features.
    pub(crate) fn chain(&self, given: Option<&FeaturesRecipe>) -> Result<Option<&FeatureChain>, WorkflowError> {
        let (None, Some((first, rest))) = (given, self.chains.split_first()) else { return Ok(None) };
        // Where counts are looked at, the brightness scale is for people only.
        let scaled = first.recipe.frame().is_none();
        if rest.iter().any(|other| !other.agrees_with(first) || (scaled && other.depth != first.depth)) {
            return Err(WorkflowError::failed(
                "the runs were made with different features or brightness scales",
                "cluster them with one recipe, or say in the training recipe what to use: [features] and dataset.depth",
            ));
        }
        Ok(Some(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageRecord;
    use crate::images::DepthRange;

    fn id(content: &str) -> ImageId {
        ImageId::of_bytes(content.as_bytes())
    }

    /// An image by its path and bytes, and its class with its weight where it has one.
    type Labelled<'a> = (&'a str, &'a str, Option<(&'a str, f32)>);

    /// A source of `images` below `root`.
    fn source(root: &str, images: &[Labelled<'_>]) -> SourceImages {
        let record = |(path, content, _): &Labelled<'_>| ImageRecord::known(id(content), *path);
        let records = images.iter().map(record).collect();
        let labels = images.iter().enumerate();
        SourceImages {
            manifest: Manifest { root: root.into(), records, ..Manifest::default() },
            labels: labels
                .filter_map(|(row, (.., label))| label.map(|(class, w)| (row, (ClassName::parse(class).unwrap(), w))))
                .collect(),
            parts: BTreeMap::new(),
            conflicts: Vec::new(),
            chain: None,
        }
    }

    fn paths(manifest: &Manifest) -> Vec<&str> {
        manifest.records.iter().map(|record| record.path.as_str()).collect()
    }

    #[test]
    fn a_file_that_two_sources_name_counts_once_and_a_copy_elsewhere_twice() {
        let grass = Some(("grass", 1.0));
        let first = source("images", &[("a.png", "A", grass), ("b.png", "B", Some(("brick", 1.0)))]);
        let second = source("images", &[("a.png", "A", grass), ("c.png", "C", grass)]);
        let third = source("copies", &[("a.png", "A", grass)]);
        let found = unite(vec![first, second, third]);
        let kept: Vec<_> = found.manifests.iter().map(paths).collect();
        assert_eq!(kept, [vec!["a.png", "b.png"], vec!["c.png"], vec!["a.png"]]);
        assert_eq!((found.labels.classes(), found.labels.len()), (&["brick", "grass"].map(str::to_owned)[..], 3));
        assert_eq!((found.unlabelled, found.conflicts.len()), (0, 0));
        assert_eq!(found.whole.iter().map(|manifest| manifest.records.len()).sum::<usize>(), 5);
    }

    #[test]
    fn an_image_of_several_classes_is_left_out_of_every_source_and_listed_once() {
        let first = source("one", &[("a.png", "A", Some(("grass", 1.0))), ("b.png", "B", Some(("grass", 1.0)))]);
        let mut second = source("two", &[("copy.png", "A", Some(("brick", 1.0))), ("d.png", "D", None)]);
        second.conflicts = vec!["e.png: brick, gravel".to_owned()];
        let found = unite(vec![first, second]);
        assert_eq!(found.conflicts, ["a.png: brick, grass", "copy.png: brick, grass", "e.png: brick, gravel"]);
        assert_eq!((paths(&found.manifests[0]), paths(&found.manifests[1])), (vec!["b.png"], vec![]));
        assert_eq!(found.labels.get(id("A")), None);
        assert_eq!(found.unlabelled, 3, "both files of the image, and one without a label");
    }

    #[test]
    fn each_image_weighs_what_its_last_source_says() {
        let first = source("one", &[("a.png", "A", Some(("grass", 0.25))), ("b.png", "B", Some(("brick", 0.5)))]);
        let second = source("two", &[("a.png", "A", Some(("grass", 1.0)))]);
        let found = unite(vec![first, second]);
        assert_eq!(found.weights, BTreeMap::from([(id("A"), 1.0), (id("B"), 0.5)]));
    }

    #[test]
    fn curated_runs_must_agree_on_features_unless_the_recipe_gives_them() {
        let chain = |n_features| FeatureChain {
            pedestal: None,
            recipe: FeaturesRecipe::default(),
            weights_hash: format!("weights of {n_features} features"),
            dataset: None,
            depth: DepthRange::default(),
            slices: None,
            n_features,
        };
        let run = |n_features| SourceImages {
            chain: Some(chain(n_features)),
            ..source("run", &[("a.png", "A", Some(("grass", 1.0)))])
        };
        let table = || source("table", &[("b.png", "B", Some(("brick", 1.0)))]);
        assert_eq!(unite(vec![table()]).chain(None).unwrap(), None);
        assert_eq!(unite(vec![table(), run(4), run(4)]).chain(None).unwrap(), Some(&chain(4)));
        let found = unite(vec![run(4), run(5)]);
        assert!(found.chain(None).unwrap_err().to_string().contains("different features"));
        assert_eq!(found.chain(Some(&FeaturesRecipe::default())).unwrap(), None);
    }
}
