//! What monitors saw of the beam while frames were taken, as their files say.

use std::collections::BTreeMap;
use std::path::Path;

use crate::data::{FrameAddress, ImageRecord, Manifest};
use crate::images::{BeamMonitor, beam_monitor};

/// The counts of a monitor for each frame of `manifest`, `NaN` where its file has none; `None` where no file has any.
pub(super) fn of(manifest: &Manifest) -> Option<Vec<f64>> {
    let mut known: BTreeMap<_, Option<BeamMonitor>> = BTreeMap::new();
    let mut counts = vec![f64::NAN; manifest.records.len()];
    for (counts, record) in counts.iter_mut().zip(&manifest.records) {
        let Some(FrameAddress { file, dataset, index }) = FrameAddress::parse(&manifest.file(record)) else { continue };
        let monitor =
            known.entry((file, dataset)).or_insert_with_key(|(file, dataset)| of_file(file, dataset.as_deref()));
        if let Some(seen) = monitor.as_ref().and_then(|monitor| monitor.counts.get(index)) {
            *counts = *seen;
        }
    }
    known.values().any(Option::is_some).then_some(counts)
}

/// Where the monitor lies in the file of a frame.
pub(super) fn name(manifest: &Manifest, record: &ImageRecord) -> Option<String> {
    let FrameAddress { file, dataset, .. } = FrameAddress::parse(&manifest.file(record))?;
    of_file(&file, dataset.as_deref()).map(|monitor| monitor.path)
}

/// A file that cannot be read any more is told where its frames are.
fn of_file(file: &Path, dataset: Option<&str>) -> Option<BeamMonitor> {
    beam_monitor(file, dataset).ok().flatten()
}
