//! From a pile of unlabelled images to a classifier you can trust, on one machine, offline.
//!
//! ```text
//!  files ──images──▶ Image ──features──▶ Embeddings ──reducers──▶ reduced ──clusterers──▶ Clustering
//!                                            │                                               │
//!                                            │                                           curation
//!                                            ▼                                               ▼
//!  predictions ◀──────────── Bundle ◀────training◀───────────────────────────────────── Labels
//! ```
//!
//! Modules stand in the order data flows; [`commands`] joins them, `ARCHITECTURE.md` says where to add what.
//!
//! # Example
//!
//! A command takes a recipe, in which everything has a default, and a [`Context`](workflow::Context), which says where it
//! works and who listens. What it finds lies in a run folder, for this library, a spreadsheet or a script:
//!
//! ```
//! use std::time::Duration;
//!
//! use rails::commands::{ClusterOptions, PredictOptions, TrainOptions, cluster, predict, train};
//! use rails::device::Device;
//! use rails::files::ImagesTable;
//! use rails::memory::MemoryBudget;
//! use rails::progress::Silent;
//! use rails::recipes::{ClusterRecipe, TrainRecipe};
//! use rails::runs::Placement;
//! use rails::workflow::{Context, LabelSources, Workspace};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let workspace = Workspace {
//!     runs: folder.path().join("runs"),
//!     checkpoints: folder.path().join("checkpoints"),
//!     datasets: "datasets".into(),
//!     cache: folder.path().join("cache"),
//! };
//! let memory = MemoryBudget::of_machine();
//! let context = Context { device: Device::Cpu, memory, workspace: &workspace, observer: &Silent };
//!
//! // Cluster a folder: 192 photographs of brick, grass and gravel.
//! let mut recipe = ClusterRecipe::default();
//! recipe.dataset.path = Some("datasets/surfaces".into());
//! let silhouettes = Duration::from_mins(1);
//! let options = ClusterOptions { truth: None, placement: Placement::Link, silhouettes };
//! let run = cluster(&recipe, &options, &context)?.run;
//!
//! // Read a run: which image is in which cluster.
//! let images = ImagesTable::read(&run.join("images.csv"), &["kmeans".to_owned()], &[])?;
//! assert_eq!(images.rows.len(), 192);
//! assert_eq!(images.clusterings["kmeans"].n_clusters(), 3);
//!
//! // Learn from a table of labels, or from a curated run.
//! let labels = LabelSources { labelled: vec!["datasets/surfaces/labels.csv".into()], images: None };
//! train(&TrainRecipe::default(), &TrainOptions { source: labels, resume: false }, &context)?;
//!
//! // Classify one image with the newest checkpoint.
//! let image = ["datasets/surfaces/brick_1,1.png".into()];
//! let found = predict(&image, &PredictOptions::default(), &context)?;
//! assert_eq!(found.predictions[0].class, "brick");
//! assert!(found.predictions[0].confidence > 0.9);
//! # Ok(())
//! # }
//! ```

pub mod atomic_file;
pub mod data;
pub mod memory;
pub mod progress;

pub mod files;

pub mod images;
pub mod pairwise;
pub mod server;

pub mod backbones;
pub mod metrics;

pub mod clusterers;
pub mod embeddings;
pub mod features;
pub mod linear_model;
pub mod outliers;
pub mod reducers;

pub mod curation;
pub mod detector_frames;
pub mod report;
pub mod separation;
pub mod training;

pub mod evaluation;

pub mod recipes;

pub mod runs;

pub mod workflow;

pub mod explore;
pub mod review;

pub mod commands;

pub mod cli;

pub mod device;
