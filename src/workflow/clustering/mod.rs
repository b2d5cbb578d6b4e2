//! Clustering of features: the algorithms, the choice among what they found, and what is kept of it on the disk.

mod cluster_folders;
mod group;
mod grouping;
mod images_table;
mod judging;
pub(crate) mod per_series;
mod pick_dbscan;
mod pick_k_means;
mod summary;

pub(crate) use cluster_folders::{ClusterFolders, cluster_folders};
pub(crate) use group::{Details, GridCell, Group, SweepRow};
pub(crate) use grouping::{assigner, plane, run};
pub(crate) use images_table::{check_field_names, images_csv};
pub(crate) use judging::Judge;
pub(crate) use summary::rows;
pub use summary::{ClusterRow, MethodSummary};
