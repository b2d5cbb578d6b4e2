//! `tiles.csv`: `path, id, parent, row, column`, which tile of which image a file is.

use std::io;
use std::path::Path;

use serde::Deserialize;

use super::csv_table;
use crate::atomic_file;
use crate::data::ImageId;

/// Its name in the folder of the tiles.
pub const FILE: &str = "tiles.csv";

const COLUMNS: [&str; 5] = ["path", "id", "parent", "row", "column"];

/// A tile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TileRow {
    /// Relative to the folder that the table lies in.
    pub path: String,
    pub id: ImageId,
    /// The image it was cut out of.
    pub parent: ImageId,
    /// From the top, counted from 1.
    pub row: u32,
    /// From the left, counted from 1.
    pub column: u32,
}

/// Writes one row per tile.
///
/// # Errors
/// When the disk refuses.
pub fn write<'a>(path: &Path, tiles: impl IntoIterator<Item = &'a TileRow>) -> io::Result<()> {
    let cells = |tile: &TileRow| {
        let TileRow { path, id, parent, row, column } = tile;
        [path.clone(), id.to_string(), parent.to_string(), row.to_string(), column.to_string()]
    };
    atomic_file::write_with(path, |file| csv_table::write_into(file, COLUMNS, tiles.into_iter().map(cells)))
}

/// The rows; each may be broken by itself, since people cut, copy and edit these tables.
///
/// # Errors
/// When the file cannot be opened.
pub fn read(path: &Path) -> Result<impl Iterator<Item = Result<TileRow, csv::Error>>, csv::Error> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    Ok(reader.into_records().map(move |row| csv_table::plain(&row?).deserialize(Some(&headers))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_broken_row_spoils_no_other() {
        let [id, parent] = ["tile", "image"].map(|bytes| ImageId::of_bytes(bytes.as_bytes()));
        let tile = |row| TileRow { path: format!("a/{row},0.png"), id, parent, row, column: 0 };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        write(&path, &[tile(0), tile(1)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let expected =
            format!("path,id,parent,row,column\n\"a/0,0.png\",{id},{parent},0,0\n\"a/1,0.png\",{id},{parent},1,0\n");
        assert_eq!(text, expected);
        std::fs::write(&path, text.replace(",0,0\n", ",none,0\n")).unwrap();
        let rows: Vec<Option<TileRow>> = read(&path).unwrap().map(Result::ok).collect();
        assert_eq!(rows, [None, Some(tile(1))]);
    }
}
