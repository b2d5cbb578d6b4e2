//! Places of tiles in their arrays: from tiles.csv, else from the fields of their names.

use std::collections::BTreeMap;

use crate::data::{ImageRecord, Manifest};
use crate::progress::{Observer, Warning};
use crate::separation::{GridPlace, Tiles};
use crate::workflow::feature_extraction::ExtractedFeatures;

/// Places of all tiles, and the names of their arrays.
pub(super) struct Places {
    /// One per record of the manifest.
    pub of_tiles: Vec<GridPlace>,
    /// By number of the array.
    pub arrays: Vec<String>,
}

impl Places {
    /// The tiles by the features of `measured`, whose manifest is theirs.
    pub fn tiles<'a>(&'a self, measured: &'a ExtractedFeatures) -> Tiles<'a> {
        Tiles { places: &self.of_tiles, columns: &measured.columns, values: measured.embeddings.values() }
    }

    /// A tile that does not say where it stands is an array of its own; a warning says how many there are.
    pub fn of(manifest: &Manifest, observer: &dyn Observer) -> Self {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut arrays = Vec::new();
        let mut lost = 0;
        let mut of_tiles = Vec::with_capacity(manifest.records.len());
        for record in &manifest.records {
            let known = place(record);
            lost += usize::from(known.is_none());
            let (key, name, row, column) =
                known.unwrap_or_else(|| (format!("path {}", record.path), record.path.clone(), 1, 1));
            let array = *numbers.entry(key).or_insert_with(|| {
                arrays.push(name);
                arrays.len() - 1
            });
            of_tiles.push(GridPlace { array, row, column });
        }
        if lost > 0 {
            observer.warn(&Warning::TilesWithoutPlace { tiles: lost });
        }
        Self { of_tiles, arrays }
    }
}

/// A key that tells arrays apart, the array's name, and the tile's row and column.
fn place(record: &ImageRecord) -> Option<(String, String, u32, u32)> {
    let field = |name: &str| record.fields.get(name);
    if let Some(tile) = record.tile {
        let name = field("array").cloned().unwrap_or_else(|| tile.parent.short());
        return Some((tile.parent.to_string(), name, tile.row, tile.column));
    }
    let number = |name: &str| field(name)?.parse::<u32>().ok();
    let folder = record.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let array = field("array").map_or("", String::as_str);
    Some((format!("{folder}/{array}"), array.to_owned(), number("row")?, number("column")?))
}
