//! Fills the run folder: images.csv and one folder of images per cluster.

use std::collections::BTreeMap;

use ndarray::ArrayView2;

use super::FeatureStatistics;
use super::group::Group;
use crate::clusterers::Method;
use crate::commands::CommandError;
use crate::curation::{ClusterMetadata, METADATA_FILE, PlacedFile};
use crate::data::{ClusterId, Clustering, Manifest};
use crate::metrics::Silhouettes;
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

/// What goes into the folders of clusters.
pub(in crate::commands) struct ClusterFolders<'a> {
    pub run: &'a RunDir,
    pub manifest: &'a Manifest,
    pub dataset: &'a DatasetSummary,
    pub how: Placement,
}

impl ClusterFolders<'_> {
    /// `clusters/<method>/cluster_<id>/` and `noise/`, each with `cluster_metadata.json`.
    pub fn place(
        &self,
        method: &str,
        clustering: &Clustering,
        silhouettes: Option<&Silhouettes>,
        observer: &dyn Observer,
    ) -> Result<Placed, CommandError> {
        let mut placed = Placed::default();
        for cluster in clustering.ids().map(Some).chain([None]) {
            let members: Vec<usize> = clustering.members(cluster).collect();
            if members.is_empty() {
                continue;
            }
            placed += self.folder(method, cluster, &members, silhouettes)?;
            observer.on(Event::Advanced { by: members.len() });
        }
        Ok(placed)
    }

    fn folder(
        &self,
        method: &str,
        cluster: Option<ClusterId>,
        members: &[usize],
        silhouettes: Option<&Silhouettes>,
    ) -> Result<Placed, CommandError> {
        let name = cluster.map_or_else(|| "noise".to_owned(), |id| format!("cluster_{id}"));
        let metadata_file = self.run.file(&format!("clusters/{method}/{name}/{METADATA_FILE}"))?;
        let folder = self.run.path().join("clusters").join(method).join(&name);
        let mut placer = Placer::new(&folder, self.how)?;
        let mut files = Vec::new();
        let mut fields: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        let mut values = Vec::new();
        for &row in members {
            let record = &self.manifest.records[row];
            // A frame is no file that could be linked: `images.csv` says which frames are whose.
            if !record.is_frame() {
                let file = placer.place(&self.manifest.file(record), record.id)?;
                files.push(PlacedFile { file, id: record.id, path: record.path.clone() });
            }
            for (field, value) in record.fields.iter().filter(|(field, _)| self.dataset.fields.contains_key(*field)) {
                *fields.entry(field.clone()).or_default().entry(value.clone()).or_default() += 1;
            }
            values.extend(silhouettes.and_then(|all| all.per_image[row]).map(f64::from));
        }
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        crate::runs::write_json(
            &metadata_file,
            &ClusterMetadata {
                method: method.to_owned(),
                cluster: cluster.map_or(-1, |id| i64::from(id.0)),
                size: files.len(),
                share: files.len() as f64 / self.manifest.records.len().max(1) as f64,
                silhouette: mean,
                fields,
                files,
            },
        )?;
        Ok(placer.placed())
    }
}

/// The folders of every clustering.
pub(super) fn cluster_folders(
    folders: &ClusterFolders<'_>,
    groups: &[Group],
    observer: &dyn Observer,
) -> Result<Placed, CommandError> {
    let stage = observer.stage(Stage::Copy, groups.len() * folders.manifest.records.len());
    let mut placed = Placed::default();
    for group in groups {
        placed += folders.place(group.method.name(), &group.clustering, group.silhouettes.as_ref(), observer)?;
    }
    drop(stage);
    Ok(placed)
}
