//! Images of an evaluation and their true classes.

use super::EvaluateOptions;
use crate::commands::CommandError;
use crate::progress::Warning;
use crate::recipes::DatasetRecipe;
use crate::workflow::labelled_images::{LabelSources, LabelledImages, gather};
use crate::workflow::{Context, WorkflowError};

/// The images that have a true class.
pub(super) fn truth(options: &EvaluateOptions, context: &Context<'_>) -> Result<LabelledImages, CommandError> {
    let dataset = DatasetRecipe { naming: options.naming.clone(), ..DatasetRecipe::default() };
    if !options.images.is_dir() {
        return Err(CommandError::failed(
            format!("no such folder of images: `{}`", options.images.display()),
            "give the folder that holds the images",
        ));
    }
    let source = options.truth.as_ref().unwrap_or(&options.images);
    let sources = LabelSources { labelled: vec![source.clone()], images: Some(options.images.clone()) };
    let labelled = gather(&sources, &dataset, context).map_err(|error| match (error, &options.truth) {
        (WorkflowError::Failed { message, .. }, None) => CommandError::failed(
            message,
            "say what the images show: --truth with a table of path and class, or one subfolder per class",
        ),
        (error, _) => error.into(),
    })?;
    if let Some(first) = labelled.conflicts.first() {
        let conflicts = Warning::TruthConflicts { images: labelled.conflicts.len(), first: first.clone() };
        context.observer.warn(&conflicts);
    }
    Ok(labelled)
}
