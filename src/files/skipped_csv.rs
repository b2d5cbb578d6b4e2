//! `skipped.csv`: `path, reason` of every file that was left out.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::{TableError, csv_table};
use crate::data::Skipped;

/// Its name in a run folder.
pub const FILE: &str = "skipped.csv";

const COLUMNS: [&str; 2] = ["path", "reason"];

/// The list for the table `table` that a user named: `skipped.csv` in its folder, else `<table>.skipped.csv`, else
/// numbered. Never the table itself, nor a file that is no such list.
#[must_use]
pub fn beside(table: &Path) -> PathBuf {
    let stem = table.file_stem().unwrap_or_default().to_string_lossy();
    let names = [FILE.to_owned(), format!("{stem}.{FILE}")];
    let numbered = (2..).map(|number| format!("{stem}.skipped-{number}.csv"));
    let mut places = names.into_iter().chain(numbered).map(|name| table.with_file_name(name));
    places.find(|place| place != table && (!place.exists() || is_list(place))).unwrap_or_default()
}

/// Whether the file at `path` is such a list, by its header.
fn is_list(path: &Path) -> bool {
    // A file without lines may be long.
    let longest = COLUMNS.join(",").len() as u64 + 2;
    let mut header = String::new();
    let read = File::open(path).and_then(|file| BufReader::new(file.take(longest)).read_line(&mut header));
    read.is_ok() && header.trim_end() == COLUMNS.join(",") && header.ends_with('\n')
}

/// Writes one row per file.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, skipped: &[Skipped]) -> Result<(), TableError> {
    csv_table::write(path, COLUMNS, skipped.iter().map(|file| [&file.path, &file.reason]))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_list_takes_no_file_that_is_none() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let left_out = [Skipped { path: "a.png".into(), reason: "empty".into() }];
        assert_eq!(beside(&at("out.csv")), at("skipped.csv"));
        write(&at("skipped.csv"), &left_out).unwrap();
        assert_eq!(beside(&at("out.csv")), at("skipped.csv"), "a list of before is written anew");
        assert_eq!(beside(&at("skipped.csv")), at("skipped.skipped.csv"), "the table itself");
        for theirs in ["path,reason,by\nx,y,me\n", "my notes", "path,reason", "", "path,reason!\n"] {
            fs::write(at("skipped.csv"), theirs).unwrap();
            assert_eq!(beside(&at("out.csv")), at("out.skipped.csv"), "{theirs}");
        }
        fs::create_dir(at("out.skipped.csv")).unwrap();
        assert_eq!(beside(&at("out.csv")), at("out.skipped-2.csv"));
    }
}
