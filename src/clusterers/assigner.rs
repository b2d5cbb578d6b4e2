//! Places new images into an existing clustering without fitting it again.

use std::io;
use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::data::{ArraysError, ArraysReader, ArraysWriter, ClusterId, Clustering, Positive};
use crate::pairwise::{Points, nearest};

/// Where the centre of an empty cluster lies: no image is near it, and its square is still a number.
const OUT_OF_REACH: f64 = 1e15;

/// Key of the header entry that says what the points are.
const HEADER: &str = "rails.assigner";
/// Grows when the layout changes.
const FORMAT: u32 = 1;

/// Points that stand for clusters: the centroids, or the core points of DBSCAN.
///
/// `clusters` has one entry per row of `points`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigner {
    points: Array2<f32>,
    clusters: Vec<ClusterId>,
    within: Option<Positive>,
}

/// Where a new image belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assignment {
    /// `None` when it is farther than eps from every core point: noise.
    pub cluster: Option<ClusterId>,
    /// Distance to the nearest centroid or core point; infinite where there is none.
    pub distance: f32,
}

/// Why an assigner could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AssignerFileError {
    /// The file cannot be written or read.
    #[error("the assigner cannot be stored or read: {source}: `{}`", .path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The bytes are no assigner.
    #[error("not an assigner: {0}")]
    Arrays(#[from] ArraysError),
    /// The header is not understood, or does not fit the points.
    #[error("not an assigner: {0}")]
    Malformed(String),
    /// A newer program wrote it.
    #[error("assigner format {found} is unknown: expected {FORMAT}")]
    Format { found: u32 },
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    clusters: Vec<ClusterId>,
    within: Option<Positive>,
}

impl Assigner {
    /// The nearest of `centroids`, shape `[n_clusters, n_features]`; row `i` stands for cluster `i`.
    #[must_use]
    pub fn to_centroids(centroids: Array2<f32>) -> Self {
        let clusters = (0..).take(centroids.nrows()).map(ClusterId).collect();
        Self { points: centroids, clusters, within: None }
    }

    /// The nearest mean of the images of each cluster; noise stands for nothing.
    #[must_use]
    pub fn to_means(x: ArrayView2<'_, f32>, clustering: &Clustering) -> Self {
        let mut sums = Array2::<f64>::zeros((clustering.n_clusters(), x.ncols()));
        for (row, label) in x.rows().into_iter().zip(clustering.labels()) {
            if let Some(id) = label {
                sums.row_mut(id.0 as usize).zip_mut_with(&row, |sum, &value| *sum += f64::from(value));
            }
        }
        for (mut sum, size) in sums.rows_mut().into_iter().zip(clustering.sizes()) {
            match size {
                0 => sum.fill(OUT_OF_REACH),
                _ => sum /= size as f64,
            }
        }
        Self::to_centroids(sums.mapv(|value| value as f32))
    }

    /// The cluster of the nearest core point where it lies within `eps`, else noise.
    ///
    /// `is_core` has one entry per row of `x`; core points belong to clusters.
    #[must_use]
    pub fn to_cores(x: ArrayView2<'_, f32>, clustering: &Clustering, is_core: &[bool], eps: Positive) -> Self {
        let cores: Vec<(usize, ClusterId)> = clustering
            .labels()
            .iter()
            .enumerate()
            .filter(|(row, _)| is_core[*row])
            .filter_map(|(row, label)| label.map(|id| (row, id)))
            .collect();
        let rows: Vec<usize> = cores.iter().map(|(row, _)| *row).collect();
        let points = x.select(ndarray::Axis(0), &rows);
        Self { points, clusters: cores.into_iter().map(|(_, id)| id).collect(), within: Some(eps) }
    }

    /// Clusters the points stand for: the highest number and one.
    #[must_use]
    pub fn n_clusters(&self) -> usize {
        self.clusters.iter().map(|id| id.0 as usize + 1).max().unwrap_or(0)
    }

