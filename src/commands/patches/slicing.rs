//! Images become patches: every image is decoded once, and sliced once per grid.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Mutex;

use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;

use crate::commands::CommandError;
use crate::data::{ImageRecord, Manifest, Skipped};
use crate::features::{Ignore, Patches, Statistic};
use crate::images::{
    Circle, DepthRange, Enhancement, FieldOfView, Image, Limits, PartInView, brightness_in_view, decode,
    enhance_in_view, object_map,
};
use crate::memory::{MemoryBudget, bytes_of};
use crate::progress::{Event, Observer, Stage};
use crate::recipes::Slices;

/// The patches of one image.
pub(super) struct Sliced {
    /// By grid; a grid that is finer than the image is missing.
    pub grids: BTreeMap<Slices, Patches>,
    /// Of the recipe's grid without flat-field correction, where there is one.
    pub uneven: Option<Patches>,
    /// The part of it that lies in the field of view; absent where all does.
    pub in_view: Option<InView>,
}

/// The part of an image that lies in the field of view.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct InView {
    /// Share of its pixels, in `0.0..=1.0`.
    pub share: f64,
    /// What the field is, where no mask was given.
    pub circle: Option<Circle>,
}

/// Such as `71.3 %, inside the circle { x = 320, y = 240, radius = 200 }`, as recipes write it.
impl fmt::Display for InView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} %", 100.0 * self.share)?;
        match self.circle {
            Some(Circle { x, y, radius }) => {
                write!(f, ", inside the circle {{ x = {x:.0}, y = {y:.0}, radius = {:.0} }}", radius.get())
            }
            None => Ok(()),
        }
    }
}

/// How images are sliced.
pub(super) struct Slicing<'a> {
    /// The recipe's grid.
    pub main: Slices,
    /// Grids of the searches.
    pub others: BTreeSet<Slices>,
    pub ignore: Option<Ignore>,
    pub field: Option<&'a FieldOfView>,
    /// Whether it is measured how much of each patch shows an object.
    pub objects: bool,
    pub enhance: &'a [Enhancement],
    pub depth: DepthRange,
    /// How much memory the statistics of all patches may take.
    pub memory: MemoryBudget,
}

impl Slicing<'_> {
    /// Slices every image of `manifest`; the answer's manifest has only those that could be. Pictures that do not fit in
    /// memory together are decoded one after another.
    ///
    /// # Errors
    /// When the statistics of all patches do not fit in memory, before an image is opened.
    pub fn run(&self, manifest: &Manifest, observer: &dyn Observer) -> Result<(Manifest, Vec<Sliced>), CommandError> {
        self.memory.admit(self.bytes(manifest.records.len())).map_err(|why| {
            let patches = self.main.rows.get() as usize * self.main.columns.get() as usize;
            let message = format!("{patches} patches of each of {} images: it {why}", manifest.records.len());
            CommandError::failed(message, format!("lower `patches.slices`, or {}", why.hint()))
        })?;
        let stage = observer.stage(Stage::Embed, manifest.records.len());
        let failed = Mutex::new(Vec::new());
        let slice_one = |record: &ImageRecord| {
            let image = decode(&manifest.file(record)).map_err(|error| error.to_string());
            let sliced = image.and_then(|decoded| self.slice(&self.depth.apply(&decoded)));
            stage.advance(1);
            let left_out = |reason: String| {
                observer.on(Event::Skipped { path: Path::new(&record.path), why: &reason });
                let left_out = Skipped { path: record.path.clone(), reason };
                failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(left_out);
            };
            sliced.map_err(left_out).ok()
        };
        let sliced: Vec<Option<Sliced>> = together(&manifest.records, Limits::current().room().bytes())
            .flat_map(|records| records.par_iter().map(&slice_one).collect::<Vec<_>>())
            .collect();
        drop(stage);
        let mut kept = manifest.clone();
        let mut whole = sliced.iter().map(Option::is_some);
        kept.records.retain(|_| whole.next().unwrap_or(false));
        kept.skipped.extend(failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
        kept.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((kept, sliced.into_iter().flatten().collect()))
    }

    /// Bytes of the statistics of `n` images, of all grids.
    fn bytes(&self, n: usize) -> u64 {
        let uneven = self.enhance.iter().any(flattens).then_some(&self.main);
        let grids = self.others.iter().filter(|grid| **grid != self.main).chain([&self.main]).chain(uneven);
        let of = |grid: &Slices| {
            bytes_of::<f64>(&[n, grid.rows.get() as usize, grid.columns.get() as usize, Statistic::ALL.len() + 1])
        };
        grids.map(of).fold(0, u64::saturating_add)
    }

    fn slice(&self, image: &Image) -> Result<Sliced, String> {
        let part = self.field.map(|field| field.part_of(image)).transpose()?.flatten();
        let plane_by = |enhancements: &[Enhancement]| {
            brightness_in_view(&enhance_in_view(enhancements, image.clone(), part.as_ref()), part.as_ref())
        };
        let objects = self
            .objects
            .then(|| object_map(brightness_in_view(image, part.as_ref()).view(), Ignore::dark(self.ignore)));
        let of = |plane: &Array2<f32>, Slices { rows, columns }: Slices| {
            let patches = Patches::measure(plane.view(), rows, columns, self.ignore);
            let patches = match &objects {
                Some(objects) => patches.and_then(|one| one.with_objects(objects.view(), rows, columns)),
                None => patches,
            };
            patches.map_err(|error| error.to_string())
        };
        let plane = plane_by(self.enhance);
        let mut grids = BTreeMap::from([(self.main, of(&plane, self.main)?)]);
        for &slices in &self.others {
            if let Ok(patches) = of(&plane, slices) {
                grids.insert(slices, patches);
            }
        }
        let uneven = if self.enhance.iter().any(flattens) {
            let others: Vec<Enhancement> = self.enhance.iter().copied().filter(|one| !flattens(one)).collect();
            Some(of(&plane_by(&others), self.main)?)
        } else {
            None
        };
        let in_view = part.map(|part: PartInView| InView { share: part.share(), circle: part.circle });
        Ok(Sliced { grids, uneven, in_view })
    }
}

fn flattens(enhancement: &Enhancement) -> bool {
    matches!(enhancement, Enhancement::FlatField(_))
}

/// Neighbouring records whose pictures fit in `most` bytes together; a larger one stands alone.
fn together(records: &[ImageRecord], most: u64) -> impl Iterator<Item = &[ImageRecord]> {
    let mut held = records.first().map_or(0, ImageRecord::decoding_bytes);
    records.chunk_by(move |_, next| {
        let bytes = next.decoding_bytes();
        held = held.saturating_add(bytes);
        let fits = held <= most;
        if !fits {
            held = bytes;
        }
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageId;

    #[test]
    fn pictures_that_fit_together_are_sliced_together() {
        let record = |width: u32| ImageRecord {
            id: ImageId::of_bytes(b""),
            path: String::new(),
            width,
            height: 1,
            bit_depth: 8,
            fields: BTreeMap::new(),
            tile: None,
            content: None,
        };
        let records: Vec<ImageRecord> = [1, 1, 1, 9, 1, 2].map(record).to_vec();
        let each = records[0].decoding_bytes();
        let sizes = |most: u64| together(&records, most * each).map(<[ImageRecord]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(3), [3, 1, 2]);
        assert_eq!(sizes(0), [1; 6]);
        assert_eq!(sizes(100), [6]);
        assert_eq!(together(&[], 5).count(), 0);
    }
}
