//! Fills the run folder: images.csv and one folder of images per cluster.

use std::collections::BTreeMap;

use ndarray::ArrayView2;

use super::FeatureStatistics;
use super::group::Group;
use crate::clusterers::Method;
use crate::commands::CommandError;
use crate::curation::{ClusterMetadata, METADATA_FILE, PlacedFile};
use crate::data::{ClusterId, Manifest};
use crate::progress::{Event, Observer, Stage};
use crate::reducers::{Projection, Step, Transform};
use crate::runs::{Column, DatasetSummary, Placed, Placement, Placer, RunDir, write_images};

const RESERVED: [&str; 5] = ["id", "path", "outlier", "x", "y"];

/// A name field becomes a column of images.csv, so it must not be called like another one.
pub(super) fn check_field_names(manifest: &Manifest) -> Result<(), CommandError> {
    let methods = Method::ALL.map(Method::name);
    let clash = manifest.field_names().into_iter().find(|name| {
        RESERVED.contains(&name.as_str())
            || methods.iter().any(|method| name == method || name.starts_with(&format!("{method}_")))
    });
    match clash {
        Some(name) => Err(CommandError::Usage(format!(
            "the name field `{name}` is called like a column of images.csv: call it otherwise in dataset.naming"
        ))),
        None => Ok(()),
    }
}

/// The features after the first step of the projection.
pub(super) fn normalised_statistics(
    projection: &Projection,
    x: ArrayView2<'_, f32>,
) -> Result<FeatureStatistics, CommandError> {
    match projection.steps().first() {
        Some(step @ Step::Normalize) => Ok(FeatureStatistics::of(step.transform(x)?.view())),
        _ => Ok(FeatureStatistics::of(x)),
    }
}

/// `points` are the positions of the images in the map, shape `[n_images, 2]`.
pub(super) fn images_csv(
    run: &RunDir,
    manifest: &Manifest,
    groups: &[Group],
    outliers: Option<&[f64]>,
    points: ArrayView2<'_, f32>,
) -> Result<(), CommandError> {
    let mut columns = Vec::new();
    for group in groups {
        let name = group.method.name();
        columns.push(Column::of_clusters(name, &group.clustering));
        if let Some(distances) = group.distances() {
            columns.push(Column::of_numbers(&format!("{name}_distance"), distances.iter().map(|d| Some(*d))));
        }
        let silhouettes = match &group.silhouettes {
            Some(silhouettes) => silhouettes.per_image.clone(),
            None => vec![None; manifest.records.len()],
        };
        columns.push(Column::of_numbers(&format!("{name}_silhouette"), silhouettes));
    }
    if let Some(outliers) = outliers {
        columns.push(Column::of_numbers("outlier", outliers.iter().map(|factor| Some(*factor as f32))));
    }
    columns.push(Column::of_numbers("x", points.column(0).iter().map(|v| Some(*v))));
    columns.push(Column::of_numbers("y", points.column(1).iter().map(|v| Some(*v))));
    Ok(write_images(&run.file("images.csv")?, manifest, &columns)?)
}

/// `clusters/<method>/cluster_<id>/` and `noise/`, each with `cluster_metadata.json`.
pub(super) fn cluster_folders(
    run: &RunDir,
    manifest: &Manifest,
    groups: &[Group],
    dataset: &DatasetSummary,
    how: Placement,
    observer: &dyn Observer,
) -> Result<Placed, CommandError> {
    observer.on(Event::Started { stage: Stage::Copy, total: groups.len() * manifest.records.len() });
    let mut placed = Placed::default();
    for group in groups {
        for cluster in group.clustering.ids().map(Some).chain([None]) {
            if group.clustering.members(cluster).next().is_none() {
                continue;
            }
            placed += cluster_folder(run, manifest, group, cluster, dataset, how)?;
            let members = group.clustering.members(cluster).count();
            observer.on(Event::Advanced { by: members });
        }
    }
    observer.on(Event::Finished);
    Ok(placed)
}

fn cluster_folder(
    run: &RunDir,
    manifest: &Manifest,
    group: &Group,
    cluster: Option<ClusterId>,
    dataset: &DatasetSummary,
    how: Placement,
) -> Result<Placed, CommandError> {
    let method = group.method.name();
    let name = cluster.map_or_else(|| "noise".to_owned(), |id| format!("cluster_{id}"));
    let metadata_file = run.file(&format!("clusters/{method}/{name}/{METADATA_FILE}"))?;
    let folder = run.path().join("clusters").join(method).join(&name);
    let mut placer = Placer::new(&folder, how)?;
    let mut files = Vec::new();
    let mut fields: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let mut silhouettes = Vec::new();
    for row in group.clustering.members(cluster) {
        let record = &manifest.records[row];
        // A frame is no file that could be linked: `images.csv` says which frames are whose.
        if !record.is_frame() {
            let file = placer.place(&manifest.file(record), record.id)?;
            files.push(PlacedFile { file, id: record.id, path: record.path.clone() });
        }
        for (field, value) in record.fields.iter().filter(|(field, _)| dataset.fields.contains_key(*field)) {
            *fields.entry(field.clone()).or_default().entry(value.clone()).or_default() += 1;
        }
        silhouettes.extend(group.silhouettes.as_ref().and_then(|s| s.per_image[row]).map(f64::from));
    }
    let mean = (!silhouettes.is_empty()).then(|| silhouettes.iter().sum::<f64>() / silhouettes.len() as f64);
    crate::runs::write_json(
        &metadata_file,
        &ClusterMetadata {
            method: method.to_owned(),
            cluster: cluster.map_or(-1, |id| i64::from(id.0)),
            size: group.clustering.members(cluster).count(),
            share: group.clustering.members(cluster).count() as f64 / manifest.records.len().max(1) as f64,
            silhouette: mean,
            fields,
            files,
        },
    )?;
    Ok(placer.placed())
}