    /// Features an image must have.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.points.ncols()
    }

    /// Places each row of `x`, shape `[n, n_features]`.
    #[must_use]
    pub fn place(&self, x: ArrayView2<'_, f32>) -> Vec<Assignment> {
        let found = nearest(&Points::new(x), self.points.view());
        let farthest = self.within.map_or(f64::INFINITY, Positive::get);
        found
            .labels
            .into_iter()
            .zip(found.squared)
            .map(|(point, squared)| {
                let near = f64::from(squared).sqrt() <= farthest && !self.clusters.is_empty();
                let cluster = near.then(|| self.clusters[point as usize]);
                Assignment { cluster, distance: squared.sqrt() }
            })
            .collect()
    }

    /// The same where cluster 0 is the background: what `background` says of each row goes there, and all other rows to the
    /// nearest of the other clusters.
    #[must_use]
    pub fn place_objects(&self, x: ArrayView2<'_, f32>, background: &[bool]) -> Vec<Assignment> {
        let part = |is_background: bool| {
            let rows = (0..self.clusters.len()).filter(|row| (self.clusters[*row].0 == 0) == is_background);
            let rows: Vec<usize> = rows.collect();
            let points = self.points.select(ndarray::Axis(0), &rows);
            Self { points, clusters: rows.iter().map(|row| self.clusters[*row]).collect(), within: self.within }
                .place(x)
        };
        let places = background.iter().zip(part(true)).zip(part(false));
        places.map(|((background, empty), object)| if *background { empty } else { object }).collect()
    }

    /// The contents of a `.safetensors` file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = Header { format: FORMAT, clusters: self.clusters.clone(), within: self.within };
        let header = serde_json::to_string(&header).expect("plain numbers are valid JSON");
        let mut arrays = ArraysWriter::default();
        arrays.add("points", self.points.view());
        arrays.into_bytes(Some((HEADER, header)))
    }

    /// Reads the bytes that [`Assigner::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are no assigner, or one of an unknown format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AssignerFileError> {
        let arrays = ArraysReader::new(bytes)?;
        let header: Header = serde_json::from_str(arrays.header(HEADER)?)
            .map_err(|error| AssignerFileError::Malformed(error.to_string()))?;
        if header.format != FORMAT {
            return Err(AssignerFileError::Format { found: header.format });
        }
        let points: Array2<f32> = arrays.matrix("points")?;
        if points.nrows() != header.clusters.len() {
            return Err(AssignerFileError::Malformed("`points` does not match its clusters".to_owned()));
        }
        if points.iter().any(|value| !value.is_finite()) {
            return Err(AssignerFileError::Malformed("`points` holds numbers that are none".to_owned()));
        }
        // Every cluster has a point at least, so that their numbers are bounded by what the file holds.
        if let Some(id) = header.clusters.iter().find(|id| id.0 as usize >= points.nrows()) {
            return Err(AssignerFileError::Malformed(format!("cluster {} of {} points", id.0, points.nrows())));
        }
        Ok(Self { points, clusters: header.clusters, within: header.within })
    }

    /// Writes a `.safetensors` file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), AssignerFileError> {
        atomic_file::write(path, &self.to_bytes())
            .map_err(|source| AssignerFileError::Io { path: path.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use ndarray::array;

    #[test]
    fn new_images_go_to_the_nearest_mean() {
        let x = array![[0.0, 0.0], [2.0, 0.0], [9.0, 9.0], [50.0, 50.0]];
        let clustering = Clustering::by_first_appearance([Some(0), Some(0), Some(1), None]);
        let assigner = Assigner::to_means(x.view(), &clustering);
        let placed = assigner.place(array![[1.0, 3.0], [8.0, 8.0]].view());
        assert_eq!(placed[0], Assignment { cluster: Some(ClusterId(0)), distance: 3.0 });
        assert_eq!(placed[1].cluster, Some(ClusterId(1)));
        assert_eq!(Assigner::from_bytes(&assigner.to_bytes()).unwrap(), assigner);
    }

    #[test]
    fn what_is_background_goes_to_cluster_0_and_nothing_else_does() {
        let assigner = Assigner::to_centroids(array![[0.0], [10.0], [20.0]]);
        let x = array![[1.0], [1.0], [19.0], [19.0]];
        let placed = assigner.place_objects(x.view(), &[true, false, false, true]);
        let clusters: Vec<_> = placed.iter().map(|place| place.cluster.map(|id| id.0)).collect();
        assert_eq!(clusters, [Some(0), Some(1), Some(2), Some(0)]);
        assert_eq!((placed[1].distance, placed[3].distance), (9.0, 19.0));
        let empty = Assigner::to_centroids(array![[0.0]]);
        assert_eq!(empty.place_objects(x.view(), &[false; 4])[0].cluster, None, "there was no object before");
    }

    #[test]
    fn far_from_every_core_is_noise() {
        let x = array![[0.0], [1.0], [2.0], [10.0]];
        let clustering = Clustering::by_first_appearance([Some(0), Some(0), Some(0), None]);
        let eps = Positive::try_from(1.0).unwrap();
        let assigner = Assigner::to_cores(x.view(), &clustering, &[false, true, false, false], eps);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assigner.safetensors");
        assigner.save(&path).unwrap();
        let placed = Assigner::from_bytes(&fs::read(&path).unwrap()).unwrap().place(array![[2.0], [2.5]].view());
        assert_eq!(placed[0].cluster, Some(ClusterId(0)));
        assert_eq!(placed[1], Assignment { cluster: None, distance: 1.5 });
        let nothing = Assigner::to_cores(x.view(), &clustering, &[false; 4], eps);
        assert_eq!(nothing.place(x.view())[0].cluster, None);
    }

    #[test]
    fn refuses_other_files() {
        assert!(matches!(Assigner::from_bytes(b"nothing"), Err(AssignerFileError::Arrays(_))));
        let refused = |points: Array2<f32>, cluster: u32| {
            let assigner = Assigner { points, clusters: vec![ClusterId(cluster)], within: None };
            Assigner::from_bytes(&assigner.to_bytes()).unwrap_err().to_string()
        };
        assert_eq!(refused(array![[f32::NAN]], 0), "not an assigner: `points` holds numbers that are none");
        assert_eq!(refused(array![[f32::INFINITY]], 0), "not an assigner: `points` holds numbers that are none");
        assert_eq!(refused(array![[1.0]], u32::MAX), "not an assigner: cluster 4294967295 of 1 points");
    }
}
