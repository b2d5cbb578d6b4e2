//! Where the images of a finished run lie now: the project may have moved, the program may be started elsewhere, or
//! somebody says it with `--images`. A folder is believed by what lies in it, not by its name.

use std::path::{Path, PathBuf};

use super::WorkflowError;
use crate::files::ImageRow;
use crate::images::{DataFiles, FileState};
use crate::runs::{ImagesPlace, Provenance};

/// Images that are looked at before a folder is believed.
const SAMPLE: usize = 16;
/// Frames and patches likewise, whose files are large.
const PART_SAMPLE: usize = 2;

/// The folder of the images `rows` of the run in `folder`: `given` where somebody says so, else where the run was made or
/// has moved to. `None` where they are in neither place.
///
/// # Errors
/// When `given` does not hold these images.
pub(crate) fn locate(
    folder: &Path,
    run: &Provenance,
    rows: &[ImageRow],
    given: Option<&Path>,
) -> Result<Option<PathBuf>, WorkflowError> {
    if let Some(given) = given {
        return if holds(given, rows, true) { Ok(Some(given.to_owned())) } else { Err(others(folder, rows, given)) };
    }
    let candidates = ImagesPlace::candidates(run.images.as_ref(), &run.dataset.root, folder);
    Ok(candidates.into_iter().find(|root| holds(root, rows, false)))
}

/// What is said where `images` is not the folder of the run.
fn others(run: &Path, rows: &[ImageRow], images: &Path) -> WorkflowError {
    let first = rows.first().map_or("", |row| row.path.as_str());
    WorkflowError::failed(
        format!("these are not the images of the run `{}`: `{}`", run.display(), images.display()),
        format!("give the folder in which its image `{first}` lies with the bytes it had"),
    )
}

/// Whether `root` holds most of the images, as far as a sample tells. Frames and patches are looked at
/// `thoroughly` or only for their file.
fn holds(root: &Path, rows: &[ImageRow], thoroughly: bool) -> bool {
    let files = DataFiles::new(root);
    let step = (rows.len() / SAMPLE).max(1);
    let spread = (0..step).flat_map(|first| rows.iter().skip(first).step_by(step));
    let mut parts = 0;
    let look = |row: &ImageRow| match files.state(&row.path, row.id, row.content) {
        FileState::Same if thoroughly && parts < PART_SAMPLE && row.is_part() => {
            parts += 1;
            if files.is_part(&row.path, row.id).unwrap_or(false) { FileState::Same } else { FileState::Replaced }
        }
        // The others say nothing beyond what the first ones did.
        FileState::Same if thoroughly && row.is_part() => FileState::Gone,
        state => state,
    };
    let found: Vec<FileState> = spread.map(look).filter(|state| *state != FileState::Gone).take(SAMPLE).collect();
    let same = found.iter().filter(|state| **state == FileState::Same).count();
    rows.is_empty() || (same > 0 && 2 * same >= found.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageId;
    use std::fs;

    #[test]
    fn a_folder_is_believed_by_what_lies_in_it() {
        let home = tempfile::tempdir().unwrap();
        let rows: Vec<ImageRow> = (0..40)
            .map(|n| ImageRow { id: ImageId::of_bytes(&[n]), path: format!("{n}.png"), content: None })
            .collect();
        assert!(!holds(home.path(), &rows, true), "nothing is there");
        let write = |from: u8, to: u8, shift: u8| {
            for n in from..to {
                fs::write(home.path().join(format!("{n}.png")), [n + shift]).unwrap();
            }
        };
        write(0, 40, 100);
        assert!(!holds(home.path(), &rows, true), "equal names are not equal images");
        write(0, 40, 0);
        assert!(holds(home.path(), &rows, true));
        write(0, 3, 100);
        assert!(holds(home.path(), &rows, true), "some may have been touched up since");
        for n in 3..39 {
            fs::remove_file(home.path().join(format!("{n}.png"))).unwrap();
        }
        assert!(!holds(home.path(), &rows, true), "three of four are others");
    }
}
