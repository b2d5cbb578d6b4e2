//! The clustering people review, kept with the run: decisions name its clusters for good.

use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::curation::REVIEW;
use crate::data::{ClusterId, Clustering, ImageId};
use crate::runs::{ImagesTable, TableError};
use crate::workflow::WorkflowError;

fn file(folder: &Path) -> PathBuf {
    folder.join("curation/review.csv")
}

/// Adds the clustering to `table`, where the run has one.
///
/// # Errors
/// When the file does not fit the run's images.
pub(crate) fn read(folder: &Path, table: &mut ImagesTable) -> Result<(), WorkflowError> {
    let path = file(folder);
    if !path.is_file() {
        return Ok(());
    }
    let csv_error = |source| TableError::Csv { path: path.clone(), source };
    let mut reader = csv::Reader::from_path(&path).map_err(csv_error)?;
    let mut labels = Vec::with_capacity(table.rows.len());
    for (row, record) in reader.deserialize::<(ImageId, u32)>().enumerate() {
        let (id, cluster) = record.map_err(csv_error)?;
        if table.rows.get(row).is_none_or(|image| image.id != id) {
            let message = "the image is not the one of this row of images.csv".to_owned();
            return Err(TableError::Cell { row: row + 2, message, path }.into());
        }
        labels.push(Some(ClusterId(cluster)));
    }
    if labels.len() != table.rows.len() {
        let message = format!("the file ends after {} of {} images", labels.len(), table.rows.len());
        return Err(TableError::Cell { row: labels.len() + 2, message, path }.into());
    }
    table.clusterings.insert(
        REVIEW.to_owned(),
        Clustering::by_number(&labels.iter().map(|l| l.map(|id: ClusterId| id.0)).collect::<Vec<_>>()),
    );
    Ok(())
}

/// Writes `clustering`, one of all images of `table`, and adds it to `table`.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn write(folder: &Path, table: &mut ImagesTable, clustering: Clustering) -> Result<(), WorkflowError> {
    let path = file(folder);
    let csv_error = |source| TableError::Csv { path: path.clone(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "cluster"]).map_err(csv_error)?;
    for (image, cluster) in table.rows.iter().zip(clustering.labels()) {
        writer.serialize((image.id, cluster.map_or(0, |id| id.0))).map_err(csv_error)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv_error(error.into_error().into()))?;
    let parent = folder.join("curation");
    std::fs::create_dir_all(&parent).map_err(WorkflowError::at(&parent))?;
    atomic_file::write(&path, &bytes).map_err(WorkflowError::at(&path))?;
    table.clusterings.insert(REVIEW.to_owned(), clustering);
    Ok(())
}
