//! Galleries: rows of pictures with a line below each, for pages and as one picture.

use std::path::Path;

use super::WorkflowError;
use crate::images::{DepthRange, Image, decode};
use crate::report::{Figure, GalleryImage, Montage, MontageSection, PageBlock, jpeg, thumbnail};
use crate::runs::RunDir;

/// Pixels of the longer edge of a picture in the page.
const EDGE: u32 = 200;

/// Pictures and what stands below them.
pub(crate) struct GalleryRow {
    pub title: String,
    pub images: Vec<(Image, String)>,
}

/// The image at `file` on the brightness scale of a run.
pub(crate) fn read(file: &Path, depth: &DepthRange) -> Option<Image> {
    decode(file).ok().map(|decoded| depth.apply(&decoded))
}

/// Galleries of `rows` for the page, and a picture of them where a file is named.
pub(crate) fn show(
    title: &str,
    rows: &[GalleryRow],
    file: Option<(&RunDir, &str)>,
) -> Result<Vec<PageBlock>, WorkflowError> {
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
                let jpeg = jpeg(&thumbnail(image, EDGE), 85)?;
                Ok(GalleryImage { jpeg, caption: caption.clone() })
            };
            let images = row.images.iter().map(picture).collect::<Result<_, WorkflowError>>()?;
            let title = if row.title.is_empty() { title.to_owned() } else { row.title.clone() };
            Ok(PageBlock::Gallery { title, images })
        })
        .collect()
}

/// The first, the last, and what lies evenly between: sure and unsure ones.
pub(crate) fn spread(rows: &[usize], n: usize) -> Vec<usize> {
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
