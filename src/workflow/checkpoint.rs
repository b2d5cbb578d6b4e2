//! The checkpoint that a command goes by.

use std::path::Path;

use super::{Context, WorkflowError};
use crate::progress::{LabelWarning, Warning};
use crate::runs::{Checkpoint, newest_checkpoint};

/// Opens the checkpoint in `folder`, without one the newest, and says where a class is called as no class may be today.
///
/// # Errors
/// When there is none, or it cannot be used.
pub(crate) fn open(folder: Option<&Path>, context: &Context<'_>) -> Result<Checkpoint, WorkflowError> {
    let checkpoint = match folder {
        Some(folder) => Checkpoint::open(folder)?,
        None => Checkpoint::open(&newest_checkpoint(&context.workspace.checkpoints)?)?,
    };
    if let Some(class) = checkpoint.bundle.class_called_unknown() {
        context.observer.warn(&Warning::Labels(LabelWarning::ClassCalledUnknown { class: class.to_owned() }));
    }
    Ok(checkpoint)
}
