//! New images into the clusters of an earlier run, without clustering again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::CommandError;
use crate::clusterers::Method;
use crate::data::{Clustering, path_text};
use crate::recipes::AssignRecipe;
use crate::runs::{ASSIGNER_FILE, DatasetSummary, PROJECTION_FILE, Placed, Placement, Provenance, RunKind};
use crate::workflow::clustering::{
    ClusterFolders, ClusterRow, ClusteringDetails, ClusteringResult, check_field_names, cluster_folders, images_csv,
    plane, rows,
};
use crate::workflow::feature_extraction::FeatureExtraction;
use crate::workflow::{Context, Run, RunInputs, RunSummary, dataset};

/// The outcome of `rails assign`.
pub type AssignSummary = RunSummary<AssignFindings>;

/// New images in the clusters of an earlier run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AssignFindings {
    /// The run whose clusters were used.
    #[serde(serialize_with = "path_text::serde_text::serialize")]
    pub assigned_to: PathBuf,
    /// Such as `kmeans`.
    pub method: String,
    /// The data set that was placed.
    pub dataset: DatasetSummary,
    /// By cluster number; a cluster may have got no image.
    pub clusters: Vec<ClusterRow>,
    /// Images that lie too far from every cluster.
    pub n_noise: usize,
    /// How images got into the cluster folders.
    pub placed: Placed,
}

/// Treats the images of `recipe.dataset` as the run `earlier` treated its own and places each with the nearest cluster.
///
/// Only the earlier run's first method has an assigner. The new run keeps its cluster numbers.
///
/// # Errors
/// When the earlier run is not whole or other weights are at hand than it used.
pub fn assign(
    recipe: &AssignRecipe,
    earlier: &Path,
    placement: Placement,
    context: &Context<'_>,
) -> Result<AssignSummary, CommandError> {
    let earlier = context.workspace.run(Some(earlier), &RunKind::CLUSTERED)?;
    let origin = Provenance::read(&earlier)?;
    let method = method_of(&earlier, &origin)?;
    let dataset = recipe.dataset.clone().read_as(&origin.reading());
    let recipe = &AssignRecipe { dataset, ..recipe.clone() };
    let mut run = Run::begin(RunKind::Assign, &recipe.name, origin.seed, recipe, context);
    let (projection, assigner) = (origin.projection(&earlier)?, origin.assigner(&earlier)?);
    if assigner.n_clusters() == 0 {
        return Err(CommandError::failed(
            format!("`{}` found no cluster in the run, all of it is noise: `{}`", method.name(), earlier.display()),
            "cluster again with other settings, or name a method that finds clusters first in `cluster.methods`",
        ));
    }
    let extraction = FeatureExtraction::as_before(&origin.features, context)?;

    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, context)?;
    let manifest = dataset::sliced(manifest, origin.features.slices, context.memory)?;
    dataset::check_copy(&manifest, placement)?;
    check_field_names(&manifest, &[method])?;
    run.lap("scan");
    let extracted = extraction.embed(&manifest, origin.features.depth, context)?;
    let manifest = extracted.manifest;
    dataset::require_images(&manifest)?;
    run.lap("embed");
    // Nothing is fitted: the earlier run's projection and assigner place the images.
    let reduced = projection.transform(extracted.embeddings.values())?;
    let places = match &extracted.background {
        Some(background) => assigner.place_objects(reduced.view(), background),
        None => assigner.place(reduced.view()),
    };
    let labels = places.iter().map(|place| place.cluster).collect();
    let results = [ClusteringResult {
        method,
        clustering: Clustering::placed(labels, assigner.n_clusters()),
        silhouettes: None,
        parameters: BTreeMap::from([("assigned_to".to_owned(), json!(earlier))]),
        metrics: BTreeMap::new(),
        details: ClusteringDetails::Placed { distances: places.iter().map(|place| place.distance).collect() },
        notes: Vec::new(),
    }];
    run.lap("cluster");

    let folder = run.create_folder()?;
    let dataset = DatasetSummary::of(&manifest);
    images_csv(&folder, &manifest, &results, None, plane(reduced.view()).view())?;
    projection.save(&folder.file(PROJECTION_FILE)?)?;
    assigner.save(&folder.file(ASSIGNER_FILE)?)?;
    let folders = ClusterFolders { run: &folder, manifest: &manifest, dataset: &dataset, how: placement };
    let placed = cluster_folders(&folders, &results, context.observer)?;
    run.lap("write");
    let findings = AssignFindings {
        assigned_to: earlier,
        method: method.name().to_owned(),
        dataset: dataset.clone(),
        clusters: rows(&results[0].clustering, &manifest, None),
        n_noise: results[0].clustering.n_noise(),
        placed,
    };
    let methods = vec![findings.method.clone()];
    let inputs = RunInputs { dataset: &dataset, skipped: &manifest.skipped, chain: &extracted.chain, methods };
    Ok(run.finish(folder, &inputs, findings, |found, results| {
        let figures = json!({ "assigned_to": found.assigned_to, "n_noise": found.n_noise, "clusters": found.clusters });
        results.set(&found.method, figures);
    })?)
}

/// The method whose clusters new images can be placed into: the run's first.
///
/// # Errors
/// When there is none, with what to do instead.
fn method_of(earlier: &Path, origin: &Provenance) -> Result<Method, CommandError> {
    let run = earlier.display();
    let cannot = |why: &str, instead: &str| CommandError::failed(format!("{why}: `{run}`"), instead);
    if origin.command == RunKind::Separate {
        return Err(cannot(
            "a separation judges each tile beside those around it, so new tiles cannot be placed one by one",
            "run `rails separate NEW` with the same recipe, or `rails train` on this run and `rails predict`",
        ));
    }
    let first = origin.methods.first().map(String::as_str);
    let method = Method::ALL.into_iter().find(|method| Some(method.name()) == first);
    let Some(method) = method.filter(|_| RunKind::CLUSTERED.contains(&origin.command)) else {
        return Err(cannot(
            &format!("a run of `rails {}` has no clusters to place images into", origin.command),
            "give a run of `rails cluster`, `rails patches` or `rails assign`",
        ));
    };
    if !earlier.join(ASSIGNER_FILE).is_file() {
        return Err(if origin.recipe.pointer("/patches/fit_per").and_then(|per| per.as_str()) == Some("image") {
            cannot(
                "the patches of each image were clustered by themselves, so the clusters of the run are no common ones",
                "run `rails patches NEW` with the same recipe, or cluster with `patches.fit_per = \"set\"` first",
            )
        } else {
            cannot(
                &format!(
                    "the run has no {ASSIGNER_FILE}, which places new images: an earlier version made it, or it is damaged"
                ),
                &format!("make the run again with `rails {}`", origin.command),
            )
        });
    }
    Ok(method)
}
