//! Images beside what was made of them: the most confident errors, and where the network looked.

use super::GradCamExplainer;
use crate::data::ClassId;
use crate::evaluation::{LabelledImage, LabelledPredictions, NovelImages, Predictions};
use crate::images::{DepthRange, Image};
use crate::progress::{Event, Observer};
use crate::report::PageBlock;
use crate::runs::RunDir;
use crate::training::{Recognition, UnknownBecause};
use crate::workflow::WorkflowError;
use crate::workflow::gallery::{GalleryRow, read, show, spread};

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
pub(super) fn errors(
    run: &RunDir,
    labelled: &LabelledPredictions<'_>,
    depth: &DepthRange,
) -> Result<Vec<PageBlock>, WorkflowError> {
    let predicted = labelled.predicted();
    let errors = labelled.errors();
    let images: Vec<(Image, String)> = errors
        .iter()
        .filter_map(|&row| {
            let answer = answer_text(labelled, row, predicted[row]).replacen(" → ", " →\n", 1);
            let caption = format!("{answer}\n{}", labelled.images[row].name());
            Some((read(&labelled.images[row].file, depth)?, caption))
        })
        .take(ERRORS)
        .collect();
    if images.is_empty() {
        return Ok(Vec::new());
    }
    let title = format!("The most confident of {} errors: true class → what it was taken for", errors.len());
    show(&title, &[GalleryRow { title: String::new(), images }], Some((run, "plots/errors.png")))
}

/// Writes `plots/unknown.png`, the images that prediction gives no class and why, the farthest beyond a threshold first;
/// the answer is the same for the page. Empty without such images.
pub(super) fn unknown(
    run: &RunDir,
    labelled: &LabelledPredictions<'_>,
    novel: &NovelImages,
    depth: &DepthRange,
) -> Result<Vec<PageBlock>, WorkflowError> {
    let known = labelled.images.iter().zip(labelled.truth.iter().map(|class| &labelled.classes[class.0]));
    let images = known.chain(novel.images.iter().zip(&novel.truth));
    let predictions = [&labelled.predictions, &novel.predictions];
    let confidences = predictions.map(Predictions::confidences).concat();
    let found = predictions.into_iter().flat_map(|predictions| &predictions.recognitions).zip(confidences);
    let unknown = |((image, truth), (found, confidence)): ((_, _), (&Recognition, f32))| {
        let why = match found.unknown_because? {
            UnknownBecause::Novel | UnknownBecause::Untold => {
                format!("novelty {}", found.novelty.map_or_else(String::new, novelty_text))
            }
            UnknownBecause::Unsure => format!("unsure, {:.0} %", 100.0 * confidence),
        };
        Some((image, truth, why, found.margin))
    };
    let mut all: Vec<(&LabelledImage, &String, String, f64)> = images.zip(found).filter_map(unknown).collect();
    all.sort_by(|a, b| a.3.total_cmp(&b.3));
    let picture = |(image, truth, why, _): &(&LabelledImage, &String, String, f64)| {
        Some((read(&image.file, depth)?, format!("{truth}, {why}\n{}", image.name())))
    };
    let images: Vec<(Image, String)> = all.iter().filter_map(picture).take(UNKNOWN).collect();
    if images.is_empty() {
        return Ok(Vec::new());
    }
    let title = format!("Some of {} images called unknown: what they are, and why no class is given", all.len());
    show(&title, &[GalleryRow { title: String::new(), images }], Some((run, "plots/unknown.png")))
}

/// Writes `plots/grad_cam.png`; the answer is the same for the page.
pub(super) fn explanations(
    run: &RunDir,
    labelled: &LabelledPredictions<'_>,
    depth: &DepthRange,
    explainer: &GradCamExplainer<'_>,
    observer: &dyn Observer,
) -> Result<Vec<PageBlock>, WorkflowError> {
    let predicted = labelled.predicted();
    let mut rows = Vec::new();
    for row in labelled.errors().into_iter().take(EXPLAINED) {
        let (truth, answer) = (labelled.truth[row], predicted[row]);
        let Some(image) = read(&labelled.images[row].file, depth) else { continue };
        let (image, overlays) = explainer.explain(image, labelled.features.row(row), &[answer, truth])?;
        let mut images = vec![(image, labelled.images[row].name())];
        for (overlay, class) in overlays.into_iter().zip([answer, truth]) {
            images.push((overlay, format!("what spoke for {}", labelled.classes[class.0])));
        }
        rows.push(GalleryRow { title: format!("wrong: {}", answer_text(labelled, row, answer)), images });
        observer.on(Event::Advanced { by: 1 });
    }
    for class in (0..labelled.classes.len().min(MOST_CLASSES)).map(ClassId) {
        let mut images = Vec::new();
        for row in spread(&labelled.correct_of(class), RIGHT_PER_CLASS) {
            let Some(image) = read(&labelled.images[row].file, depth) else { continue };
            let (image, overlays) = explainer.explain(image, labelled.features.row(row), &[class])?;
            images.push((image, format!("{}\n{}", answer_text(labelled, row, class), labelled.images[row].name())));
            let caption = format!("what spoke for {}", labelled.classes[class.0]);
            images.extend(overlays.into_iter().map(|overlay| (overlay, caption.clone())));
        }
        if !images.is_empty() {
            rows.push(GalleryRow { title: format!("right: {}", labelled.classes[class.0]), images });
        }
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let title = format!("Where the network looked (Grad-CAM on layer {})", explainer.layer);
    show(&title, &rows, Some((run, "plots/grad_cam.png")))
}

/// With two digits more than a share needs near 1, where novel images are.
fn novelty_text(novelty: f64) -> String {
    if novelty < 1.0 { format!("{novelty:.4}") } else { format!("{novelty:.1}") }
}

/// Such as `grass → gravel 93 %`, true class first.
fn answer_text(labelled: &LabelledPredictions<'_>, row: usize, predicted: ClassId) -> String {
    let percent = labelled.confidence(row) * 100.0;
    let (truth, called) = (&labelled.classes[labelled.truth[row].0], &labelled.classes[predicted.0]);
    if truth == called { format!("{called} {percent:.0} %") } else { format!("{truth} → {called} {percent:.0} %") }
}
