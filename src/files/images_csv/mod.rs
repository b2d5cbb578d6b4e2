//! `images.csv`: a row per image, what other programs and the later steps read.

pub mod columns;

use std::collections::BTreeMap;
use std::path::{Component, Path};

pub use columns::Column;

use super::csv_table::{self, CsvTable, TableError};
use crate::data::{ClusterId, Clustering, ImageId, Manifest, bounds, names_part, part_of, path_text};

/// Its name in a run folder.
pub const FILE: &str = "images.csv";

/// Writes `images.csv`: id, path, the name fields, then `columns`; last, where there are tiles, the hashes of their files.
///
/// # Errors
/// When a name field is called like another column, or the disk refuses.
pub fn write(path: &Path, manifest: &Manifest, columns: &[Column]) -> Result<(), TableError> {
    let fields = manifest.field_names();
    columns::check_fields(&fields, columns.iter().map(|column| &column.name))?;
    let header = [columns::ID, columns::PATH].into_iter().chain(fields.iter().map(String::as_str));
    let header = header.chain(columns.iter().map(|column| column.name.as_str()));
    let with_content = manifest.records.iter().any(|record| record.content.is_some());
    let header = header.chain(with_content.then_some(columns::CONTENT));
    let rows = manifest.records.iter().enumerate().map(|(row, record)| {
        let fields = fields.iter().map(|name| record.fields.get(name).cloned().unwrap_or_default());
        let cells = columns.iter().map(move |column| column.cells[row].clone());
        let content = with_content.then(|| record.content.map(|id| id.to_string()).unwrap_or_default());
        [record.id.to_string(), record.path.clone()].into_iter().chain(fields).chain(cells).chain(content)
    });
    csv_table::write(path, header, rows)
}

/// One image of a finished run.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageRow {
    /// Content hash.
    pub id: ImageId,
    /// Relative to the data set's root, and never leading out of it.
    pub path: String,
    /// Hash of the file's bytes where the id is another, as for tiles.
    pub content: Option<ImageId>,
}

impl ImageRow {
    /// Whether this is a frame or a patch of a file, and no file of its own.
    #[must_use]
    pub fn is_part(&self) -> bool {
        names_part(&self.path)
    }
}

/// The images of a finished run and the clusterings over them.
#[derive(Debug, Clone, PartialEq)]
pub struct ImagesTable {
    /// In manifest order.
    pub rows: Vec<ImageRow>,
    /// Name fields, per row.
    pub fields: Vec<BTreeMap<String, String>>,
    /// Clusterings by method name.
    pub clusterings: BTreeMap<String, Clustering>,
}

impl ImagesTable {
    /// Reads `images.csv`; `methods` names the columns that hold clusterings, `fields` those from file names.
    ///
    /// # Errors
    /// [`TableError`] names the row or column at fault.
    pub fn read(path: &Path, methods: &[String], fields: &[String]) -> Result<Self, TableError> {
        let mut table = CsvTable::open(path)?;
        let (id, file) = (table.column(columns::ID)?, table.column(columns::PATH)?);
        let content = table.column(columns::CONTENT).ok();
        let method_columns = methods.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
        let field_columns = fields.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::new();
        let mut field_values = Vec::new();
        let mut labels = vec![Vec::new(); methods.len()];
        table.for_each(|record| {
            let id = record[id].parse::<ImageId>().map_err(|error| error.to_string())?;
            let path = record[file].to_owned();
            if !stays_below(&path) {
                return Err(format!("the path `{path}` leads out of the data set"));
            }
            let content = content.map(|column| &record[column]).filter(|cell| !cell.is_empty());
            let content = content.map(str::parse::<ImageId>).transpose().map_err(|error| error.to_string())?;
            rows.push(ImageRow { id, path, content });
            let known = fields.iter().zip(&field_columns).filter(|(_, column)| !record[**column].is_empty());
            field_values.push(known.map(|(name, column)| (name.clone(), record[*column].to_owned())).collect());
            for (labels, column) in labels.iter_mut().zip(&method_columns) {
                let cell = &record[*column];
                let label: i64 = cell.parse().map_err(|_| format!("expected a cluster number, got `{cell}`"))?;
                if label >= i64::from(bounds::CLUSTER_NUMBERS) {
                    let most = bounds::CLUSTER_NUMBERS;
                    return Err(format!("cluster number `{label}` is out of range: expected one below {most}"));
                }
                labels.push(u32::try_from(label).ok().map(ClusterId));
            }
            Ok(())
        })?;
        let clusterings = methods.iter().cloned().zip(labels.into_iter().map(as_written)).collect();
        Ok(Self { rows, fields: field_values, clusterings })
    }

    /// The images of a cluster of a method; empty where there is no such cluster.
    #[must_use]
    pub fn members(&self, method: &str, cluster: ClusterId) -> Vec<ImageId> {
        self.clusterings
            .get(method)
            .map(|clustering| clustering.members(Some(cluster)).map(|row| self.rows[row].id).collect())
            .unwrap_or_default()
    }
}

/// Whether `path` names something below the folder it is relative to, as far as words tell: no absolute path, no `..`.
fn stays_below(path: &str) -> bool {
    let path = path_text::to_path(path);
    let place = part_of(&path).unwrap_or(path);
    let mut parts = place.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Reads columns of numbers of `images.csv`, in manifest order; empty cells are `None`.
///
/// # Errors
/// [`TableError`] names the row or column at fault.
pub fn read_numbers<const N: usize>(path: &Path, columns: [&str; N]) -> Result<[Vec<Option<f32>>; N], TableError> {
    let mut table = CsvTable::open(path)?;
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
        *place = table.column(name)?;
    }
    let mut numbers = std::array::from_fn(|_| Vec::new());
    table.for_each(|record| {
        for (numbers, place) in numbers.iter_mut().zip(places) {
            let cell = &record[place];
            let number = cell.parse::<f32>().ok().filter(|number| number.is_finite());
            if number.is_none() && !cell.is_empty() {
                return Err(format!("expected a number, got `{cell}`"));
            }
            numbers.push(number);
        }
        Ok(())
    })?;
    Ok(numbers)
}

/// The numbers in the file are kept, even where a cluster has no image.
fn as_written(labels: Vec<Option<ClusterId>>) -> Clustering {
    let n_clusters = labels.iter().flatten().map(|id| id.0 as usize + 1).max().unwrap_or(0);
    Clustering::placed(labels, n_clusters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_out_of_the_data_set_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let read = |path: &str| {
            let id = ImageId::of_bytes(b"a");
            std::fs::write(&file, format!("id,path\n{id},a.png\n{id},\"{path}\"\n")).unwrap();
            ImagesTable::read(&file, &[], &[])
                .map(|table| table.rows[1].path.clone())
                .map_err(|error| error.to_string())
        };
        for path in ["sub/b.png", "./b.png", "a..b/c...png", "..hidden.png", "run 7.h5#17", "a#b.png"] {
            assert_eq!(read(path).as_deref(), Ok(path));
        }
        for path in [
            "/etc/passwd",
            "../b.png",
            "sub/../../b.png",
            "sub/..",
            "/run.h5#1",
            "../run.h5#entry/data#1",
            "../a.png#xywh=0,0,8,8",
        ] {
            assert!(read(path).unwrap_err().contains("leads out of the data set"), "{path}");
        }
    }
}
