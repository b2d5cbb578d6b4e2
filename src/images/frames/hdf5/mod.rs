//! HDF5 and `NeXus`: one data set of shape `[frames, height, width]`, or the parts of one, as an Eiger's master links
//! them.
//!
//! The structures of a file are decoded by `rust_hdf5::format`. What is read and how much of it, where links and virtual
//! data sets lead, and what counts as missing is decided here: whatever a file declares, no more is allocated than it
//! holds, and what nobody wrote is never zero.

mod chunks;
mod dataset;
mod file;
mod filters;
mod finding;
mod kept_chunks;
mod links;
mod mapping;
mod monitor;
mod nexus;
mod numbers;
mod object;
mod selection;
mod target;
mod writing;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rust_hdf5::format::FormatError;

use self::dataset::{Coverage, Dataset, Reading};
use self::file::Files;
use self::kept_chunks::KeptChunks;
use self::target::Target;
use super::counts::{PixelType, frame};
use super::{BeamMonitor, Header, Remark, Stack};
use crate::images::{DecodeError, Decoded, Limits};

pub(super) use self::file::signature;

/// An open file.
pub(super) struct Hdf5Stack {
    files: Files,
    kept: KeptChunks,
    /// The data set, or its parts one after the other.
    parts: Vec<FramesPart>,
    pixel: PixelType,
    height: usize,
    width: usize,
    frames: usize,
    master: Rc<file::Hdf5File>,
    /// Where the data set lies, or the first of its parts.
    path: String,
    sources: Vec<PathBuf>,
    remarks: Vec<Remark>,
}

/// A data set of frames.
struct FramesPart {
    dataset: Rc<Dataset>,
    /// The number of its first frame.
    first: usize,
    frames: usize,
}

impl Hdf5Stack {
    /// Opens `path` at `dataset`, or at the one that [`finding`] says.
    pub(super) fn open(path: &Path, dataset: Option<&str>) -> Result<Self, DecodeError> {
        let files = Files::default();
        let file = files.open(path)?;
        let found = finding::find(&files, &file, dataset)?;
        let first = &found.datasets[0];
        let [.., height, width] = *first.shape.as_slice() else { return Err(corrupt("frames of no size".to_owned())) };
        let pixel = first.number.pixel;
        Limits::current().check(width, height, pixel.size() as u64)?;
        if height == 0 || width == 0 || height > u64::from(u32::MAX) || width > u64::from(u32::MAX) {
            return Err(corrupt(format!("frames of {width}×{height} pixels")));
        }
        let mut remarks = vec![Remark::Taken { dataset: found.path.clone(), passed_over: found.passed_over }];
        let (mut parts, mut frames, mut declared) = (Vec::new(), 0_u64, 0_u64);
        for dataset in found.datasets {
            let written = dataset.written()?;
            let n = if dataset.shape.len() == 2 { written.min(1) } else { written };
            declared = declared.saturating_add(if dataset.shape.len() == 2 { 1 } else { dataset.shape[0] });
            let first = frames as usize;
            frames = frames.saturating_add(n);
            Limits::current().check_frames(frames)?;
            if let Some(why) = dataset.filled(&files) {
                remarks.push(Remark::Filled { dataset: found.path.clone(), why });
            }
            parts.push(FramesPart { dataset, first, frames: n as usize });
        }
        let unreachable = |part: &FramesPart| part.dataset.unreachable(&files);
        if let Some(why) = parts.iter().map(unreachable).collect::<Option<Vec<String>>>() {
            return Err(corrupt(format!("`{}`: {}", found.path, why[0])));
        }
        if frames == 0 {
            let lost = parts.iter().find_map(|part| part.dataset.lost(&files));
            let why = lost.unwrap_or_else(|| "none was ever written".to_owned());
            return Err(corrupt(format!("it declares {declared} frames in `{}`, but {why}", found.path)));
        }
        if frames < declared {
            remarks.push(Remark::Unwritten { frames: declared - frames, declared });
        }
        let sources = sources_of(&files, &parts, file.number);
        Ok(Self {
            files,
            master: file,
            kept: KeptChunks::default(),
            parts,
            pixel,
            height: height as usize,
            width: width as usize,
            frames: frames as usize,
            path: found.path,
            sources,
            remarks,
        })
    }

