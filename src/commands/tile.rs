//! Cuts images into tiles.

use std::path::Path;

use serde::Serialize;

use super::CommandError;
use crate::data::{Skipped, path_text};
use crate::images::{ScanOptions, Tiling, cut, scan};
use crate::progress::Observer;

/// Summary of `rails tile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TileReport {
    /// Where the tiles are.
    pub output: String,
    /// Images that gave at least one tile.
    pub images: usize,
    /// Tiles written.
    pub tiles: usize,
    /// Images that gave none, and files that are no images.
    pub skipped: Vec<Skipped>,
}

/// Cuts every image of the folder `images` (or the one image) into tiles under `output`, which must not exist.
///
/// # Errors
/// When nothing can be cut or written.
pub fn tile(images: &Path, tiling: Tiling, output: &Path, observer: &dyn Observer) -> Result<TileReport, CommandError> {
    let manifest = scan(images, &ScanOptions::default(), observer)?;
    let summary = cut(&manifest, &tiling, output, observer)?;
    let mut skipped = manifest.skipped;
    skipped.extend(summary.skipped);
    Ok(TileReport { output: path_text::to_text(output), images: summary.images, tiles: summary.tiles, skipped })
}
