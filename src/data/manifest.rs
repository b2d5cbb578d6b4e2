//! Manifests: the images of a data set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{FrameAddress, ImageId, PatchAddress, path_text};

/// One image of the data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// Content hash: it stays the same when the file is renamed.
    pub id: ImageId,
    /// Relative to [`Manifest::root`], with `/` between parts, in the form of [`path_text`]; a frame's ends in its number,
    /// as in `run7.h5#17`, a patch's in its place, as in `wafer.png#xywh=64,0,32,32`.
    pub path: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bits per channel: 8, 16 or 32.
    pub bit_depth: u8,
    /// Fields that the naming template found in the file name; empty where the name does not match.
    pub fields: BTreeMap<String, String>,
    /// Where a tile was cut from.
    pub tile: Option<TileOrigin>,
    /// Hash of the file's bytes where the id is another, as for tiles; `None` for all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ImageId>,
}

impl ImageRecord {
    /// An image of which only its id and its path are known.
    #[must_use]
    pub fn known(id: ImageId, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { id, path, width: 0, height: 0, bit_depth: 8, fields: BTreeMap::new(), tile: None, content: None }
    }

    /// Bytes that it takes while it is decoded and shown, about: its counts and copies of them in 32 bits.
    #[must_use]
    pub fn decoding_bytes(&self) -> u64 {
        let channels = if self.bit_depth > 16 { 1 } else { 3 };
        let each = channels * (u64::from(self.bit_depth / 8) + 8);
        u64::from(self.width).saturating_mul(u64::from(self.height)).saturating_mul(each)
    }

    /// Whether this is a frame or a patch of a file, and no file of its own.
    #[must_use]
    pub fn is_part(&self) -> bool {
        names_part(&self.path)
    }

    /// The hash that the bytes of its file have; `None` for a frame or patch, of which the file holds more.
    #[must_use]
    pub fn content_id(&self) -> Option<ImageId> {
        (!self.is_part()).then(|| self.content.unwrap_or(self.id))
    }
}

/// Whether `path`, in the form of [`path_text`], names a frame or a patch of a file.
#[must_use]
pub fn names_part(path: &str) -> bool {
    FrameAddress::parse_text(path).is_some() || PatchAddress::parse_text(path).is_some()
}

/// The file that a frame or patch at `path` is a part of; `None` where `path` names a file of its own.
#[must_use]
pub fn part_of(path: &Path) -> Option<PathBuf> {
    let image = PatchAddress::parse(path).map(|patch| patch.image);
    let frame = FrameAddress::parse(image.as_deref().unwrap_or(path)).map(|frame| frame.file);
    frame.or(image)
}

/// The place of a tile in the image it was cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileOrigin {
    /// The image it was cut from.
    pub parent: ImageId,
    /// Row in the grid of tiles, counted from 1.
    pub row: u32,
    /// Column in the grid of tiles, counted from 1.
    pub column: u32,
}

/// A file that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Relative to the root of the scan where it lies below it.
    pub path: String,
    /// A lowercase fragment such as `not an image`.
    pub reason: String,
}

/// The images of a run, sorted by file and within a file by frame, and what was left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The folder every path is relative to.
    #[serde(with = "path_text::serde_text")]
    pub root: PathBuf,
    /// Sorted by file, then by the number of the frame; row `i` of every array of the run belongs to `records[i]`.
    pub records: Vec<ImageRecord>,
    /// Sorted by path.
    pub skipped: Vec<Skipped>,
    /// How many records the naming template did not match.
    pub unmatched: usize,
}

impl Manifest {
    /// Where the file of `record` lies; for a frame or patch, its address.
    #[must_use]
    pub fn file(&self, record: &ImageRecord) -> PathBuf {
        self.root.join(path_text::to_path(&record.path))
    }

    /// The ids in manifest order.
    #[must_use]
    pub fn ids(&self) -> Vec<ImageId> {
        self.records.iter().map(|record| record.id).collect()
    }

    /// Number of images that share their bytes with an earlier one.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        let distinct: std::collections::BTreeSet<_> = self.records.iter().map(|record| record.id).collect();
        self.records.len() - distinct.len()
    }

    /// The names of all fields any record has, sorted.
    #[must_use]
    pub fn field_names(&self) -> Vec<String> {
        let names: std::collections::BTreeSet<_> = self.records.iter().flat_map(|r| r.fields.keys()).collect();
        names.into_iter().cloned().collect()
    }

    /// A hash over the ids and paths: two manifests of equal fingerprint hold the same images.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for record in &self.records {
            hasher.update(record.id.to_string().as_bytes()).update(record.path.as_bytes()).update(b"\n");
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}
