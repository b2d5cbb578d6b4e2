//! Search for the data set of a file that holds the frames.
//!
//! The one that is named; else the one that the file itself calls its signal (see [`super::nexus`]); else, of those of three
//! dimensions, the one of most numbers. `data_000001`, `data_000002`, … in one group are one data set in parts. An image of
//! two dimensions is a single frame, taken where nothing has three. Every array counts once, by the address of its header,
//! however many links, hard, soft or external, lead to it.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use rust_hdf5::format::object_header::ObjectHeader;

use super::dataset::{Dataset, Storage};
use super::file::{Files, Hdf5File};
use super::links::{Lost, Place, follow, is_dataset, links, resolve};
use super::nexus::{self, Signal};
use super::{corrupt, unsupported};
use crate::images::DecodeError;
use crate::images::frames::counts::PixelType;

/// Groups nested deeper than this are not looked into.
const DEEPEST: usize = 12;
/// Data sets that were passed over and are named.
const MOST_NAMED: usize = 100;
/// Links looked at, at most.
const MOST_LINKS: usize = 100_000;

/// Data sets that are one stack.
pub(super) struct FoundStack {
    /// Of the first.
    pub path: String,
    pub datasets: Vec<Rc<Dataset>>,
    /// Others that may hold frames, with their shapes; and what could not be read.
    pub passed_over: Vec<String>,
}

/// Everything that the links of a file lead to, each once.
#[derive(Default)]
struct Walk {
    seen: HashSet<(usize, u64)>,
    links: usize,
    candidates: Vec<Candidate>,
    /// Data sets that hold no frames: their paths, and what they are.
    others: Vec<(String, String)>,
    /// Links to nowhere, and data sets that are damaged: their paths, and why.
    lost: Vec<(String, String)>,
}

/// A data set of numbers of two or three dimensions.
struct Candidate {
    path: String,
    dataset: Rc<Dataset>,
    /// Marked as the signal of its group.
    marked: bool,
}

impl Candidate {
    fn size(&self) -> (u64, u64) {
        let shape = &self.dataset.shape;
        (shape[shape.len() - 2], shape[shape.len() - 1])
    }
}

/// Looks for the frames of `file`.
pub(super) fn find(files: &Files, file: &Rc<Hdf5File>, name: Option<&str>) -> Result<FoundStack, DecodeError> {
    let root = Place { file: Rc::clone(file), address: file.root };
    let mut walk = Walk::default();
    let mut signal = None;
    if let Some(name) = name.map(|name| name.trim_matches('/')) {
        let place = resolve(files, file, name).map_err(|lost| match lost {
            Lost::Name(_) => unsupported(format!("no data set of frames at `{name}`")),
            Lost::File(source) => corrupt(format!("`{name}` lies in `{source}`, which is missing")),
            Lost::Damaged(error) => error,
        })?;
        walk.object(files, &place, name, 0, false);
    } else {
        walk.group(files, &root, "", 0)?;
        signal = nexus::signal(files, &root);
    }
    let Walk { candidates, others, lost, .. } = walk;
    let mut stacks: BTreeMap<(String, PixelType, (u64, u64)), Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates {
        let stem = stem_of(&candidate).to_owned();
        stacks.entry((stem, candidate.dataset.number.pixel, candidate.size())).or_default().push(candidate);
    }
    let mut passed_over: Vec<String> = Vec::new();
    let chosen = match &signal {
        Some(Signal { path, target: Ok(place) }) => {
            let holds = |parts: &[Candidate]| parts.iter().any(|part| part.dataset.place.key() == place.key());
            let found = stacks.iter().find(|(_, parts)| holds(parts)).map(|(key, _)| key.clone());
            if found.is_none() {
                passed_over.push(format!("`{path}`, its signal, which holds no frames"));
            }
            found
        }
        // With one to choose from, nothing can be mistaken.
        Some(Signal { path, target: Err(Lost::Name(_)) }) if stacks.len() < 2 => {
            passed_over.push(format!("`{path}`, its signal, which is not there"));
            None
        }
        Some(Signal { path, target: Err(Lost::Name(_)) }) => {
            let names: Vec<String> = stacks.values().flatten().map(|part| format!("`{}`", part.path)).collect();
            let (n, first) = (names.len(), names[..names.len().min(2)].join(" and "));
            let detail =
                format!("its signal `{path}` is not there; `dataset.frames` names one of {n}, such as {first}");
            return Err(unsupported(detail));
        }
        Some(Signal { path, target: Err(lost) }) => {
            return Err(corrupt(format!("its signal `{path}` leads to {lost}")));
        }
        None => None,
    };
    let rank = |parts: &[Candidate]| {
        let numbers =
            parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.dataset.numbers().unwrap_or(u64::MAX)));
        (parts.iter().any(|part| part.marked), parts[0].dataset.shape.len(), numbers)
    };
    // Of equals the first by path.
    let largest = || stacks.iter().rev().max_by_key(|(_, parts)| rank(parts)).map(|(key, _)| key.clone());
    let Some((key, mut parts)) = chosen.or_else(largest).and_then(|key| stacks.remove_entry(&key)) else {
        if let Some((path, why)) = lost.first() {
            return Err(corrupt(format!("`{path}` {why}")));
        }
        return Err(unsupported(nothing(name, &others)));
    };
    parts.sort_by(|a, b| a.path.cmp(&b.path));
    // Beside frames that are missing, an image of two dimensions is a mask or a flat field.
    let flat = signal.is_none() && parts.iter().all(|part| part.dataset.shape.len() == 2);
    if let Some((path, why)) = lost.iter().find(|(path, _)| flat || without_number(path) == key.0) {
        return Err(corrupt(format!("`{path}` {why}")));
    }
    let others = stacks.values().flatten();
    passed_over.extend(others.map(|other| format!("`{}` {:?}", other.path, other.dataset.shape)));
    passed_over.extend(lost.iter().map(|(path, why)| format!("`{path}`, which {why}")));
    passed_over.truncate(MOST_NAMED);
    let path = parts[0].path.clone();
    Ok(FoundStack { path, datasets: parts.into_iter().map(|part| part.dataset).collect(), passed_over })
}

