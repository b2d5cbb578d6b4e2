//! Index of tiles: which tile of which image a file is, as the `tiles.csv` beside the tiles say.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::data::{ImageId, TileOrigin, path_text};
use crate::files::tiles_csv::{self, TileRow};
use crate::progress::{Observer, Warning};

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
        let rows = match tiles_csv::read(file) {
            Ok(rows) => rows,
            Err(error) => return warn(&error),
        };
        for row in rows {
            match row {
                Ok(TileRow { path, id, parent, row, column }) => {
                    self.0.insert(folder.join(path_text::to_path(&path)), (id, TileOrigin { parent, row, column }));
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
