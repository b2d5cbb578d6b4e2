//! Images beside what was made of them: the most confident errors, and where the network looked.

use super::explaining::Explainer;
use super::judged::{Judged, JudgedImage, Strangeness};
use super::strangers::Strangers;
use crate::commands::CommandError;
use crate::data::ClassId;
use crate::images::{DepthRange, Image};
use crate::progress::{Event, Observer};
use crate::report::{Block, Figure, GalleryImage, Montage, MontageSection, jpeg, thumbnail};
use crate::runs::RunDir;

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
/// Pixels of the longer edge of a picture in the page.
const GALLERY_EDGE: u32 = 200;

/// Pictures and what stands below them.
pub(in crate::commands) struct Row {
    pub title: String,
    pub images: Vec<(Image, String)>,
}

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
    show(&title, &[Row { title: String::new(), images }], Some((run, "plots/errors.png")))
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
    show(&title, &[Row { title: String::new(), images }], Some((run, "plots/unknown.png")))
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
        rows.push(Row { title: format!("wrong: {}", judged.verdict(row, answer)), images });
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
            rows.push(Row { title: format!("right: {}", judged.classes[class.0]), images });
        }
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let title = format!("Where the network looked (Grad-CAM on layer {})", explainer.layer);
    show(&title, &rows, Some((run, "plots/grad_cam.png")))
}

/// Galleries of `rows` for the page, and a picture of them where a file is named.
pub(in crate::commands) fn show(
    title: &str,
    rows: &[Row],
    file: Option<(&RunDir, &str)>,
) -> Result<Vec<Block>, CommandError> {
    if let Some((run, file)) = file {
        let one_line = |caption: &String| caption.replace("→\n", "→ ").replace('\n', " · ");
        let sections = rows
            .iter()
            .map(|row| MontageSection {
                title: &row.title,
                images: row.images.iter().map(|(image, caption)| (image, one_line(caption))).collect(),
            })
            .collect();
        Montage { title, sections }.save(&run.file(file)?)?;
    }
    rows.iter()
        .map(|row| {
            let picture = |(image, caption): &(Image, String)| {
                let jpeg = jpeg(&thumbnail(image, GALLERY_EDGE), 85)?;
                Ok(GalleryImage { jpeg, caption: caption.clone() })
            };
            let images = row.images.iter().map(picture).collect::<Result<_, CommandError>>()?;
            let title = if row.title.is_empty() { title.to_owned() } else { row.title.clone() };
            Ok(Block::Gallery { title, images })
        })
        .collect()
}

/// The first, the last, and what lies evenly between: sure and unsure ones.
pub(in crate::commands) fn spread(rows: &[usize], n: usize) -> Vec<usize> {
    match (rows.len(), n) {
        (_, 0) | (0, _) => Vec::new(),
        (len, n) if len <= n => rows.to_vec(),
        (_, 1) => vec![rows[0]],
        (len, n) => (0..n).map(|i| rows[i * (len - 1) / (n - 1)]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_spread_from_sure_to_unsure() {
        assert_eq!(spread(&[9, 8, 7, 6, 5], 3), [9, 7, 5]);
        assert_eq!(spread(&[9, 8], 3), [9, 8]);
        assert_eq!((spread(&[9, 8], 1), spread(&[], 2)), (vec![9], vec![]));
    }
}
