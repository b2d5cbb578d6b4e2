//! A filtered copy: the images of one class, and files of frames with these frames only.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::Prediction;
use super::output_folder::OutputFolder;
use crate::atomic_file::{self, StagedFolder};
use crate::commands::CommandError;
use crate::data::FrameAddress;
use crate::images::{DecodeError, copy_frames};
use crate::progress::{Observer, Stage};
use crate::runs::{Placement, Placer};

/// Frames of one file.
struct FileFrames {
    file: PathBuf,
    dataset: Option<String>,
    indices: Vec<usize>,
}

/// Puts the image of each prediction, `files` in the same order, into `folder`, which is still to be finished.
pub(super) fn keep_into(
    folder: &OutputFolder<'_>,
    predictions: &[Prediction],
    files: &[PathBuf],
    placement: Placement,
    observer: &dyn Observer,
) -> Result<StagedFolder, CommandError> {
    let staged = folder.begin()?;
    let stage = observer.stage(Stage::Copy, files.len());
    let mut placer = Placer::new(staged.path(), placement)?;
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
        let target = staged.path().join(file.file_name().unwrap_or_default());
        copy_frames(&file, dataset.as_deref(), &indices, &target).map_err(|error| match error {
            DecodeError::Io(source) if source.kind() == ErrorKind::AlreadyExists => CommandError::failed(
                format!("two files of frames have one name: `{}`", file.display()),
                "give files of one name in separate runs, each with a folder of its own",
            ),
            // The source was read; it is the copy that has no room.
            DecodeError::Io(source) if atomic_file::is_full(&source) => CommandError::at(&target)(source),
            error => CommandError::failed(
                format!("cannot copy frames: {error}: `{}`", file.display()),
                "leave this file out, or mend it",
            ),
        })?;
        stage.advance(indices.len());
    }
    Ok(staged)
}
