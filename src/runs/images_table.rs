//! `images.csv`: a row per image, what other programs and the later steps read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::data::{ClusterId, Clustering, ImageId, Manifest, Skipped};

/// Why `images.csv` cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Not CSV, or not there.
    #[error("{source}: `{}`", .path.display())]
    Csv { path: PathBuf, source: csv::Error },
    /// A column the file must have.
    #[error("no column `{column}`: `{}`", .path.display())]
    NoColumn { column: String, path: PathBuf },
    /// A cell that does not hold what its column promises.
    #[error("row {row}: {message}: `{}`", .path.display())]
    Cell { row: usize, message: String, path: PathBuf },
}

/// A column of `images.csv` after id, path and name fields: one cell per image.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Such as `kmeans_distance`.
    pub name: String,
    /// In manifest order; empty where there is no value.
    pub cells: Vec<String>,
}

impl Column {
    /// Of numbers; `None` and NaN become empty cells.
    pub fn of_numbers(name: &str, values: impl IntoIterator<Item = Option<f32>>) -> Self {
        let cell = |value: Option<f32>| value.filter(|v| !v.is_nan()).map(|v| v.to_string()).unwrap_or_default();
        Self { name: name.to_owned(), cells: values.into_iter().map(cell).collect() }
    }

    /// Of cluster numbers, -1 for noise.
    #[must_use]
    pub fn of_clusters(name: &str, clustering: &Clustering) -> Self {
        Self { name: name.to_owned(), cells: clustering.signed().iter().map(i64::to_string).collect() }
    }
}

/// Writes `images.csv`: id, path, the name fields, then `columns`.
///
/// # Errors
/// When the disk refuses.
pub fn write_images(path: &Path, manifest: &Manifest, columns: &[Column]) -> Result<(), TableError> {
    let csv_error = |source| TableError::Csv { path: path.to_owned(), source };
    let fields = manifest.field_names();
    let mut writer = csv::Writer::from_path(path).map_err(csv_error)?;
    let header = ["id", "path"].into_iter().chain(fields.iter().map(String::as_str));
    writer.write_record(header.chain(columns.iter().map(|c| c.name.as_str()))).map_err(csv_error)?;
    for (row, record) in manifest.records.iter().enumerate() {
        let id = record.id.to_string();
        let fields = fields.iter().map(|name| record.fields.get(name).map_or("", String::as_str));
        let cells = columns.iter().map(|column| column.cells[row].as_str());
        let start = [id.as_str(), record.path.as_str()];
        writer.write_record(start.into_iter().chain(fields).chain(cells)).map_err(csv_error)?;
    }
    writer.flush().map_err(|error| csv_error(error.into()))
}

/// Writes `skipped.csv`: path and reason of every file that was left out.
///
/// # Errors
/// When the disk refuses.
pub fn write_skipped(path: &Path, skipped: &[Skipped]) -> Result<(), TableError> {
    let csv_error = |source| TableError::Csv { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_path(path).map_err(csv_error)?;
    writer.write_record(["path", "reason"]).map_err(csv_error)?;
    for file in skipped {
        writer.write_record([&file.path, &file.reason]).map_err(csv_error)?;
    }
    writer.flush().map_err(|error| csv_error(error.into()))
}

/// One image of a finished run.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageRow {
    /// Content hash.
    pub id: ImageId,
    /// Relative to the data set's root.
    pub path: String,
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
        let csv_error = |source| TableError::Csv { path: path.to_owned(), source };
        let mut reader = csv::Reader::from_path(path).map_err(csv_error)?;
        let headers = reader.headers().map_err(csv_error)?.clone();
        let column = |name: &str| {
            headers
                .iter()
                .position(|header| header == name)
                .ok_or_else(|| TableError::NoColumn { column: name.to_owned(), path: path.to_owned() })
        };
        let (id_column, path_column) = (column("id")?, column("path")?);
        let method_columns = methods.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
        let field_columns = fields.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::new();
        let mut field_values = Vec::new();
        let mut labels = vec![Vec::new(); methods.len()];
        for (row, record) in (2..).zip(reader.records()) {
            let record = record.map_err(csv_error)?;
            let cell_error = |message: String| TableError::Cell { row, message, path: path.to_owned() };
            let id = record[id_column].parse::<ImageId>().map_err(|error| cell_error(error.to_string()))?;
            rows.push(ImageRow { id, path: record[path_column].to_owned() });
            field_values.push(
                fields
                    .iter()
                    .zip(&field_columns)
                    .filter(|(_, column)| !record[**column].is_empty())
                    .map(|(name, column)| (name.clone(), record[*column].to_owned()))
                    .collect(),
            );
            for (labels, column) in labels.iter_mut().zip(&method_columns) {
                let cell = &record[*column];
                let label: i64 =
                    cell.parse().map_err(|_| cell_error(format!("expected a cluster number, got `{cell}`")))?;
                labels.push(u32::try_from(label).ok().map(ClusterId));
            }
        }
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

/// Reads columns of numbers of `images.csv`, in manifest order; empty cells are `None`.
///
/// # Errors
/// [`TableError`] names the row or column at fault.
pub fn read_numbers<const N: usize>(path: &Path, columns: [&str; N]) -> Result<[Vec<Option<f32>>; N], TableError> {
    let csv_error = |source| TableError::Csv { path: path.to_owned(), source };
    let mut reader = csv::Reader::from_path(path).map_err(csv_error)?;
    let headers = reader.headers().map_err(csv_error)?.clone();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
        let column = headers.iter().position(|header| header == name);
        *place = column.ok_or_else(|| TableError::NoColumn { column: name.to_owned(), path: path.to_owned() })?;
    }
    let mut numbers = std::array::from_fn(|_| Vec::new());
    for (row, record) in (2..).zip(reader.records()) {
        let record = record.map_err(csv_error)?;
        for (numbers, place) in numbers.iter_mut().zip(places) {
            let cell = &record[place];
            let number = cell.parse::<f32>().ok().filter(|number| number.is_finite());
            if number.is_none() && !cell.is_empty() {
                let message = format!("expected a number, got `{cell}`");
                return Err(TableError::Cell { row, message, path: path.to_owned() });
            }
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// The numbers in the file are kept, even where a cluster has no image.
fn as_written(labels: Vec<Option<ClusterId>>) -> Clustering {
    let n_clusters = labels.iter().flatten().map(|id| id.0 as usize + 1).max().unwrap_or(0);
    Clustering::placed(labels, n_clusters)
}
