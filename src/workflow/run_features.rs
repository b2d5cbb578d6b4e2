//! The features of a finished run again: out of the store, through the run's own projection.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::Array2;

use super::feature_extraction::FeatureExtraction;
use super::{Context, WorkflowError};
use crate::data::{ImageId, ImageRecord, Manifest};
use crate::files::{ImageRow, ImagesTable};
use crate::progress::Warning;
use crate::runs::Provenance;

/// The images of `table`, whose paths are relative to `root`, as the store and label tables want them; nothing is read
/// from the disk.
pub(crate) fn manifest(root: &Path, table: &ImagesTable) -> Manifest {
    let record = |(row, fields): (&ImageRow, &BTreeMap<String, String>)| ImageRecord {
        fields: fields.clone(),
        content: row.content,
        ..ImageRecord::known(row.id, &row.path)
    };
    let records = table.rows.iter().zip(&table.fields).map(record).collect();
    Manifest { root: root.to_owned(), records, ..Manifest::default() }
}

/// The reduced features that the run clustered, shape `[n_images, n_components]` in the order of `images.csv`.
///
/// Images are opened only where the store has lost them. One that cannot be embedded any more stands at the centre of
/// all, and gives a warning.
///
/// # Errors
/// When the weights are not those of the run, or the run has no projection.
pub(crate) fn run_features(
    folder: &std::path::Path,
    run: &Provenance,
    table: &ImagesTable,
    context: &Context<'_>,
) -> Result<Array2<f32>, WorkflowError> {
    let projection = run.projection(folder)?;
    let extraction = FeatureExtraction::as_before(&run.features, context)?;
    let embedded = extraction.embed(&manifest(&run.dataset.root, table), run.features.depth, context)?;
    let reduced = projection.transform(embedded.embeddings.values())?;
    if reduced.nrows() == table.rows.len() {
        return Ok(reduced);
    }
    if reduced.nrows() == 0 {
        let root = run.dataset.root.display();
        return Err(WorkflowError::failed(
            format!("no image of the run can be read: `{root}`"),
            "say with --images where the images of the run lie now",
        ));
    }
    let lost = table.rows.len() - reduced.nrows();
    context.observer.warn(&Warning::ImagesLost { images: lost });
    let centre = reduced.mean_axis(ndarray::Axis(0)).unwrap_or_else(|| ndarray::Array1::zeros(reduced.ncols()));
    let rows: BTreeMap<ImageId, usize> = embedded.embeddings.ids().iter().copied().zip(0..).collect();
    let mut all = Array2::zeros((table.rows.len(), reduced.ncols()));
    for (mut target, row) in all.rows_mut().into_iter().zip(&table.rows) {
        target.assign(&rows.get(&row.id).map_or_else(|| centre.view(), |&at| reduced.row(at)));
    }
    Ok(all)
}
