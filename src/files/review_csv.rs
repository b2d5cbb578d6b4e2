//! `review.csv`: `id, cluster`, a row per image of `images.csv` in its order: the clustering that people review, kept with the
//! run so that the numbers in decisions keep their meaning.

use std::path::Path;

use super::csv_table::{self, CsvTable};
use super::{ImageRow, TableError};
use crate::data::{ClusterId, Clustering, ImageId};

/// Its name in the folder of a curation.
pub const FILE: &str = "review.csv";

/// Reads the clustering of `images`.
///
/// # Errors
/// When the file does not fit the images.
pub fn read(path: &Path, images: &[ImageRow]) -> Result<Clustering, TableError> {
    let mut table = CsvTable::open(path)?;
    let (id, cluster) = (table.column("id")?, table.column("cluster")?);
    let mut labels: Vec<Option<u32>> = Vec::with_capacity(images.len());
    table.for_each(|record| {
        let known = images.get(labels.len()).map(|image| image.id);
        let found: ImageId = record[id].parse().map_err(|error| format!("{error}"))?;
        if known != Some(found) {
            return Err("the image is not the one of this row of images.csv".to_owned());
        }
        let number = record[cluster].parse();
        labels.push(Some(number.map_err(|_| format!("expected a cluster number, got `{}`", &record[cluster]))?));
        Ok(())
    })?;
    if labels.len() != images.len() {
        let message = format!("the file ends after {} of {} images", labels.len(), images.len());
        return Err(TableError::Cell { row: labels.len() + 2, message, path: path.to_owned() });
    }
    Ok(Clustering::by_number(&labels))
}

/// Writes `clustering`, one of all `images`.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, images: &[ImageRow], clustering: &Clustering) -> Result<(), TableError> {
    let number = |cluster: &Option<ClusterId>| cluster.map_or(0, |id| id.0).to_string();
    let rows = images.iter().zip(clustering.labels());
    csv_table::write(path, ["id", "cluster"], rows.map(|(image, cluster)| [image.id.to_string(), number(cluster)]))
}
