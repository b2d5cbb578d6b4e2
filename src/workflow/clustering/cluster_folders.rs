//! One folder of images per cluster.

use std::collections::BTreeMap;

use super::ClusteringResult;
use crate::data::{ClusterId, Clustering, Manifest};
use crate::files::cluster_metadata_json::{ClusterMetadata, FILE as METADATA_FILE, PlacedFile};
use crate::metrics::Silhouettes;
use crate::progress::{Event, Observer, Stage};
use crate::runs::{DatasetSummary, Placed, Placement, Placer, RunDir};
use crate::workflow::WorkflowError;

/// Folders of clusters: the run they go into and how images get there.
pub(crate) struct ClusterFolders<'a> {
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
    ) -> Result<Placed, WorkflowError> {
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
    ) -> Result<Placed, WorkflowError> {
        let name = cluster.map_or_else(|| "noise".to_owned(), |id| format!("cluster_{id}"));
        let metadata_file = self.run.file(&format!("clusters/{method}/{name}/{METADATA_FILE}"))?;
        let folder = self.run.path().join("clusters").join(method).join(&name);
        let mut placer = Placer::new(&folder, self.how)?;
        let mut files = Vec::new();
        let mut fields: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        let mut values = Vec::new();
        for &row in members {
            let record = &self.manifest.records[row];
            // A frame or patch is no file that could be linked: `images.csv` says which are whose.
            if !record.is_part() {
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
                size: members.len(),
                share: members.len() as f64 / self.manifest.records.len().max(1) as f64,
                silhouette: mean,
                fields,
                files,
            },
        )?;
        Ok(placer.placed())
    }
}

/// The folders of every clustering.
pub(crate) fn cluster_folders(
    folders: &ClusterFolders<'_>,
    results: &[ClusteringResult],
    observer: &dyn Observer,
) -> Result<Placed, WorkflowError> {
    let stage = observer.stage(Stage::Copy, results.len() * folders.manifest.records.len());
    let mut placed = Placed::default();
    for result in results {
        placed += folders.place(result.method.name(), &result.clustering, result.silhouettes.as_ref(), observer)?;
    }
    drop(stage);
    Ok(placed)
}
