//! CSV tables: written whole or not at all, read by the names of their columns. Text that a spreadsheet would take for a
//! formula is marked as text, by the rule of [`spreadsheet_text`].

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::spreadsheet_text::{from_cell, to_cell};
use crate::atomic_file;

/// Why a table cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Not CSV, or not there.
    #[error("{source}: `{}`", .path.display())]
    Csv { path: PathBuf, source: csv::Error },
    /// The disk refuses.
    #[error("{source}: `{}`", .path.display())]
    Write { path: PathBuf, source: io::Error },
    /// A column the file must have.
    #[error("no column `{column}`: `{}`", .path.display())]
    NoColumn { column: String, path: PathBuf },
    /// A name field of the data set is called like a column of images.csv.
    #[error("the name field `{name}` is called like a column of images.csv: call it otherwise in dataset.naming")]
    FieldClash { name: String },
    /// A cell that does not hold what its column promises.
    #[error("row {row}: {message}: `{}`", .path.display())]
    Cell { row: usize, message: String, path: PathBuf },
}

/// Writes a header and rows of as many cells.
///
/// # Errors
/// When the disk refuses; then what was at `path` before is still there.
pub(super) fn write<R>(
    path: &Path,
    header: impl IntoIterator<Item = impl AsRef<[u8]>>,
    rows: impl IntoIterator<Item = R>,
) -> Result<(), TableError>
where
    R: IntoIterator,
    R::Item: AsRef<[u8]>,
{
    let written = atomic_file::write_with(path, |file| write_into(file, header, rows));
    written.map_err(|source| TableError::Write { path: path.to_owned(), source })
}

/// The same into something open, such as the memory.
pub(super) fn write_into<R>(
    file: &mut dyn io::Write,
    header: impl IntoIterator<Item = impl AsRef<[u8]>>,
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()>
where
    R: IntoIterator,
    R::Item: AsRef<[u8]>,
{
    let mut writer = csv::Writer::from_writer(file);
    for name in header {
        writer.write_field(to_cell(name.as_ref())).map_err(of_disk)?;
    }
    writer.write_record(None::<&[u8]>).map_err(of_disk)?;
    for row in rows {
        for cell in row {
            writer.write_field(to_cell(cell.as_ref())).map_err(of_disk)?;
        }
        writer.write_record(None::<&[u8]>).map_err(of_disk)?;
    }
    writer.flush()
}

/// What the disk said: the crate's own conversion keeps its words and hides its kind, by which we know a full disk.
fn of_disk(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// A table that is being read.
pub(super) struct CsvTable<'a> {
    path: &'a Path,
    reader: csv::Reader<std::fs::File>,
    headers: StringRecord,
}

impl<'a> CsvTable<'a> {
    pub fn open(path: &'a Path) -> Result<Self, TableError> {
        let failed = |source| TableError::Csv { path: path.to_owned(), source };
        let mut reader = csv::Reader::from_path(path).map_err(failed)?;
        let headers = plain(reader.headers().map_err(failed)?).into_owned();
        Ok(Self { path, reader, headers })
    }

    /// Names of all columns, in order.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.headers.iter()
    }

    /// Where the column `name` stands.
    pub fn column(&self, name: &str) -> Result<usize, TableError> {
        let found = self.headers.iter().position(|header| header == name);
        found.ok_or_else(|| TableError::NoColumn { column: name.to_owned(), path: self.path.to_owned() })
    }

    /// Hands every row to `each`, whose error is a sentence about a cell; rows are counted as in the file, the header
    /// being the first.
    pub fn for_each(&mut self, mut each: impl FnMut(&StringRecord) -> Result<(), String>) -> Result<(), TableError> {
        for (row, record) in (2..).zip(self.reader.records()) {
            let record = record.map_err(|source| TableError::Csv { path: self.path.to_owned(), source })?;
            each(&plain(&record)).map_err(|message| TableError::Cell { row, message, path: self.path.to_owned() })?;
        }
        Ok(())
    }
}

/// The texts of a row's cells; hardly any row has one that is marked.
pub(super) fn plain(record: &StringRecord) -> Cow<'_, StringRecord> {
    let is_marked = record.iter().any(|cell| from_cell(cell).len() < cell.len());
    if is_marked { Cow::Owned(record.iter().map(from_cell).collect()) } else { Cow::Borrowed(record) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk without room.
    struct Full;

    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::FileTooLarge.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_known_as_one() {
        let rows = vec![["cell"; 100]; 1000];
        let refused = write_into(&mut Full, ["column"; 100], rows).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge, "in the middle: more than the buffer holds");
        let refused = write_into(&mut Full, ["column"], [["cell"]]).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge, "at the end");
    }

    #[test]
    fn names_that_look_like_formulas_are_marked_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        write(&path, ["path", "=class", "n"], [["=1+1.png", "-rust, old", "-0.5"]]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "path,'=class,n\n'=1+1.png,\"'-rust, old\",-0.5\n");
        let mut table = CsvTable::open(&path).unwrap();
        assert_eq!(table.column("=class").unwrap(), 1);
        let mut rows = Vec::new();
        let mut keep = |row: &StringRecord| {
            rows.push(row.iter().map(str::to_owned).collect::<Vec<_>>());
            Ok(())
        };
        table.for_each(&mut keep).unwrap();
        assert_eq!(rows, [["=1+1.png", "-rust, old", "-0.5"]]);
    }
}
