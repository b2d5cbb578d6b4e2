//! Division of images by whether the classifier knows their true class.

use std::borrow::Cow;

use ndarray::{ArrayView2, Axis};

use super::{LabelledImage, LabelledPredictions, NovelImages, Predictions};
use crate::data::ClassId;

/// Divides images into those of the classifier's `classes` and those of novel ones, which it cannot be right on.
///
/// Row `i` of everything belongs to the same image; one without `truth` is left out. `features` has shape
/// `[n_images, n_features]`.
///
/// # Panics
/// When lengths differ.
#[must_use]
pub fn divide_by_truth<'a>(
    classes: &'a [String],
    images: Vec<LabelledImage>,
    truth: &[Option<&str>],
    features: ArrayView2<'_, f32>,
    predictions: &Predictions,
) -> (LabelledPredictions<'a>, NovelImages) {
    assert_eq!((images.len(), features.nrows()), (truth.len(), truth.len()), "one row per image");
    let (mut known_rows, mut known, mut known_truth) = (Vec::new(), Vec::new(), Vec::new());
    let (mut novel_rows, mut novel, mut novel_truth) = (Vec::new(), Vec::new(), Vec::new());
    for (row, (image, name)) in images.into_iter().zip(truth).enumerate() {
        let Some(name) = name else { continue };
        if let Some(class) = classes.iter().position(|class| class == name) {
            known_rows.push(row);
            known.push(image);
            known_truth.push(ClassId(class));
        } else {
            novel_rows.push(row);
            novel.push(image);
            novel_truth.push((*name).to_owned());
        }
    }
    let labelled = LabelledPredictions {
        classes,
        images: known,
        truth: known_truth,
        features: Cow::Owned(features.select(Axis(0), &known_rows)),
        predictions: predictions.select(&known_rows),
    };
    (labelled, NovelImages { images: novel, truth: novel_truth, predictions: predictions.select(&novel_rows) })
}
