//! Errors of the store, and what to do about them.

use std::io;
use std::path::PathBuf;

use crate::atomic_file;
use crate::data::EmbeddingsError;
use crate::features::FeatureError;
use crate::memory::OverBudget;

/// Why images could not be embedded. A single bad image never ends up here.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, or the folder is not ours.
    #[error("cannot write the embedding store: `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// A part that the commit lists is damaged.
    #[error("damaged part of the embedding store: {detail}: `{}`", path.display())]
    Corrupt { path: PathBuf, detail: String },
    /// The features of all images do not fit in memory.
    #[error("the features of {n} images: it {why}")]
    Memory { n: usize, why: OverBudget },
    /// The extractor failed.
    #[error("cannot embed images")]
    Extract(#[from] FeatureError),
    /// The extractor gave another number of rows or columns than it declares.
    #[error("features of shape {got:?} where {expected:?} was expected")]
    Shape { got: (usize, usize), expected: (usize, usize) },
    /// Numbers were read that are no embedding.
    #[error("the embedding store holds numbers that are none")]
    Numbers(#[from] EmbeddingsError),
}

impl StoreError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Write { source, .. } => match source.kind() {
                _ if atomic_file::is_full(source) => Some(
                    "free some space or choose another place with `--cache`; what was embedded so far is kept".into(),
                ),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Some(
                    "images that are not in it need a folder you may write to: choose one with `--cache`".to_owned(),
                ),
                _ => None,
            },
            Self::Corrupt { .. } => {
                Some("remove this file and run again: only its images are embedded anew".to_owned())
            }
            Self::Memory { why, .. } => {
                Some(format!("take a sample of the images (`dataset.sample`), or {}", why.hint()))
            }
            Self::Extract(_) | Self::Shape { .. } | Self::Numbers(_) => None,
        }
    }
}
