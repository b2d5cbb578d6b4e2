//! Images beside what was made of them: the most confident errors, and where the network looked.

use super::explaining::Explainer;
use super::judged::{Judged, JudgedImage, Strangeness};
use super::strangers::Strangers;
use crate::commands::CommandError;
use crate::data::ClassId;
use crate::images::{DepthRange, Image};
use crate::progress::{Event, Observer};
use crate::report::Block;
use crate::runs::RunDir;
use crate::workflow::gallery::{GalleryRow, show, spread};

/// Errors that are shown.
const ERRORS: usize = 24;
/// Images without a class that are shown.
const UNKNOWN: usize = 24;
/// Errors that are explained.
const EXPLAINED: usize = 8;
/// Images called right that are explained, for each class.
const RIGHT_PER_CLASS: usize = 2;
/// Classes whose right images are explained.
const MOST_CLASSES: usize = 12;

/// Writes `plots/errors.png`; the answer is the same for the page. Empty without errors.
pub(super) fn errors(run: &RunDir, judged: &Judged<'_>, depth: &DepthRange) -> Result<Vec<Block>, CommandError> {
    let predicted = judged.predicted();
    let errors = judged.errors();
    let images: Vec<(Image, String)> = errors
        .iter()
        .filter_map(|&row| {
            let verdict = judged.verdict(row, predicted[row]).replacen(" → ", " →\n", 1);
            let caption = format!("{verdict}\n{}", judged.images[row].name());
            Some((judged.images[row].read(depth)?, caption))
        })
        .take(ERRORS)
        .collect();
    if images.is_empty() {
        return Ok(Vec::new());
    }
    let title = format!("The most confident of {} errors: true class → what it was taken for", errors.len());
    Ok(show(&title, &[GalleryRow { title: String::new(), images }], Some((run, "plots/errors.png")))?)
}

/// Writes `plots/unknown.png`, the images that prediction gives no class, the strangest first; the answer is the same for
/// the page. Empty without such images.
pub(super) fn unknown(
    run: &RunDir,
    judged: &Judged<'_>,
    strangers: &Strangers,
    depth: &DepthRange,
) -> Result<Vec<Block>, CommandError> {
    let known = judged.images.iter().zip(judged.truth.iter().map(|class| &judged.classes[class.0]));
    let images = known.chain(strangers.images.iter().zip(&strangers.truth));
    let mut all: Vec<((&JudgedImage, &String), Strangeness)> = images
        .zip(judged.strangeness.iter().chain(&strangers.strangeness).copied())
        .filter(|(_, strange)| strange.unknown)
        .collect();
    all.sort_by(|(_, a), (_, b)| b.unfamiliarity.total_cmp(&a.unfamiliarity));
    let picture = |((image, truth), strange): &((&JudgedImage, &String), Strangeness)| {
        Some((image.read(depth)?, format!("{truth}, {:.1}\n{}", strange.unfamiliarity, image.name())))
    };
    let images: Vec<(Image, String)> = all.iter().filter_map(picture).take(UNKNOWN).collect();
    if images.is_empty() {
        return Ok(Vec::new());
    }
    let title = format!("The strangest of {} images called unknown: what they are, and their unfamiliarity", all.len());
    Ok(show(&title, &[GalleryRow { title: String::new(), images }], Some((run, "plots/unknown.png")))?)
}

/// Writes `plots/grad_cam.png`; the answer is the same for the page.
pub(super) fn explanations(
    run: &RunDir,
    judged: &Judged<'_>,
    depth: &DepthRange,
    explainer: &Explainer<'_>,
    observer: &dyn Observer,
) -> Result<Vec<Block>, CommandError> {
    let predicted = judged.predicted();
    let mut rows = Vec::new();
    for row in judged.errors().into_iter().take(EXPLAINED) {
        let (truth, answer) = (judged.truth[row], predicted[row]);
        let Some(image) = judged.images[row].read(depth) else { continue };
        let (image, overlays) = explainer.explain(image, judged.features.row(row), &[answer, truth])?;
        let mut images = vec![(image, judged.images[row].name())];
        for (overlay, class) in overlays.into_iter().zip([answer, truth]) {
            images.push((overlay, format!("what spoke for {}", judged.classes[class.0])));
        }
        rows.push(GalleryRow { title: format!("wrong: {}", judged.verdict(row, answer)), images });
        observer.on(Event::Advanced { by: 1 });
    }
    for class in (0..judged.classes.len().min(MOST_CLASSES)).map(ClassId) {
        let mut images = Vec::new();
        for row in spread(&judged.right_of(class), RIGHT_PER_CLASS) {
            let Some(image) = judged.images[row].read(depth) else { continue };
            let (image, overlays) = explainer.explain(image, judged.features.row(row), &[class])?;
            images.push((image, format!("{}\n{}", judged.verdict(row, class), judged.images[row].name())));
            let caption = format!("what spoke for {}", judged.classes[class.0]);
            images.extend(overlays.into_iter().map(|overlay| (overlay, caption.clone())));
        }
        if !images.is_empty() {
            rows.push(GalleryRow { title: format!("right: {}", judged.classes[class.0]), images });
        }
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let title = format!("Where the network looked (Grad-CAM on layer {})", explainer.layer);
    Ok(show(&title, &rows, Some((run, "plots/grad_cam.png")))?)
}
