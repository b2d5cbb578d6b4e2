//! Clustering of features: the algorithms, the choice among what they found, and what is kept of it on the disk.

mod cluster_folders;
mod evaluator;
mod failed_method;
mod images_table;
mod methods;
pub(crate) mod per_series;
mod pick_dbscan;
mod pick_k_means;
mod result;
mod summary;

pub(crate) use cluster_folders::{ClusterFolders, cluster_folders};
pub(crate) use evaluator::ClusteringEvaluator;
pub use failed_method::FailedMethod;
pub(crate) use failed_method::{leave_out, or_left_out};
pub(crate) use images_table::{check_field_names, images_csv};
pub(crate) use methods::{Clusterings, assigner, plane, run};
pub(crate) use result::{ClusteringDetails, ClusteringResult, GridCell, KMeansSweepRow};
pub(crate) use summary::rows;
pub use summary::{ClusterRow, MethodSummary};
