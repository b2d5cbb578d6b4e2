//! Patches: parts of images that are images of their own, addressed as `wafer.png#xywh=64,0,32,32`.

mod recent;

use std::num::NonZeroU32;

use super::{DecodeError, Decoded, Header, Samples, Tiling, header_of};
use crate::data::{ImageRecord, Manifest, PatchAddress, Skipped, TileOrigin, path_text};

/// The patches of every image of `manifest`, `rows` × `columns` of each, row by row.
///
/// A patch's id hashes that of its image and its place. An image of fewer pixels joins the skipped files.
#[must_use]
pub fn slice(manifest: Manifest, rows: NonZeroU32, columns: NonZeroU32) -> Manifest {
    let tiling = Tiling::Grid { rows, columns, half_width: None };
    let Manifest { root, records: images, mut skipped, unmatched } = manifest;
    let mut records = Vec::new();
    for image in images {
        match tiling.boxes(image.height as usize, image.width as usize) {
            Ok(boxes) => records.extend(boxes.into_iter().map(|place| {
                let (top, left) = (place.y.start, place.x.start);
                let (height, width) = (place.y.len(), place.x.len());
                let address = PatchAddress { image: path_text::to_path(&image.path), left, top, width, height };
                ImageRecord {
                    id: image.id.tile(address.place()),
                    path: address.to_string(),
                    width: width as u32,
                    height: height as u32,
                    tile: Some(TileOrigin { parent: image.id, row: place.row, column: place.column }),
                    ..image.clone()
                }
            })),
            Err(reason) => skipped.push(Skipped { path: image.path, reason }),
        }
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Manifest { root, records, skipped, unmatched }
}

/// The pixels of a patch, with the depth of its image, which is decoded once for all patches that are asked for together.
///
/// # Errors
/// When the image cannot be read, or is smaller than the patch wants it.
pub(super) fn read(patch: &PatchAddress) -> Result<Decoded, DecodeError> {
    recent::with(&patch.image, |image| {
        within(patch, image.width, image.height)?;
        Ok(crop(image, patch))
    })
}

/// Size and depth of a patch.
///
/// # Errors
/// As for its image, or where that is smaller than the patch wants it.
pub(super) fn header(patch: &PatchAddress) -> Result<Header, DecodeError> {
    let Header { width, height, bit_depth } = header_of(&patch.image)?;
    within(patch, width as usize, height as usize)?;
    Ok(Header { width: patch.width as u32, height: patch.height as u32, bit_depth })
}

fn within(patch: &PatchAddress, width: usize, height: usize) -> Result<(), DecodeError> {
    let ends = |start: usize, length: usize, all: usize| start.checked_add(length).is_some_and(|end| end <= all);
    if ends(patch.left, patch.width, width) && ends(patch.top, patch.height, height) {
        return Ok(());
    }
    let PatchAddress { left, top, width: wide, height: high, .. } = patch;
    let detail = format!("the image has {width}×{height} pixels and no {wide}×{high} at ({left}, {top})");
    Err(DecodeError::Unsupported { format: "patch", detail })
}

fn crop(image: &Decoded, patch: &PatchAddress) -> Decoded {
    fn window<T: Copy>(counts: &[T], image: &Decoded, patch: &PatchAddress) -> Vec<T> {
        let row = image.width * image.channels;
        let columns = patch.left * image.channels..(patch.left + patch.width) * image.channels;
        (patch.top..patch.top + patch.height).flat_map(|y| &counts[y * row..][columns.clone()]).copied().collect()
    }
    let samples = match &image.samples {
        Samples::U8(counts) => Samples::U8(window(counts, image, patch)),
        Samples::U16(counts) => Samples::U16(window(counts, image, patch)),
        Samples::U32(counts) => Samples::U32(window(counts, image, patch)),
        Samples::F32(counts) => Samples::F32(window(counts, image, patch)),
    };
    Decoded { height: patch.height, width: patch.width, channels: image.channels, samples, mask: image.mask }
}

#[cfg(test)]
mod tests;
