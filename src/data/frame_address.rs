//! Address of a frame: its file, and its number there.

use std::fmt;
use std::path::{Path, PathBuf};

use super::path_text::{to_path, to_text};

/// Files that may hold many frames, by extension.
const EXTENSIONS: [&str; 9] = ["h5", "hdf5", "hdf", "nxs", "nx", "npy", "edf", "tif", "tiff"];

/// One of the frames of a file: `run7.h5#17`, or `run7.h5#entry/data/data#17` where the data set was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameAddress {
    /// The file.
    pub file: PathBuf,
    /// The data set in it, where it is not the one that is found.
    pub dataset: Option<String>,
    /// Counted from 0.
    pub index: usize,
}

impl FrameAddress {
    /// The frame that `path` names; `None` where it names a file of its own.
    #[must_use]
    pub fn parse(path: &Path) -> Option<Self> {
        Self::parse_text(&to_text(path))
    }

    /// The same for a path in its text form (see [`path_text`](super::path_text)), as records and tables hold it.
    #[must_use]
    pub fn parse_text(path: &str) -> Option<Self> {
        let (place, index) = path.rsplit_once('#')?;
        if !index.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let index = index.parse().ok()?;
        if Self::may_hold_frames(Path::new(place)) {
            return Some(Self { file: to_path(place), dataset: None, index });
        }
        let (file, dataset) = place.rsplit_once('#')?;
        let holds = Self::may_hold_frames(Path::new(file));
        holds.then(|| Self { file: to_path(file), dataset: Some(dataset.to_owned()), index })
    }

    /// Whether a file of this name may hold many frames.
    #[must_use]
    pub fn may_hold_frames(path: &Path) -> bool {
        let extension = Self::extension(path);
        extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
    }

    /// Whether gzip packed a file of this name, as in `frame.cbf.gz`.
    #[must_use]
    pub fn is_packed(path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
    }

    /// The extension in small letters that says the format: the one before `gz`, if that is the last.
    #[must_use]
    pub fn extension(path: &Path) -> Option<String> {
        let name = if Self::is_packed(path) { path.with_extension("") } else { path.to_owned() };
        name.extension().map(|extension| extension.to_string_lossy().to_lowercase())
    }
}

/// The text form of the address.
impl fmt::Display for FrameAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dataset {
            Some(dataset) => write!(f, "{}#{dataset}#{}", to_text(&self.file), self.index),
            None => write!(f, "{}#{}", to_text(&self.file), self.index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["a/run7.h5#17", "run 7.h5#entry/data/data#0", "x.TIF#3", "a#b/c.npy#1", "x.edf.gz#2"] {
            assert_eq!(FrameAddress::parse(Path::new(text)).unwrap().to_string(), text);
        }
        for text in ["a.h5", "a#1.png", "a.png#1", "a.gz#1", "a.h5#", "a.h5#-1", "a.h5#1.5", "a.h5#entry"] {
            assert_eq!(FrameAddress::parse(Path::new(text)), None, "{text}");
        }
    }
}
