//! The beam's intensity beside the frames: a number per frame that a monitor counted, or the current of the storage ring.
//!
//! `NeXus` writes a ring's current as `…/source/current`, beamlines as `ring_current`; counts of a monitor as `data` of a
//! group `monitor` or `control`, or as `monitor`, `i0`, `ring_current` themselves.

use std::collections::HashSet;

use super::dataset::{Coverage, Dataset, Reading};
use super::file::{Files, Hdf5File};
use super::kept_chunks::KeptChunks;
use super::links::{Place, follow, is_dataset, links};
use super::numbers::Asked;
use super::target::Target;
use crate::images::frames::BeamMonitor;
use crate::images::frames::counts::PixelType;

/// Names of data sets, the best first: a counter near the sample knows more of the beam than the ring does.
const NAMES: [&str; 6] = ["monitor", "i0", "monitor/data", "control/data", "ring_current", "source/current"];
/// Groups nested deeper than this are not looked into.
const DEEPEST: usize = 8;
/// Links looked at, at most.
const MOST_LINKS: usize = 10_000;

/// The monitor of `file` that has a finite number for each of `frames`, the best by name; of equals the first by path. What
/// cannot be read is passed over: frames need no monitor.
pub(super) fn find(files: &Files, file: &std::rc::Rc<Hdf5File>, frames: usize) -> Option<BeamMonitor> {
    let root = Place { file: std::rc::Rc::clone(file), address: file.root };
    let mut found: Vec<(usize, String, Place)> = Vec::new();
    let mut seen = HashSet::from([root.key()]);
    let (mut pending, mut looked_at) = (vec![(root, String::new(), 0)], 0);
    while let Some((group, path, depth)) = pending.pop() {
        let Ok(members) = group.header().and_then(|header| links(&group.file, &header)) else { continue };
        for link in members {
            looked_at += 1;
            if looked_at > MOST_LINKS {
                break;
            }
            let Ok(place) = follow(files, &group, &link.target) else { continue };
            if !seen.insert(place.key()) {
                continue;
            }
            let path = if path.is_empty() { link.name } else { format!("{path}/{}", link.name) };
            let Ok(header) = place.header() else { continue };
            if !is_dataset(&header) {
                if depth < DEEPEST {
                    pending.push((place, path, depth + 1));
                }
            } else if let Some(rank) = rank(&path) {
                found.push((rank, path, place));
            }
        }
    }
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found.into_iter().find_map(|(_, path, place)| {
        let counts = numbers(files, &place, frames)?;
        Some(BeamMonitor { path, counts })
    })
}

fn rank(path: &str) -> Option<usize> {
    let path = format!("/{}", path.to_ascii_lowercase());
    NAMES.iter().position(|name| path.ends_with(&format!("/{name}")))
}

/// The numbers of a data set, one per frame; `None` where there are others, or one is not finite.
fn numbers(files: &Files, place: &Place, frames: usize) -> Option<Vec<f64>> {
    let dataset = Dataset::open(files, place, &place.header().ok()?).ok()?;
    if dataset.numbers()? != frames as u64 || dataset.shape[0] != frames as u64 {
        return None;
    }
    dataset.written().ok().filter(|written| *written == frames as u64)?;
    let mut bytes = vec![0; frames * 8];
    let asked = Asked { pixel: PixelType::F64, big_endian: false };
    let (start, count) = (vec![0; dataset.shape.len()], dataset.shape.clone());
    let mut target = Target::whole(&mut bytes, asked, &count);
    let (mut kept, mut found) = (KeptChunks::default(), Coverage::default());
    let mut reading = Reading { files, kept: &mut kept };
    dataset.read(&mut reading, &start, &count, &mut target, &mut found).ok()?;
    if found.lost.is_some() || found.measured < frames as u64 {
        return None;
    }
    let (numbers, _) = bytes.as_chunks::<8>();
    let counts: Vec<f64> = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    counts.iter().all(|count| count.is_finite()).then_some(counts)
}