    /// The pixels of a frame: little-endian numbers of the data set's own type.
    fn bytes(&mut self, index: usize) -> Result<Vec<u8>, DecodeError> {
        let at = self.parts.partition_point(|part| part.first + part.frames <= index);
        let part = self.parts.get(at).ok_or_else(|| super::no_such_frame(index, self.frames))?;
        let (height, width) = (self.height as u64, self.width as u64);
        let (start, count) = match part.dataset.shape.len() {
            2 => (vec![0, 0], vec![height, width]),
            _ => (vec![(index - part.first) as u64, 0, 0], vec![1, height, width]),
        };
        let mut found = Coverage::default();
        let bytes = if let Some(bytes) = part.dataset.one_chunk(&start, &count, &mut found)? {
            bytes
        } else {
            let mut bytes = vec![0; self.height * self.width * self.pixel.size()];
            let mut target = Target::whole(&mut bytes, part.dataset.number.asked(), &count);
            let mut reading = Reading { files: &self.files, kept: &mut self.kept };
            part.dataset.read(&mut reading, &start, &count, &mut target, &mut found)?;
            bytes
        };
        if let Some(why) = found.lost {
            return Err(corrupt(format!("frame {index}: {why}")));
        }
        if found.measured == 0 {
            let why = part.dataset.lost(&self.files).unwrap_or_else(|| "nothing of it was ever written".to_owned());
            return Err(corrupt(format!("frame {index}: {why}")));
        }
        Ok(bytes)
    }
}

impl Stack for Hdf5Stack {
    fn len(&self) -> usize {
        self.frames
    }

    fn header(&self) -> Header {
        Header { width: self.width as u32, height: self.height as u32, bit_depth: self.pixel.bit_depth() }
    }

    fn has_datasets(&self) -> bool {
        true
    }

    fn sources(&self) -> Vec<PathBuf> {
        self.sources.clone()
    }

    fn remarks(&self) -> Vec<Remark> {
        self.remarks.clone()
    }

    fn monitor(&self) -> Option<BeamMonitor> {
        monitor::find(&self.files, &self.master, self.frames)
    }

    fn read(&mut self, index: usize) -> Result<Decoded, DecodeError> {
        let bytes = self.bytes(index)?;
        let shorter = || truncated("fewer pixels than its shape says");
        frame(self.pixel.decode(&bytes, true), self.pixel, self.height, self.width).ok_or_else(shorter)
    }

    fn copy(&mut self, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
        writing::copy(self, indices, target)
    }
}

/// Other files that the parts take numbers from, each once, in the order they are named.
fn sources_of(files: &Files, parts: &[FramesPart], master: usize) -> Vec<PathBuf> {
    let (mut seen, mut sources) = (HashSet::new(), Vec::new());
    for FramesPart { dataset, .. } in parts {
        if dataset.place.file.number != master {
            sources.push(dataset.place.file.path.clone());
        }
        if seen.insert(dataset.place.key()) {
            dataset.sources(files, &mut seen, &mut sources);
        }
    }
    let mut known = HashSet::new();
    sources.retain(|source| known.insert(fs::canonicalize(source).unwrap_or_else(|_| source.clone())));
    sources
}

fn translate(error: &FormatError) -> DecodeError {
    match error {
        FormatError::UnsupportedFeature(detail) => unsupported(detail.clone()),
        FormatError::BufferTooShort { .. } => truncated("the file ends before its structures do"),
        FormatError::ChecksumMismatch { .. } => corrupt("a checksum does not agree".to_owned()),
        other => corrupt(other.to_string()),
    }
}

fn corrupt(detail: String) -> DecodeError {
    DecodeError::Corrupt { format: "HDF5", detail }
}

fn truncated(detail: &'static str) -> DecodeError {
    DecodeError::Truncated { format: "HDF5", detail }
}

fn unsupported(detail: String) -> DecodeError {
    DecodeError::Unsupported { format: "HDF5", detail }
}

#[cfg(test)]
mod tests;
