//! The data set that a command works on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Context, WorkflowError, Workspace};
use crate::data::{ImageId, ImageRecord, Manifest};
use crate::files::{ImagesTable, images_csv};
use crate::images::{is_image_name, scan, slice};
use crate::recipes::{DatasetRecipe, Slices};
use crate::runs::{Placement, Provenance, RunKind};

/// Scans the data set: the command line's folder, else the recipe's, else the only one under datasets/.
pub(crate) fn open(
    path: Option<&Path>,
    recipe: &DatasetRecipe,
    context: &Context<'_>,
) -> Result<Manifest, WorkflowError> {
    let folder = match path.or(recipe.path.as_deref()) {
        Some(path) => path.to_owned(),
        None => only_dataset(&context.workspace.datasets)?,
    };
    let manifest = scan(&folder, &recipe.scan_options(), context.observer)?;
    let manifest = match &recipe.sample {
        None => manifest,
        Some(sample) => {
            let excluded =
                sample.exclude.as_ref().map(|run| ids_of_run(Path::new(run), context.workspace)).transpose()?;
            sample.draw(&manifest, &excluded.unwrap_or_default())?
        }
    };
    require_images(&manifest)?;
    Ok(manifest)
}

/// The patches of the images of `manifest` where a run or checkpoint sliced its own; else these as they are.
///
/// # Errors
/// When no image has enough pixels.
pub(crate) fn sliced(manifest: Manifest, slices: Option<Slices>) -> Result<Manifest, WorkflowError> {
    let Some(Slices { rows, columns }) = slices else { return Ok(manifest) };
    let patches = slice(manifest, rows, columns);
    require_images(&patches)?;
    Ok(patches)
}

/// Refuses to copy into cluster folders what lies in none.
pub(crate) fn check_copy(manifest: &Manifest, how: Placement) -> Result<(), WorkflowError> {
    if how == Placement::Copy && manifest.records.iter().all(ImageRecord::is_part) {
        let text = "`--copy`: frames and patches are no files of their own and lie in no cluster folders: leave it out";
        return Err(WorkflowError::Usage(text.to_owned()));
    }
    Ok(())
}

/// Fails where nothing is left to work on, and says why.
pub(crate) fn require_images(manifest: &Manifest) -> Result<(), WorkflowError> {
    if !manifest.records.is_empty() {
        return Ok(());
    }
    let hint = match manifest.skipped.first() {
        Some(first) => format!("{} files were skipped, the first because: {}", manifest.skipped.len(), first.reason),
        None => {
            "png, jpg, bmp, tif, webp, pgm, h5, npy, cbf and edf files are looked for, also in subfolders".to_owned()
        }
    };
    Err(WorkflowError::failed(format!("no images to work on: `{}`", manifest.root.display()), hint))
}

fn ids_of_run(run: &Path, workspace: &Workspace) -> Result<BTreeSet<ImageId>, WorkflowError> {
    let folder = workspace.run(Some(run), &RunKind::CLUSTERED)?;
    if Provenance::read(&folder)?.features.slices.is_some() {
        return Err(WorkflowError::failed(
            format!(
                "`dataset.sample.exclude` names a run over patches, which has no whole images: `{}`",
                run.display()
            ),
            "name a run of `rails cluster`, or leave it out",
        ));
    }
    let table = ImagesTable::read(&folder.join(images_csv::FILE), &[], &[])?;
    Ok(table.rows.iter().map(|row| row.id).collect())
}

fn only_dataset(datasets: &Path) -> Result<PathBuf, WorkflowError> {
    let mut found: Vec<(PathBuf, usize)> = fs::read_dir(datasets)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .map(|path| (path.clone(), count_images(&path)))
        .filter(|(_, images)| *images > 0)
        .collect();
    found.sort();
    match found.as_slice() {
        [(only, _)] => Ok(only.clone()),
        [] => Err(WorkflowError::Usage(format!(
            "no images given, and no folder with images under `{}`",
            datasets.display()
        ))),
        several => {
            let list: Vec<String> =
                several.iter().map(|(path, images)| format!("  {} ({images} images)", path.display())).collect();
            Err(WorkflowError::Usage(format!("no images given; there are several data sets:\n{}", list.join("\n"))))
        }
    }
}

fn count_images(folder: &Path) -> usize {
    let files = walkdir::WalkDir::new(folder).follow_links(true).into_iter().flatten();
    files.filter(|entry| entry.file_type().is_file() && is_image_name(entry.path())).count()
}
