//! Large images become tiles of one size, or tiles around the points of a grid such as the pillars of a wafer.
//!
//! Tiles keep the depth and the colour of their image: PNG for 8 and 16 bits, TIFF for 32. Rows and columns count
//! from 1, as `{stem}_{row},{column}.png`; `tiles.csv` beside them says which image each tile comes from.

mod geometry;
mod writing;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;

pub use geometry::{TilePlace, Tiling};

use super::{Decoded, ImageError, Limits, decode};
use crate::atomic_file::{self, StagedFolder};
use crate::data::{ImageRecord, LONGEST_NAME, Manifest, Skipped, path_text, shortened};
use crate::files::tiles_csv::{self, TileRow};
use crate::memory::Reservations;
use crate::progress::{Event, Observer, Stage};

/// Summary of [`cut`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileSummary {
    /// Images that gave at least one tile.
    pub images: usize,
    /// Tiles written.
    pub tiles: usize,
    /// Images that gave none, and why.
    pub skipped: Vec<Skipped>,
}

/// Cuts every image of the manifest; `output` appears whole or not at all, with the subfolders of the input.
///
/// # Errors
/// When `output` exists, cannot be written, or would hold no tile at all.
pub fn cut(
    manifest: &Manifest,
    tiling: &Tiling,
    output: &Path,
    observer: &dyn Observer,
) -> Result<TileSummary, ImageError> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::AlreadyExists => ImageError::OutputExists(output.to_path_buf()),
        ErrorKind::ResourceBusy => ImageError::OutputBusy(output.to_path_buf()),
        _ => ImageError::Write { path: output.to_path_buf(), source },
    };
    if atomic_file::is_taken(output) {
        return Err(ImageError::OutputExists(output.to_path_buf()));
    }
    let folder = StagedFolder::create(output).map_err(failed)?;
    let stage = observer.stage(Stage::Tile, manifest.records.len());
    let skipped = Mutex::new(Vec::new());
    let room = Reservations::of(Limits::current().room());
    let lines: Vec<Vec<TileRow>> = manifest
        .records
        .par_iter()
        .zip(stems(&manifest.records))
        .map(|(record, stem)| {
            let _reserved = room.reserve(record.decoding_bytes());
            let cut = cut_one(manifest, record, &stem, tiling, folder.path());
            stage.advance(1);
            match cut? {
                Ok(lines) => Ok(lines),
                Err(reason) => {
                    observer.on(Event::Skipped { path: Path::new(&record.path), why: &reason });
                    let left_out = Skipped { path: record.path.clone(), reason };
                    skipped.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(left_out);
                    Ok(Vec::new())
                }
            }
        })
        .collect::<Result<_, ImageError>>()?;
    drop(stage);
    let mut skipped = skipped.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    let images = lines.iter().filter(|lines| !lines.is_empty()).count();
    let tiles = lines.iter().map(Vec::len).sum();
    if tiles == 0 {
        let reason = skipped.into_iter().next().map(|first| first.reason);
        return Err(ImageError::NoTiles { images: manifest.records.len(), reason });
    }
    let index = folder.path().join(tiles_csv::FILE);
    tiles_csv::write(&index, lines.iter().flatten()).map_err(|source| ImageError::Write { path: index, source })?;
    folder.finish().map_err(failed)?;
    Ok(TileSummary { images, tiles, skipped })
}

/// Writes a whole image with its depth and channels to the new file `file`, whose extension is that of [`extension_of`].
///
/// # Errors
/// When the file exists or cannot be written.
pub fn save(image: &Decoded, file: &Path) -> Result<(), ImageError> {
    writing::tile(image, &TilePlace { row: 1, column: 1, y: 0..image.height, x: 0..image.width }, file)
}

/// `png`, or `tif` where PNG cannot hold the depth.
#[must_use]
pub fn extension_of(image: &Decoded) -> &'static str {
    writing::extension(image)
}

/// The tiles of one image, or why there are none; the outer error is a disk that cannot be written.
fn cut_one(
    manifest: &Manifest,
    record: &ImageRecord,
    stem: &str,
    tiling: &Tiling,
    folder: &Path,
) -> Result<Result<Vec<TileRow>, String>, ImageError> {
    let image = match decode(&manifest.file(record)) {
        Ok(image) => image,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let boxes = match tiling.boxes(image.height, image.width) {
        Ok(boxes) => boxes,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut lines = Vec::with_capacity(boxes.len());
    for place in boxes {
        let extension = writing::extension(&image);
        let path = format!("{stem}_{},{}.{extension}", place.row, place.column);
        let file = folder.join(path_text::to_path(&path));
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(|source| ImageError::Write { path: parent.to_path_buf(), source })?;
        }
        writing::tile(&image, &place, &file)?;
        let at = [place.y.start, place.x.start, place.y.len(), place.x.len()].map(|pixels| pixels as u64);
        lines.push(TileRow { path, id: record.id.tile(at), parent: record.id, row: place.row, column: place.column });
    }
    Ok(Ok(lines))
}

/// Paths without extension; where two images would share one, the later ones get a number.
fn stems(records: &[ImageRecord]) -> Vec<String> {
    let mut taken = HashSet::new();
    // Where the search for a free number goes on: a stack of frames has one name, tens of thousands of times.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let stem_of = |path: &str| {
        let name = path.rfind('/').map_or(0, |slash| slash + 1);
        let (folder, name) = path.split_at(name);
        let stem = name.rfind('.').filter(|&dot| dot > 0).map_or(name, |dot| &name[..dot]);
        // Row, column and number must fit behind it.
        format!("{folder}{}", shortened(stem, LONGEST_NAME))
    };
    records
        .iter()
        .map(|record| {
            let stem = stem_of(&record.path);
            let mut free = stem.clone();
            while !taken.insert(free.clone()) {
                let number = numbers.entry(stem.clone()).or_insert(2);
                free = format!("{stem}-{number}");
                *number += 1;
            }
            free
        })
        .collect()
}

#[cfg(test)]
mod tests;
