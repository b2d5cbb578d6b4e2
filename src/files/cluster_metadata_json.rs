//! `cluster_metadata.json`: what a cluster folder was made of, so that later moves and renames are known for what they
//! are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::data::ImageId;

/// Its name in a cluster folder.
pub const FILE: &str = "cluster_metadata.json";

/// A cluster, as its folder tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterMetadata {
    /// The clustering method.
    pub method: String,
    /// The cluster's number, -1 for noise.
    pub cluster: i64,
    /// Images in it.
    pub size: usize,
    /// Share of all images, in `0.0..=1.0`.
    pub share: f64,
    /// Mean silhouette of its images, in `-1.0..=1.0`, where it was measured.
    pub silhouette: Option<f64>,
    /// Per name field: images per value; fields of more than 100 values are left out.
    pub fields: BTreeMap<String, BTreeMap<String, usize>>,
    /// Files that were put into the folder.
    pub files: Vec<PlacedFile>,
}

/// One image in a cluster folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedFile {
    /// Its name in the folder.
    pub file: String,
    /// Its id.
    pub id: ImageId,
    /// Where it comes from, relative to the data set's root.
    pub path: String,
}