impl Walk {
    fn group(&mut self, files: &Files, group: &Place, path: &str, depth: usize) -> Result<(), DecodeError> {
        self.seen.insert(group.key());
        let header = group.header()?;
        self.members(files, group, &header, path, depth)
    }

    fn members(
        &mut self,
        files: &Files,
        group: &Place,
        header: &ObjectHeader,
        path: &str,
        depth: usize,
    ) -> Result<(), DecodeError> {
        let signal = nexus::signal_of(&group.file, header);
        for link in links(&group.file, header)? {
            self.links += 1;
            if self.links > MOST_LINKS {
                break;
            }
            let path = if path.is_empty() { link.name.clone() } else { format!("{path}/{}", link.name) };
            match follow(files, group, &link.target) {
                Ok(place) => self.object(files, &place, &path, depth, signal.as_ref() == Some(&link.name)),
                Err(Lost::File(file)) => self.lost.push((path, format!("lies in `{file}`, which is missing"))),
                Err(Lost::Damaged(error)) => self.lost.push((path, format!("cannot be read ({error})"))),
                // A name that leads nowhere is as good as none.
                Err(Lost::Name(_)) => {}
            }
        }
        Ok(())
    }

    fn object(&mut self, files: &Files, place: &Place, path: &str, depth: usize, marked: bool) {
        if !self.seen.insert(place.key()) {
            return;
        }
        let damaged = |error: &DecodeError| format!("cannot be read ({error})");
        let header = match place.header() {
            Ok(header) => header,
            Err(error) => return self.lost.push((path.to_owned(), damaged(&error))),
        };
        if !is_dataset(&header) {
            // A link may lead to a group of another file, or back up.
            if depth < DEEPEST
                && let Err(error) = self.members(files, place, &header, path, depth + 1)
            {
                self.lost.push((path.to_owned(), damaged(&error)));
            }
            return;
        }
        match Dataset::open(files, place, &header) {
            Ok(dataset) => {
                let shape = &dataset.shape;
                let colour = shape.len() == 3 && matches!(shape[2], 3 | 4) && shape[0] > 4 && shape[1] > 4;
                if matches!(shape.len(), 2 | 3) && !shape.contains(&0) && !colour {
                    let marked = marked || nexus::is_marked(&place.file, &header);
                    self.candidates.push(Candidate { path: path.to_owned(), dataset, marked });
                    return;
                }
                if let Storage::Virtual(layout) = &dataset.storage
                    && let Some(why) = layout.without_source(files, &place.file, 0)
                {
                    return self.lost.push((path.to_owned(), format!("has no frames: {why}")));
                }
                self.others.push((path.to_owned(), format!("is of shape {shape:?}")));
            }
            Err(DecodeError::Unsupported { detail, .. }) => {
                self.others.push((path.to_owned(), detail.replacen("it holds", "holds", 1)));
            }
            Err(error) => self.lost.push((path.to_owned(), damaged(&error))),
        }
    }
}

/// Why a file has no frames: what its arrays are.
fn nothing(name: Option<&str>, others: &[(String, String)]) -> String {
    let wanted = "[frames, height, width] of integers or floats";
    match (name, others) {
        (Some(name), []) => format!("no data set of frames at `{name}`"),
        (None, []) => "no arrays in it".to_owned(),
        (_, [(path, what)]) => format!("no frames in it: `{path}` {what}, not {wanted}"),
        (_, [(path, what), rest @ ..]) => {
            format!("no frames in it: `{path}` {what}, not {wanted}; nor are {} others", rest.len())
        }
    }
}

/// What parts of one stack have in common.
fn stem_of(candidate: &Candidate) -> &str {
    if candidate.dataset.shape.len() == 3 { without_number(&candidate.path) } else { &candidate.path }
}

/// `entry/data/data_000002` without its number; a name that is all number stays.
fn without_number(path: &str) -> &str {
    let stem = path.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() < path.len() && stem.ends_with('_') { stem } else { path }
}
