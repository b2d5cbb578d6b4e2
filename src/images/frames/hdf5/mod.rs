//! HDF5 and `NeXus`: one data set of shape `[frames, height, width]`, or the parts of one, as an Eiger's master links
//! them.
//!
//! Contiguous or in chunks, through gzip, shuffle, LZ4, bitshuffle and LZF; external and soft links are followed,
//! virtual data sets assembled.

mod finding;
mod whole;
mod writing;

use std::path::{Path, PathBuf};

use rust_hdf5::{DatatypeMessage, Filter, H5Dataset, H5File, Hdf5Error, StorageLayout};

use super::counts::{self, PixelType, frame, part};
use super::{Header, Stack};
use crate::images::{DecodeError, Decoded, Samples};

/// Frames that lie in one chunk are decoded together and kept, up to so many bytes.
const MOST_KEPT: usize = 256 << 20;

/// Filters that can be undone: deflate, shuffle, Fletcher32, scale-offset, n-bit, LZF, LZ4 and bitshuffle.
const FILTERS: [u16; 8] = [1, 2, 3, 5, 6, 32000, 32004, BITSHUFFLE];

const BITSHUFFLE: u16 = 32008;
/// The fifth parameter of bitshuffle where zstd follows it.
const BITSHUFFLE_ZSTD: u32 = 3;

/// Registered filters that people meet, by number.
const OTHER_FILTERS: [(u16, &str); 6] =
    [(4, "szip"), (307, "bzip2"), (32001, "blosc"), (32013, "zfp"), (32015, "zstd"), (32026, "blosc2")];

/// An open file.
pub(super) struct Hdf5Stack {
    /// The data set, or its parts one after the other.
    parts: Vec<FramesPart>,
    kind: PixelType,
    height: usize,
    width: usize,
    frames: usize,
    /// Where the data set lies, or the first of its parts.
    path: String,
    sources: Vec<PathBuf>,
    /// The last chunk of several frames.
    kept: Option<CachedFrames>,
}

/// A data set of frames.
struct FramesPart {
    dataset: H5Dataset,
    /// The number of its first frame.
    first: usize,
    frames: usize,
    /// Frames that lie in one chunk.
    together: usize,
}

struct CachedFrames {
    first: usize,
    frames: usize,
    samples: Samples,
}

impl Hdf5Stack {
    /// Opens `path` at `dataset`, or at the data set of most frames.
    pub(super) fn open(path: &Path, dataset: Option<&str>) -> Result<Self, DecodeError> {
        whole::check(path)?;
        let file = H5File::options().no_locking().open(path).map_err(|error| translate(&error))?;
        let found = finding::find(&file, path, dataset)?;
        let mut stack = Self {
            parts: Vec::new(),
            kind: found.kind,
            height: found.height,
            width: found.width,
            frames: 0,
            path: found.path,
            sources: found.sources,
            kept: None,
        };
        for dataset in found.datasets {
            refuse_filters(&dataset)?;
            let frames = if dataset.ndims() == 2 { 1 } else { dataset.shape()[0] };
            let bytes = stack.height * stack.width * stack.kind.size();
            let together = match dataset.chunk_dims().as_deref() {
                Some([together, _, _]) if together * bytes <= MOST_KEPT => *together,
                _ => 1,
            };
            stack.parts.push(FramesPart { dataset, first: stack.frames, frames, together: together.max(1) });
            stack.frames += frames;
        }
        Ok(stack)
    }

    fn samples(&self, part: &FramesPart, first: usize, frames: usize) -> Result<Samples, DecodeError> {
        let dataset = &part.dataset;
        let (starts, counts) = match dataset.ndims() {
            2 => (vec![0, 0], vec![self.height, self.width]),
            _ => (vec![first, 0, 0], vec![frames, self.height, self.width]),
        };
        macro_rules! read {
            ($type:ty) => {
                dataset.read_slice::<$type>(&starts, &counts).map_err(|error| translate(&error))?
            };
        }
        Ok(match self.kind {
            PixelType::U8 => Samples::U8(read!(u8)),
            PixelType::I8 => counts::of_i16(read!(i8).into_iter().map(i16::from)),
            PixelType::U16 => Samples::U16(read!(u16)),
            PixelType::I16 => counts::of_i16(read!(i16).into_iter()),
            PixelType::U32 => Samples::U32(read!(u32)),
            PixelType::I32 => counts::of_i32(read!(i32).into_iter()),
            PixelType::U64 => counts::of_u64(read!(u64).into_iter()),
            PixelType::I64 => counts::of_i64(read!(i64).into_iter()),
            PixelType::F16 => {
                return Err(DecodeError::Unsupported { format: "HDF5", detail: "floats of 16 bits".to_owned() });
            }
            PixelType::F32 => Samples::F32(read!(f32)),
            PixelType::F64 => counts::of_f64(read!(f64).into_iter()),
        })
    }
}

