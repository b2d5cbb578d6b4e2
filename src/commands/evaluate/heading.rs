//! Heading and settings of the page of `rails evaluate`.

use super::EvaluateOptions;
use crate::evaluation::LabelledPredictions;
use crate::runs::Checkpoint;

/// Names and values at the top; `learned` images are training images of the checkpoint.
pub(super) fn facts(
    checkpoint: &Checkpoint,
    labelled: &LabelledPredictions<'_>,
    learned: usize,
    n_skipped: usize,
) -> Vec<(String, String)> {
    let bundle = &checkpoint.bundle;
    [
        ("Images judged", labelled.images.len().to_string()),
        ("Of them learned from", learned.to_string()),
        ("Files skipped", n_skipped.to_string()),
        ("Classes", bundle.classes.len().to_string()),
        ("Checkpoint", checkpoint.folder.display().to_string()),
        ("Trained on", format!("{} images", bundle.training_set.n_images)),
        ("Features", bundle.features.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Settings that make the run again, one per line.
pub(super) fn settings(options: &EvaluateOptions, checkpoint: &Checkpoint) -> Vec<String> {
    let mut lines = vec![
        format!("checkpoint = {}", checkpoint.folder.display()),
        format!("trained = {}", checkpoint.bundle.created),
        format!("images = {}", options.images.display()),
    ];
    lines.extend(options.truth.as_ref().map(|truth| format!("truth = {}", truth.display())));
    lines.extend(options.naming.as_ref().map(|naming| format!("naming = {naming}")));
    lines.push(format!("features = {}", checkpoint.bundle.features));
    lines
}
