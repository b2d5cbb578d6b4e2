//! Statistics of patches as features: each image is decoded and corrected once for all of its patches.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use rayon::prelude::*;

use crate::data::{Manifest, PatchAddress, Skipped, path_text};
use crate::features::{Ignore, Patches, make_finite};
use crate::images::{DepthRange, brightness_in_view, decode, enhance_in_view, object_map};
use crate::progress::{Event, Note, Observer, Stage};
use crate::recipes::PatchFeatures;

/// The patches that could be measured, and their statistics.
pub(crate) struct MeasuredPatches {
    /// Without the patches of images that could not be read, and without those left out.
    pub manifest: Manifest,
    /// A row per record of `manifest`, shape `[n_patches, statistics]`, finite.
    pub values: Array2<f32>,
    /// Which rows show no object; absent where clusters alone tell.
    pub background: Option<Vec<bool>>,
    /// Statistics that were not finite and became 0.
    pub replaced: usize,
}

/// A patch that is kept.
struct Kept {
    /// Its row in the manifest.
    row: usize,
    statistics: Vec<f64>,
    shows_object: bool,
}

/// Measures every patch of `manifest` on the brightness scale `depth`.
pub(crate) fn measure(
    recipe: &PatchFeatures,
    manifest: &Manifest,
    depth: DepthRange,
    observer: &dyn Observer,
) -> MeasuredPatches {
    let stage = observer.stage(Stage::Embed, manifest.records.len());
    let mut images: BTreeMap<PathBuf, Vec<(usize, PatchAddress)>> = BTreeMap::new();
    let mut skipped = manifest.skipped.clone();
    for (row, record) in manifest.records.iter().enumerate() {
        match PatchAddress::parse_text(&record.path) {
            Some(patch) => images.entry(patch.image.clone()).or_default().push((row, patch)),
            None => skipped.push(Skipped { path: record.path.clone(), reason: "no patch of an image".to_owned() }),
        }
    }
    let images: Vec<(PathBuf, Vec<(usize, PatchAddress)>)> = images.into_iter().collect();
    let measured: Vec<Result<Vec<Kept>, Skipped>> = images
        .par_iter()
        .map(|(image, patches)| {
            let found = measure_image(recipe, &manifest.root.join(image), patches, depth);
            stage.advance(patches.len());
            found.map_err(|reason| Skipped { path: path_text::to_text(image), reason })
        })
        .collect();
    drop(stage);
    let mut kept: Vec<Kept> = Vec::with_capacity(manifest.records.len());
    let mut asked = 0;
    for ((_, patches), found) in images.iter().zip(measured) {
        match found {
            Ok(found) => {
                asked += patches.len();
                kept.extend(found);
            }
            Err(left_out) => {
                observer.on(Event::Skipped { path: Path::new(&left_out.path), why: &left_out.reason });
                skipped.push(left_out);
            }
        }
    }
    if kept.len() < asked {
        observer.note(&Note::PatchesLeftOut { patches: asked - kept.len() });
    }
    kept.sort_by_key(|one| one.row);
    let background = recipe.object_share.map(|_| kept.iter().map(|one| !one.shows_object).collect());
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    let mut replaced = 0;
    let mut values = Array2::zeros((kept.len(), recipe.statistics.len()));
    let mut records = Vec::with_capacity(kept.len());
    for (mut target, Kept { row, mut statistics, .. }) in values.rows_mut().into_iter().zip(kept) {
        replaced += make_finite(&mut statistics);
        target.iter_mut().zip(statistics).for_each(|(cell, value)| *cell = value as f32);
        records.push(manifest.records[row].clone());
    }
    let manifest = Manifest { root: manifest.root.clone(), records, skipped, unmatched: manifest.unmatched };
    MeasuredPatches { manifest, values, background, replaced }
}

/// The patches of one image that are not left out.
fn measure_image(
    recipe: &PatchFeatures,
    file: &Path,
    patches: &[(usize, PatchAddress)],
    depth: DepthRange,
) -> Result<Vec<Kept>, String> {
    let decoded = decode(file).map_err(|error| error.to_string())?;
    let outside = |patch: &PatchAddress| {
        let [bottom, right] = [patch.top.saturating_add(patch.height), patch.left.saturating_add(patch.width)];
        bottom > decoded.height || right > decoded.width
    };
    if patches.iter().any(|(_, patch)| outside(patch)) {
        return Err(format!("it has other pixels than before: {}×{}", decoded.width, decoded.height));
    }
    let image = depth.apply(&decoded);
    let part = recipe.field.as_ref().map(|field| field.part_of(&image)).transpose()?.flatten();
    let objects = recipe
        .object_share
        .map(|_| object_map(brightness_in_view(&image, part.as_ref()).view(), Ignore::dark(recipe.ignore)));
    let plane = brightness_in_view(&enhance_in_view(&recipe.enhance, image, part.as_ref()), part.as_ref());
    let place = |(_, patch): &(usize, PatchAddress)| {
        [patch.top..patch.top + patch.height, patch.left..patch.left + patch.width]
    };
    let places: Vec<_> = patches.iter().map(place).collect();
    let found = Patches::measure_at(plane.view(), &places, recipe.ignore);
    let found = match objects {
        Some(objects) => found.with_objects_at(objects.view(), &places),
        None => found,
    };
    let shows_object = |patch| recipe.object_share.is_some_and(|share| found.shows_object(patch, share));
    let kept = patches.iter().enumerate().filter(|(patch, _)| !found.ignored[*patch]).map(|(patch, (row, _))| Kept {
        row: *row,
        statistics: recipe.statistics.iter().map(|&statistic| found.values[[patch, statistic as usize]]).collect(),
        shows_object: shows_object(patch),
    });
    Ok(kept.collect())
}
