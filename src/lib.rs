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

pub mod data;
pub mod progress;

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
pub mod report;
pub mod separation;
pub mod training;

pub mod runs;

pub mod workflow;

pub mod commands;

pub mod cli;

pub mod device;
