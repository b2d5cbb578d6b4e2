//! A filtered copy: the images of one class, and files of frames with these frames only.

use std::path::{Path, PathBuf};

use super::{Prediction, require_empty};
use crate::commands::CommandError;
use crate::data::FrameAddress;
use crate::files::own_output;
use crate::images::copy_frames;
use crate::progress::{Observer, Stage};
use crate::runs::{Placement, Placer, RunError};

/// Frames of one file.
struct FileFrames {
    file: PathBuf,
    dataset: Option<String>,
    indices: Vec<usize>,
}

/// Puts the image of each prediction, `files` in the same order, into `folder`, which must be new or empty.
pub(super) fn keep_into(
    folder: &Path,
    predictions: &[Prediction],
    files: &[PathBuf],
    placement: Placement,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    require_empty(folder, "copy")?;
    own_output::mark(folder, "predict --keep-into").map_err(RunError::at(folder))?;
    let stage = observer.stage(Stage::Copy, files.len());
    let mut placer = Placer::new(folder, placement)?;
    let mut stacks: Vec<FileFrames> = Vec::new();
    for (prediction, path) in predictions.iter().zip(files) {
        let Some(FrameAddress { file, dataset, index }) = FrameAddress::parse(path) else {
            placer.place(path, prediction.id)?;
            stage.advance(1);
            continue;
        };
        match stacks.last_mut() {
            Some(last) if (&last.file, &last.dataset) == (&file, &dataset) => last.indices.push(index),
            _ => stacks.push(FileFrames { file, dataset, indices: vec![index] }),
        }
    }
    for FileFrames { file, dataset, indices } in stacks {
        let target = folder.join(file.file_name().unwrap_or_default());
        copy_frames(&file, dataset.as_deref(), &indices, &target).map_err(|error| {
            let hint = "give files of one name in separate runs, each with a folder of its own";
            CommandError::failed(format!("cannot copy frames: {error}: `{}`", file.display()), hint)
        })?;
        stage.advance(indices.len());
    }
    Ok(())
}
