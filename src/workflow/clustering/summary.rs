//! A clustering as commands tell of it and results.json keeps it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::data::{Clustering, Manifest};

/// One clustering.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodSummary {
    /// Such as `kmeans`.
    pub method: String,
    /// The parameters that were used or chosen.
    pub parameters: BTreeMap<String, Value>,
    /// Metrics by name: silhouette, noise ratio, ….
    pub metrics: BTreeMap<String, f64>,
    /// By cluster number.
    pub clusters: Vec<ClusterRow>,
    /// Images that belong to no cluster.
    pub n_noise: usize,
    /// Something the user should know, in sentences.
    pub notes: Vec<String>,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterRow {
    /// Its number.
    pub cluster: u32,
    /// Images in it.
    pub size: usize,
    /// Values of the name field that people care for with their counts, the most frequent first.
    pub field_values: Vec<(String, usize)>,
}

/// The clusters of `clustering`, each with its values of a name field ranked.
pub(crate) fn rows(clustering: &Clustering, manifest: &Manifest, field: Option<&str>) -> Vec<ClusterRow> {
    let field_values = |rows: &mut dyn Iterator<Item = usize>| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        if let Some(field) = field {
            for row in rows {
                let value = manifest.records[row].fields.get(field).map_or("", String::as_str);
                *counts.entry(value).or_default() += 1;
            }
        }
        let mut ranked: Vec<(String, usize)> =
            counts.into_iter().map(|(value, count)| (value.to_owned(), count)).collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        ranked
    };
    let sizes = clustering.sizes();
    clustering
        .ids()
        .zip(sizes)
        .map(|(id, size)| ClusterRow {
            cluster: id.0,
            size,
            field_values: field_values(&mut clustering.members(Some(id))),
        })
        .collect()
}
