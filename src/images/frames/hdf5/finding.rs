//! Search for the data set of a file that holds the frames.
//!
//! The one that is named; else, of those of three dimensions, the one of most numbers. `data_000001`, `data_000002`, …
//! in one group are one data set in parts. An image of two dimensions is a single frame, taken where nothing has three.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rust_hdf5::{H5Dataset, H5File, H5Group, LinkClass};

use super::{kind_of, translate};
use crate::images::DecodeError;
use crate::images::frames::counts::PixelType;

/// Groups nested deeper than this are not looked into.
const DEEPEST: usize = 12;
/// Links looked at, at most.
const MOST_LINKS: usize = 100_000;

/// Data sets that are one stack.
pub(super) struct FoundStack {
    /// Of the first.
    pub path: String,
    pub datasets: Vec<H5Dataset>,
    pub kind: PixelType,
    pub height: usize,
    pub width: usize,
    /// Other files that hold their numbers.
    pub sources: Vec<PathBuf>,
}

/// A data set of numbers of two or three dimensions.
struct Candidate {
    path: String,
    dataset: H5Dataset,
    shape: Vec<usize>,
    kind: PixelType,
    source: Option<String>,
}

/// Looks for the frames of `file`, which lies at `at`.
pub(super) fn find(file: &H5File, at: &Path, name: Option<&str>) -> Result<FoundStack, DecodeError> {
    let mut links = Vec::new();
    walk(&file.root_group(), 0, &mut links)?;
    let wanted = name.map(|name| name.trim_matches('/'));
    let inside = |path: &str| {
        wanted
            .is_none_or(|wanted| path == wanted || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/')))
    };
    let mut candidates = Vec::new();
    let mut dangling = Vec::new();
    for (path, class) in links.iter().filter(|(path, _)| inside(path)) {
        match class {
            LinkClass::External { file: source, .. } if !beside(at, source).is_file() => {
                dangling.push((path.clone(), source.clone()));
            }
            _ => candidates.extend(open(file, path, class)),
        }
    }
    let mut stacks: BTreeMap<(String, PixelType, usize, usize), Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates {
        let [.., height, width] = *candidate.shape.as_slice() else { continue };
        let stem = match candidate.shape.len() {
            3 => without_number(&candidate.path).to_owned(),
            _ => candidate.path.clone(),
        };
        stacks.entry((stem, candidate.kind, height, width)).or_default().push(candidate);
    }
    let rank = |parts: &[Candidate]| {
        let numbers: usize = parts.iter().map(|part| part.shape.iter().product::<usize>()).sum();
        (parts[0].shape.len(), numbers)
    };
    // Of equals the first by path.
    let best = stacks.into_iter().rev().max_by_key(|(_, parts)| rank(parts));
    let lost = |(path, source): &(String, String)| {
        let detail = format!("`{path}` lies in `{source}`, which is missing");
        DecodeError::Corrupt { format: "HDF5", detail }
    };
    let Some(((stem, kind, height, width), mut parts)) = best else {
        if let Some(one) = dangling.first() {
            return Err(lost(one));
        }
        let detail = match name {
            Some(name) => format!("no data set of frames at `{name}`"),
            None => nothing(file, &links),
        };
        return Err(DecodeError::Unsupported { format: "HDF5", detail });
    };
    parts.sort_by(|a, b| a.path.cmp(&b.path));
    // Beside frames that are missing, an image of two dimensions is a mask or a flat field.
    let flat = parts.iter().all(|part| part.shape.len() == 2);
    if let Some(one) = dangling.iter().find(|(path, _)| flat || without_number(path) == stem) {
        return Err(lost(one));
    }
    let mut sources: Vec<PathBuf> = Vec::new();
    for part in &parts {
        let mappings = part.dataset.virtual_mappings().unwrap_or_default();
        let names = mappings.iter().map(|mapping| mapping.source_file_name.as_str()).filter(|name| *name != ".");
        for name in part.source.as_deref().into_iter().chain(names) {
            let source = beside(at, name);
            // Names with `%b` stand for any number of files.
            if !source.is_file() && !name.contains('%') {
                return Err(lost(&(part.path.clone(), name.to_owned())));
            }
            if source.is_file() && !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    let path = parts[0].path.clone();
    Ok(FoundStack {
        path,
        datasets: parts.into_iter().map(|part| part.dataset).collect(),
        kind,
        height,
        width,
        sources,
    })
}

/// Paths of all links that are no groups, with what kind of link they are.
fn walk(group: &H5Group, depth: usize, links: &mut Vec<(String, LinkClass)>) -> Result<(), DecodeError> {
    let groups = group.group_names().map_err(|error| translate(&error))?;
    for name in group.link_names().map_err(|error| translate(&error))? {
        let path = format!("{}/{name}", group.name()).trim_start_matches('/').to_owned();
        if links.len() >= MOST_LINKS {
            break;
        }
        if groups.contains(&name) {
            // A link may lead to a group of another file, or back up.
            if let (true, Ok(child)) = (depth < DEEPEST, group.group(&name)) {
                walk(&child, depth + 1, links)?;
            }
        } else if let Ok(class) = group.link_class(&name) {
            links.push((path, class));
        }
    }
    Ok(())
}

/// `None` for what is no data set of frames, and for links to nowhere.
fn open(file: &H5File, path: &str, class: &LinkClass) -> Option<Candidate> {
    let dataset = file.dataset(path).ok()?;
    let shape = dataset.shape();
    let frames = matches!(shape.len(), 2 | 3) && !shape.contains(&0);
    let kind = kind_of(&dataset.datatype().ok()?).filter(|_| frames)?;
    let source = match class {
        LinkClass::External { file, .. } => Some(file.clone()),
        _ => None,
    };
    Some(Candidate { path: path.to_owned(), dataset, shape, kind, source })
}

/// Why a file has no frames: its largest array is none.
fn nothing(file: &H5File, links: &[(String, LinkClass)]) -> String {
    let arrays = links.iter().filter_map(|(path, _)| Some((file.dataset(path).ok()?.shape(), path)));
    let largest =
        arrays.filter(|(shape, _)| !shape.is_empty()).max_by_key(|(shape, _)| shape.iter().product::<usize>());
    match largest {
        Some((shape, path)) => {
            let wanted = "[frames, height, width] of integers, or of floats of 32 or 64 bits";
            format!("no frames in it: `{path}` is of shape {shape:?}, not {wanted}")
        }
        None => "no arrays in it".to_owned(),
    }
}

/// The file that a link in the file `at` names.
fn beside(at: &Path, name: &str) -> PathBuf {
    at.parent().unwrap_or(Path::new("")).join(name)
}

/// `entry/data/data_000002` without its number; a name that is all number stays.
fn without_number(path: &str) -> &str {
    let stem = path.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() < path.len() && stem.ends_with('_') { stem } else { path }
}
