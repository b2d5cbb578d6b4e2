//! Images become patches: every image is decoded once, and sliced once per grid.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;

use crate::data::{Manifest, Skipped};
use crate::features::{Ignore, Patches};
use crate::images::{DepthRange, Enhancement, Image, decode, enhance};
use crate::progress::{Event, Observer, Stage};
use crate::recipes::Slices;

/// The patches of one image.
pub(super) struct Sliced {
    /// By grid; a grid that is finer than the image is missing.
    pub grids: BTreeMap<Slices, Patches>,
    /// Of the recipe's grid without flat-field correction, where there is one.
    pub uneven: Option<Patches>,
}

/// How images are sliced.
pub(super) struct Slicing<'a> {
    /// The recipe's grid.
    pub main: Slices,
    /// Grids of the searches.
    pub others: BTreeSet<Slices>,
    pub ignore: Option<Ignore>,
    pub enhance: &'a [Enhancement],
    pub depth: DepthRange,
}

impl Slicing<'_> {
    /// Slices every image of `manifest`; the answer's manifest has only those that could be.
    pub fn run(&self, manifest: &Manifest, observer: &dyn Observer) -> (Manifest, Vec<Sliced>) {
        let stage = observer.stage(Stage::Embed, manifest.records.len());
        let failed = Mutex::new(Vec::new());
        let sliced: Vec<Option<Sliced>> = manifest
            .records
            .par_iter()
            .map(|record| {
                let image = decode(&manifest.file(record)).map_err(|error| error.to_string());
                let sliced = image.and_then(|decoded| self.slice(&self.depth.apply(&decoded)));
                stage.advance(1);
                sliced
                    .map_err(|reason| {
                        observer.on(Event::Skipped { path: Path::new(&record.path), why: &reason });
                        let left_out = Skipped { path: record.path.clone(), reason };
                        failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(left_out);
                    })
                    .ok()
            })
            .collect();
        drop(stage);
        let mut kept = manifest.clone();
        let mut whole = sliced.iter().map(Option::is_some);
        kept.records.retain(|_| whole.next().unwrap_or(false));
        kept.skipped.extend(failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
        kept.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        (kept, sliced.into_iter().flatten().collect())
    }

    fn slice(&self, image: &Image) -> Result<Sliced, String> {
        let plane = enhance(self.enhance, image.clone()).brightness();
        let of = |plane: &ndarray::Array2<f32>, slices: Slices| {
            Patches::measure(plane.view(), slices.rows, slices.columns, self.ignore).map_err(|error| error.to_string())
        };
        let mut grids = BTreeMap::from([(self.main, of(&plane, self.main)?)]);
        for &slices in &self.others {
            if let Ok(patches) = of(&plane, slices) {
                grids.insert(slices, patches);
            }
        }
        let flattens = |enhancement: &Enhancement| matches!(enhancement, Enhancement::FlatField(_));
        let uneven = if self.enhance.iter().any(flattens) {
            let others: Vec<Enhancement> = self.enhance.iter().copied().filter(|one| !flattens(one)).collect();
            Some(of(&enhance(&others, image.clone()).brightness(), self.main)?)
        } else {
            None
        };
        Ok(Sliced { grids, uneven })
    }
}
