//! Files that runs and checkpoints are made of: one module a file, each with its columns or keys, its writer and, where
//! the program reads it again, its reader.
//!
//! | module | file | read by |
//! |---|---|---|
//! | [`images_csv`] | `images.csv`: a row per image of a run with clusters | curate, train, the pages |
//! | [`skipped_csv`] | `skipped.csv`: files left out, and why | people |
//! | [`cluster_metadata_json`] | `cluster_metadata.json` in every cluster folder | `curate --from-folders` |
//! | [`labels_csv`], [`removed_csv`] | labels and removals after all decisions | train, other programs |
//! | [`export_tables`] | the same with files and name fields, as CSV or Parquet | other programs |
//! | [`review_csv`] | the clustering that people review | curate |
//! | [`proposals_jsonl`] | defect labels as decisions | `curate --apply` |
//! | [`patches_csv`] | a row per patch | people |
//! | [`split_csv`], [`folds_csv`] | which image played which part | people |
//! | [`predictions_csv`] | predictions for labelled images | compare |
//! | [`prediction_table`] | predictions for new images, as CSV, JSON lines or Parquet | other programs |
//! | [`confusion_matrix_csv`], [`per_class_csv`], [`fields_csv`], [`risk_coverage_csv`] | tables of an evaluation | people |
//! | [`changes_csv`] | images that two classifiers call differently | people |
//! | [`tiles_csv`] | `tiles.csv`: which tile of which image a file is | a scan |
//! | [`own_output`] | `rails-output.json` in folders of sorted, kept and exported images | a scan, which passes them over |
//! | [`results_json`] | `results.json`: everything measured | compare |
//! | [`foreign_table`] | tables of people and other programs | label tables |
//!
//! Rows are plain: whoever writes a table turns its own types into them. `decisions.jsonl` is with the decisions
//! (`curation/log.rs`), `run.json` and `bundle.json`, which hold recipes, are in `runs/`; with `results.json` they carry a
//! seal ([`sealed_json`]).

pub mod changes_csv;
pub mod cluster_metadata_json;
pub mod confusion_matrix_csv;
mod csv_table;
pub mod export_tables;
pub mod fields_csv;
pub mod folds_csv;
pub mod foreign_table;
pub mod images_csv;
pub mod labels_csv;
pub mod own_output;
mod parquet_table;
pub mod patches_csv;
pub mod per_class_csv;
pub mod prediction_table;
pub mod predictions_csv;
pub mod proposals_jsonl;
pub mod removed_csv;
pub mod results_json;
pub mod review_csv;
pub mod risk_coverage_csv;
pub mod sealed_json;
pub mod skipped_csv;
pub mod split_csv;
mod spreadsheet_text;
pub mod tiles_csv;

pub use csv_table::TableError;
pub use images_csv::{Column, ImageRow, ImagesTable};
pub use results_json::{Results, ResultsError};