impl Stack for Hdf5Stack {
    fn len(&self) -> usize {
        self.frames
    }

    fn header(&self) -> Header {
        Header { width: self.width as u32, height: self.height as u32, bit_depth: self.kind.bit_depth() }
    }

    fn has_datasets(&self) -> bool {
        true
    }

    fn sources(&self) -> Vec<PathBuf> {
        self.sources.clone()
    }

    fn read(&mut self, index: usize) -> Result<Decoded, DecodeError> {
        let at = self.parts.partition_point(|part| part.first + part.frames <= index);
        let chosen = self.parts.get(at).ok_or_else(|| super::no_such_frame(index, self.frames))?;
        let pixels = self.height * self.width;
        let shorter = || DecodeError::Truncated { format: "HDF5", detail: "fewer pixels than its shape says" };
        if chosen.together == 1 {
            let samples = self.samples(chosen, index - chosen.first, 1)?;
            return frame(samples, self.height, self.width).ok_or_else(shorter);
        }
        if !self.kept.as_ref().is_some_and(|kept| (kept.first..kept.first + kept.frames).contains(&index)) {
            let first = (index - chosen.first) / chosen.together * chosen.together;
            let frames = chosen.together.min(chosen.frames - first);
            let samples = self.samples(chosen, first, frames)?;
            self.kept = Some(CachedFrames { first: chosen.first + first, frames, samples });
        }
        let kept = self.kept.as_ref().ok_or_else(shorter)?;
        let start = (index - kept.first) * pixels;
        let samples = part(&kept.samples, start..start + pixels).ok_or_else(shorter)?;
        frame(samples, self.height, self.width).ok_or_else(shorter)
    }

    fn copy(&mut self, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
        writing::copy(self, indices, target)
    }
}

/// The pixels' type; `None` where they are no numbers.
fn kind_of(datatype: &DatatypeMessage) -> Option<PixelType> {
    match datatype {
        DatatypeMessage::FixedPoint { size, signed, .. } => PixelType::of(false, *signed, *size as usize),
        DatatypeMessage::FloatingPoint { size, .. } => PixelType::of(true, true, *size as usize),
        _ => None,
    }
}

/// Names a filter that cannot be undone before the first frame is asked for.
fn refuse_filters(dataset: &H5Dataset) -> Result<(), DecodeError> {
    if !matches!(dataset.storage_layout(), Ok(StorageLayout::Chunked)) {
        return Ok(());
    }
    let filters = dataset.filters().map_err(|error| translate(&error))?;
    let with_zstd = |filter: &Filter| filter.id == BITSHUFFLE && filter.cd_values.get(4) == Some(&BITSHUFFLE_ZSTD);
    let Some(other) = filters.iter().find(|filter| !FILTERS.contains(&filter.id) || with_zstd(filter)) else {
        return Ok(());
    };
    let known = OTHER_FILTERS.iter().find(|(id, _)| *id == other.id);
    let name =
        if with_zstd(other) { "bitshuffle and zstd" } else { known.map_or("an unknown filter", |(_, name)| name) };
    let detail =
        format!("compressed by {name} (filter {}); gzip, LZ4, LZF and bitshuffle with LZ4 can be read", other.id);
    Err(DecodeError::Unsupported { format: "HDF5", detail })
}

fn translate(error: &Hdf5Error) -> DecodeError {
    match error {
        Hdf5Error::Unsupported(detail) => DecodeError::Unsupported { format: "HDF5", detail: detail.clone() },
        other => DecodeError::Corrupt { format: "HDF5", detail: other.to_string() },
    }
}
