//! New images into the clusters of an earlier run, without clustering again.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Zoned;
use serde_json::json;

use super::group::{Details, Group};
use super::{ClusterFolders, ClusterOptions, writing};
use crate::clusterers::{Assigner, Method};
use crate::commands::embed::Extraction;
use crate::commands::record::Record;
use crate::commands::{CommandError, Workspace, dataset};
use crate::data::Clustering;
use crate::device::DeviceChoice;
use crate::progress::Observer;
use crate::reducers::Projection;
use crate::runs::{ClusterRecipe, DatasetSummary, Provenance, RunDir, Timings, read_json, timestamp, write_skipped};

use super::summary::{AssignSummary, rows};

/// Treats the images of `recipe.dataset` as the run `earlier` treated its own and places each with the nearest cluster.
///
/// Only the earlier run's first method has an assigner. The new run keeps its cluster numbers.
///
/// # Errors
/// When the earlier run is not whole or other weights are at hand than it used.
pub fn assign(
    recipe: &ClusterRecipe,
    earlier: &Path,
    options: &ClusterOptions,
    device: DeviceChoice,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<AssignSummary, CommandError> {
    let started = Zoned::now();
    let mut timings = Timings::start();
    let device = device.resolve()?;
    let earlier = workspace.run(Some(earlier), "cluster")?;
    let origin: Provenance = read_json(&earlier.join("run.json"))?;
    let method =
        Method::ALL.into_iter().find(|method| Some(method.name()) == origin.methods.first().map(String::as_str));
    let method = method.ok_or_else(|| {
        CommandError::failed(format!("the run has no clustering: `{}`", earlier.display()), "give another run")
    })?;
    let projection = Projection::load(&earlier.join("projection.safetensors"))?;
    let assigner = Assigner::load(&earlier.join("assigner.safetensors"))?;
    let extraction = Extraction::as_before(&origin.features, device, workspace)?;

    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, workspace, observer)?;
    writing::check_field_names(&manifest)?;
    timings.lap("scan");
    let embedded = extraction.embed(&manifest, origin.features.depth, workspace, observer)?;
    let manifest = embedded.manifest;
    dataset::require_images(&manifest)?;
    timings.lap("embed");
    let reduced = projection.transform(embedded.embeddings.values())?;
    let places = assigner.place(reduced.view());
    let labels = places.iter().map(|place| place.cluster).collect();
    let distances: Vec<f32> = places.iter().map(|place| place.distance).collect();
    let group = Group {
        method,
        clustering: Clustering::placed(labels, assigner.n_clusters()),
        silhouettes: None,
        parameters: BTreeMap::from([("assigned_to".to_owned(), json!(earlier))]),
        metrics: BTreeMap::new(),
        details: Details::Placed { distances },
        notes: Vec::new(),
    };
    timings.lap("cluster");

    let run = RunDir::create(&workspace.runs, &format!("{}-cluster-{}", timestamp(&started), recipe.name))?;
    let dataset = DatasetSummary::of(&manifest);
    let groups = [group];
    let points = super::grouping::plane(reduced.view());
    writing::images_csv(&run, &manifest, &groups, None, points.view())?;
    write_skipped(&run.file("skipped.csv")?, &manifest.skipped)?;
    projection.save(&run.file("projection.safetensors")?)?;
    assigner.save(&run.file("assigner.safetensors")?)?;
    let folders = ClusterFolders { run: &run, manifest: &manifest, dataset: &dataset, how: options.placement };
    let placed = writing::cluster_folders(&folders, &groups, observer)?;
    timings.lap("write");
    let record = Record {
        kind: "cluster",
        name: &recipe.name,
        started: &started,
        // The features were the earlier run's, whatever this recipe says.
        recipe: json!(ClusterRecipe { features: origin.features.recipe.clone(), ..recipe.clone() }),
        seed: recipe.seed,
        dataset: &dataset,
        chain: &embedded.chain,
        methods: vec![method.name().to_owned()],
        device,
        timings: &timings,
    };
    let clusters = rows(&groups[0].clustering, &manifest, None);
    let n_noise = groups[0].clustering.n_noise();
    let mut results = record.results();
    results.set(method.name(), json!({ "assigned_to": earlier, "n_noise": n_noise, "clusters": clusters }));
    results.write(&run.file("results.json")?)?;
    run.write_json("run.json", &record.provenance())?;
    Ok(AssignSummary {
        run: run.finish()?,
        assigned_to: earlier,
        method: method.name().to_owned(),
        dataset,
        clusters,
        n_noise,
        placed,
    })
}
