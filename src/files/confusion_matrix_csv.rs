//! `confusion_matrix.csv` and `confusion_matrix_percent.csv`: a row per true class, a column per predicted one.

use std::path::Path;

use ndarray::ArrayView2;

use super::{TableError, csv_table};

/// The counts, in a run folder.
pub const FILE: &str = "confusion_matrix.csv";
/// The same in percent of each row.
pub const PERCENT_FILE: &str = "confusion_matrix_percent.csv";

/// Writes `cells`, shape `[n_classes, n_classes]`, as `cell` writes one.
///
/// # Errors
/// When the disk refuses.
pub fn write<T>(
    path: &Path,
    classes: &[String],
    cells: ArrayView2<'_, T>,
    cell: impl Fn(&T) -> String,
) -> Result<(), TableError> {
    let header = ["true \\ predicted"].into_iter().chain(classes.iter().map(String::as_str));
    let rows = classes.iter().zip(cells.rows());
    let rows = rows.map(|(class, row)| std::iter::once(class.clone()).chain(row.into_iter().map(&cell)).collect());
    csv_table::write(path, header, rows.collect::<Vec<Vec<String>>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn names_are_quoted_where_they_need_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let classes = ["grass", "stone, big"].map(str::to_owned);
        write(&path, &classes, array![[2, 0], [1, 1]].view(), i32::to_string).unwrap();
        let expected = "true \\ predicted,grass,\"stone, big\"\ngrass,2,0\n\"stone, big\",1,1\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }
}
