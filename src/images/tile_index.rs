//! `tiles.csv`: which tile of which image a file is. Written beside the tiles, found again by the scan.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data::{ImageId, TileOrigin};
use crate::progress::{Observer, Warning};

/// Its name in the folder of the tiles.
pub(super) const FILE: &str = "tiles.csv";

/// A line of the file; `path` is relative to the folder that the file lies in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub path: String,
    pub id: ImageId,
    pub parent: ImageId,
    pub row: u32,
    pub column: u32,
}

/// The tiles of any number of `tiles.csv`, by file.
#[derive(Debug, Default)]
pub(super) struct TileIndex(HashMap<PathBuf, (ImageId, TileOrigin)>);

impl TileIndex {
    /// Takes in a `tiles.csv`; a broken line is left out with a warning, so that its file counts as an image of its
    /// own.
    pub(super) fn add(&mut self, file: &Path, observer: &dyn Observer) {
        let folder = file.parent().unwrap_or(Path::new(""));
        let warn = |error: &csv::Error| {
            observer.warn(&Warning::TileLineIgnored { reason: error.to_string(), path: file.to_owned() });
        };
        let mut reader = match csv::Reader::from_path(file) {
            Ok(reader) => reader,
            Err(error) => return warn(&error),
        };
        for line in reader.deserialize::<Line>() {
            match line {
                Ok(Line { path, id, parent, row, column }) => {
                    self.0.insert(folder.join(path), (id, TileOrigin { parent, row, column }));
                }
                Err(error) => warn(&error),
            }
        }
    }

    /// Id and origin of the tile in `file`.
    pub(super) fn get(&self, file: &Path) -> Option<(ImageId, TileOrigin)> {
        self.0.get(file).copied()
    }
}
