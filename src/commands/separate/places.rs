//! Places of tiles in their arrays: from tiles.csv, else from the fields of their names.

use std::collections::BTreeMap;

use super::name_place;
use crate::commands::CommandError;
use crate::data::{ImageRecord, Manifest};
use crate::progress::{Note, Observer, Warning};
use crate::separation::{GridPlace, SeparationRecipe, Tiles};
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

    /// From tiles.csv, else from the fields of the names, else from names as people write them ([`name_place`]). A tile
    /// that does not say where it stands is an array of its own; a warning says how many there are.
    ///
    /// # Errors
    /// When there are several tiles and none says where it stands, though the recipe compares each with those around it.
    pub fn of(manifest: &Manifest, recipe: &SeparationRecipe, observer: &dyn Observer) -> Result<Self, CommandError> {
        let records = &manifest.records;
        let mut known: Vec<Option<KnownPlace>> = records.iter().map(place).collect();
        let unknown: Vec<usize> = (0..known.len()).filter(|&at| known[at].is_none()).collect();
        let names: Vec<(&str, &str)> = unknown.iter().map(|&at| folder_and_stem(&records[at].path)).collect();
        let mut example = None;
        for ((&at, (folder, _)), found) in unknown.iter().zip(&names).zip(name_place::places(&names)) {
            let Some((array, row, column)) = found else { continue };
            example.get_or_insert_with(|| (records[at].path.clone(), row, column, array.clone()));
            known[at] = Some((format!("{folder}/{array}"), array, row, column));
        }
        if let Some((path, row, column, array)) = example {
            observer.note(&Note::PlacesFromNames { path, row, column, array });
        }
        let lost = known.iter().filter(|place| place.is_none()).count();
        if lost == known.len() && lost > 1 && recipe.looks_around() {
            return Err(CommandError::failed(
                format!(
                    "no tile says where it stands in its array, and the recipe compares each with those around it: `{}`",
                    manifest.root.display()
                ),
                "cut tiles with `rails tile`, call them name_row,column (or name_r1_c2, name-001-002, name_x2_y1), or say \
                 how they are called: `--set 'dataset.naming={array}_{row},{column}'`",
            ));
        }
        if lost > 0 {
            observer.warn(&Warning::TilesWithoutPlace { tiles: lost });
        }
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut arrays = Vec::new();
        let mut taken: BTreeMap<GridPlace, &str> = BTreeMap::new();
        let mut of_tiles = Vec::with_capacity(records.len());
        for (record, known) in records.iter().zip(known) {
            let (key, name, row, column) =
                known.unwrap_or_else(|| (format!("path {}", record.path), record.path.clone(), 1, 1));
            let array = *numbers.entry(key).or_insert_with(|| {
                arrays.push(name);
                arrays.len() - 1
            });
            let place = GridPlace { array, row, column };
            if let Some(first) = taken.insert(place, &record.path) {
                let (first, second) = (first.to_owned(), record.path.clone());
                observer.warn(&Warning::TilesInOnePlace { first, second, row, column });
            }
            of_tiles.push(place);
        }
        Ok(Self { of_tiles, arrays })
    }
}

/// A key that tells arrays apart, the array's name, and the tile's row and column.
type KnownPlace = (String, String, u32, u32);

fn folder_and_stem(path: &str) -> (&str, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    (folder, name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}

fn place(record: &ImageRecord) -> Option<KnownPlace> {
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
