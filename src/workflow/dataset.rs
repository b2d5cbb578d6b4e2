//! The data set that a command works on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Context, WorkflowError, Workspace};
use crate::data::{FrameAddress, ImageId, ImageRecord, Manifest, path_text};
use crate::files::{ImagesTable, images_csv};
use crate::images::{ImageError, ScanOptions, count_images, scan, slice};
use crate::memory::{MemoryBudget, bytes_of};
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
    let mut manifest = scan_there(&folder, &recipe.scan_options(), context)?;
    if let Some(dark) = &recipe.dark {
        leave_out_darks(&mut manifest, dark);
    }
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

/// Dark frames among the images are no images.
fn leave_out_darks(manifest: &mut Manifest, dark: &Path) {
    // What is not there is told where the dark frames are read.
    let (Ok(root), Ok(dark)) = (manifest.root.canonicalize(), dark.canonicalize()) else { return };
    let Ok(dark) = dark.strip_prefix(root) else { return };
    manifest.records.retain(|record| {
        let file = FrameAddress::parse_text(&record.path).map(|frame| frame.file);
        !file.unwrap_or_else(|| path_text::to_path(&record.path)).starts_with(dark)
    });
}

/// Scans `folder`; where it is not there, the error lists those that are.
///
/// # Errors
/// As [`scan`].
pub(crate) fn scan_there(
    folder: &Path,
    options: &ScanOptions,
    context: &Context<'_>,
) -> Result<Manifest, WorkflowError> {
    scan(folder, options, context.observer).map_err(|error| match error {
        ImageError::NotFound(missing) => not_there(&missing, &context.workspace.datasets),
        error => error.into(),
    })
}

/// The patches of the images of `manifest` where a run or checkpoint sliced its own; else these as they are.
///
/// # Errors
/// When no image has enough pixels, or the list of all patches does not fit in `memory`.
pub(crate) fn sliced(
    manifest: Manifest,
    slices: Option<Slices>,
    memory: MemoryBudget,
) -> Result<Manifest, WorkflowError> {
    /// Bytes of a record with its path, about.
    const RECORD: usize = 512;
    let Some(Slices { rows, columns }) = slices else { return Ok(manifest) };
    let n = manifest.records.len();
    let bytes = bytes_of::<[u8; RECORD]>(&[n, rows.get() as usize, columns.get() as usize]);
    let stage = || format!("{rows}×{columns} patches of each of {n} images");
    memory.admit_stage(bytes, stage, "take fewer images at once")?;
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

/// Folders listed at most.
const MOST_LISTED: usize = 20;

fn only_dataset(datasets: &Path) -> Result<PathBuf, WorkflowError> {
    match data_sets_in(datasets).as_slice() {
        [(only, _)] => Ok(only.clone()),
        [] => Err(WorkflowError::Usage(format!(
            "no images given, and no folder with images under `{}`",
            datasets.display()
        ))),
        several => {
            Err(WorkflowError::Usage(format!("no images given; there are several data sets:\n{}", listed(several))))
        }
    }
}

/// What is said of a folder that is not there: which there are, beside it and among the data sets.
fn not_there(missing: &Path, datasets: &Path) -> WorkflowError {
    let beside = missing.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = data_sets_in(beside);
    if fs::canonicalize(beside).ok() != fs::canonicalize(datasets).ok() {
        found.extend(data_sets_in(datasets));
    }
    let hint = match found.as_slice() {
        [] => "check the spelling; paths are relative to the working folder".to_owned(),
        found => format!("check the spelling; folders with images are:\n{}", listed(found)),
    };
    WorkflowError::failed(format!("no such file or folder: `{}`", missing.display()), hint)
}

/// The folders in `folder` that hold images, sorted, and how many each.
fn data_sets_in(folder: &Path) -> Vec<(PathBuf, usize)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let visible = |path: &PathBuf| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    // `./photos` is how nobody writes it.
    let plain = |path: PathBuf| path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path);
    let folders = entries.filter(|path| path.is_dir() && visible(path));
    let mut found: Vec<(PathBuf, usize)> = folders.map(|path| (plain(path.clone()), count_images(&path))).collect();
    found.retain(|(_, images)| *images > 0);
    found.sort();
    found
}

fn listed(found: &[(PathBuf, usize)]) -> String {
    let line = |(path, images): &(PathBuf, usize)| {
        format!("  {} ({images} image{})", path.display(), if *images == 1 { "" } else { "s" })
    };
    let mut lines: Vec<String> = found.iter().take(MOST_LISTED).map(line).collect();
    if found.len() > MOST_LISTED {
        lines.push(format!("  and {} more", found.len() - MOST_LISTED));
    }
    lines.join("\n")
}
