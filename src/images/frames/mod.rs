//! Files that hold many frames: HDF5 and `NeXus`, `.npy`, EDF, TIFF of many pages.
//!
//! A frame is addressed as `file.h5#17` and read by itself, so that memory does not depend on how many there are. Counts
//! stay as the detector wrote them. Of unsigned numbers of 16 and 32 bits the largest means "not measured": a gap between
//! modules, a dead or an overflown pixel. A negative count is none either and becomes that largest number.

pub(super) mod cbf;
pub(super) mod counts;
pub(super) mod edf;
mod hdf5;
pub(super) mod npy;
mod open_stacks;
mod series_place;
mod tiff_pages;

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::decode::gzip;
use super::guarded::guarded;
use super::{DecodeError, Decoded, Header};
use crate::data::{FrameAddress, ImageId};

pub use series_place::place_in_series;

/// An open file of frames, all of one size.
pub(super) trait Stack {
    /// How many frames there are; at least one.
    fn len(&self) -> usize;

    /// Size and depth of each frame.
    fn header(&self) -> Header;

    /// Whether a file may hold several data sets, of which one can be named.
    fn has_datasets(&self) -> bool {
        false
    }

    /// Other files that hold frames of this one, such as the targets of external links.
    fn sources(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// What the user should know of how the file was read.
    fn remarks(&self) -> Vec<Remark> {
        Vec::new()
    }

    /// What a monitor saw of the beam, where the file has a number per frame.
    fn monitor(&self) -> Option<BeamMonitor> {
        None
    }

    /// The frame of this number, counted from 0.
    ///
    /// # Errors
    /// When there is no such frame or its bytes are damaged.
    fn read(&mut self, index: usize) -> Result<Decoded, DecodeError>;

    /// Writes the frames of these numbers, at least one, to the new file `target`, in the format of this one.
    ///
    /// # Errors
    /// When a frame cannot be read or the file not written.
    fn copy(&mut self, indices: &[usize], target: &Path) -> Result<(), DecodeError>;
}

/// Something about a file that is no error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Remark {
    /// This data set was taken, and not the others.
    Taken { dataset: String, passed_over: Vec<String> },
    /// A part of the data set has the fill value that its author set.
    Filled { dataset: String, why: String },
    /// So many frames at the end were declared and never written.
    Unwritten { frames: u64, declared: u64 },
    /// The file holds more than what is read, such as a thumbnail.
    InPart(String),
    /// The content is of this format, and the name says another.
    NamedOtherwise(&'static str),
}

/// The beam's intensity beside the frames of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct BeamMonitor {
    /// Where it lies in the file.
    pub path: String,
    /// A finite number per frame, in any unit.
    pub counts: Vec<f64>,
}

/// The formats of files that may hold many frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FrameFormat {
    Hdf5,
    Npy,
    Edf,
    Tiff,
}

/// The bytes of a file: its own, or what gzip packed in it.
pub(super) trait Source: Read + Seek {}

impl<S: Read + Seek> Source for S {}

/// Opens `file`, with its length once it is unpacked.
fn source(file: &Path) -> Result<(Box<dyn Source>, u64), DecodeError> {
    let mut opened = File::open(file)?;
    let mut start = [0; 2];
    let n = opened.read(&mut start)?;
    if gzip::applies(&start[..n]) {
        let unpacked = gzip::unpacked(&super::decode::read(file)?)?.into_owned();
        let length = unpacked.len() as u64;
        return Ok((Box::new(Cursor::new(unpacked)), length));
    }
    opened.rewind()?;
    let length = opened.metadata()?.len();
    Ok((Box::new(BufReader::new(opened)), length))
}

impl FrameFormat {
    /// Every format; the contract test looks for a file of each.
    #[cfg(test)]
    const ALL: [Self; 4] = [Self::Hdf5, Self::Npy, Self::Edf, Self::Tiff];

    /// By the first bytes of a file.
    fn of(start: &[u8]) -> Option<Self> {
        Some(match start {
            [0x89, b'H', b'D', b'F', ..] => Self::Hdf5,
            [0x93, b'N', b'U', b'M', ..] => Self::Npy,
            [b'{', ..] => Self::Edf,
            [b'I', b'I', ..] | [b'M', b'M', ..] => Self::Tiff,
            _ => return None,
        })
    }

    /// `None` for a file that is one image.
    fn open(self, file: &Path, dataset: Option<&str>) -> Result<Option<Box<dyn Stack>>, DecodeError> {
        Ok(match self {
            Self::Hdf5 if FrameAddress::is_packed(file) => {
                return Err(DecodeError::Unsupported {
                    format: "HDF5",
                    detail: "packed by gzip: unpack it first".into(),
                });
            }
            Self::Hdf5 => Some(boxed(hdf5::Hdf5Stack::open(file, dataset)?)),
            Self::Npy => npy::NpyStack::open(source(file)?)?.map(boxed),
            Self::Edf => edf::EdfStack::open(source(file)?)?.map(boxed),
            Self::Tiff => tiff_pages::TiffPages::open(source(file)?)?.map(boxed),
        })
    }
}

/// Opens `file` if it holds frames; `None` for a file that is one image. `dataset` is looked at where a file has several.
///
/// # Errors
/// When it holds frames and cannot be read.
pub(super) fn open(file: &Path, dataset: Option<&str>) -> Result<Option<Box<dyn Stack>>, DecodeError> {
    if !FrameAddress::may_hold_frames(file) || !file.is_file() {
        return Ok(None);
    }
    let mut start = Vec::new();
    source(file)?.0.take(8).read_to_end(&mut start)?;
    // A user block may come before an HDF5 file.
    let behind = || Ok::<_, DecodeError>(hdf5::signature(&mut File::open(file)?)?.map(|_| FrameFormat::Hdf5));
    let Some(format) = FrameFormat::of(&start).map_or_else(behind, |format| Ok(Some(format)))? else { return Ok(None) };
    guarded("stack", || format.open(file, dataset))
}

fn boxed<S: Stack + 'static>(stack: S) -> Box<dyn Stack> {
    Box::new(stack)
}

/// The frame at `address`, through the files this thread has open.
///
/// # Errors
/// As [`Stack::read`], and when the file is not there.
pub(super) fn read(address: &FrameAddress) -> Result<Decoded, DecodeError> {
    open_stacks::with(&address.file, address.dataset.as_deref(), |stack| guarded("stack", || stack.read(address.index)))
}

/// What a monitor saw of the beam while the frames of `file` were taken; `None` where the file does not say.
///
/// # Errors
/// When the file cannot be read.
pub fn beam_monitor(file: &Path, dataset: Option<&str>) -> Result<Option<BeamMonitor>, DecodeError> {
    open_stacks::with(file, dataset, |stack| guarded("stack", || Ok(stack.monitor())))
}

/// Writes frames of `file` to the new file `target`, in the format of `file`: those of these numbers, at least one.
///
/// # Errors
/// When a frame cannot be read or the file not written.
pub fn copy_frames(file: &Path, dataset: Option<&str>, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
    open_stacks::with(file, dataset, |stack| {
        guarded("stack", || {
            if !FrameAddress::is_packed(target) {
                return stack.copy(indices, target);
            }
            let folder = tempfile::tempdir_in(target.parent().unwrap_or(Path::new(".")))?;
            let plain = folder.path().join("frames");
            stack.copy(indices, &plain)?;
            let mut packed = GzEncoder::new(File::create_new(target)?, Compression::default());
            std::io::copy(&mut File::open(&plain)?, &mut packed)?;
            Ok(packed.finish()?.flush()?)
        })
    })
    .map_err(refused)
}

/// The writer of HDF5 tells only in words that the disk refused; it is no fault of the frames.
fn refused(error: DecodeError) -> DecodeError {
    let code = match &error {
        DecodeError::Corrupt { detail, .. } => {
            detail.split("(os error ").nth(1).and_then(|text| text.split(')').next())
        }
        _ => None,
    };
    code.and_then(|code| code.parse().ok()).map_or(error, |code| std::io::Error::from_raw_os_error(code).into())
}

/// Size and depth of the frame at `address`.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn header(address: &FrameAddress) -> Result<Header, DecodeError> {
    open_stacks::with(&address.file, address.dataset.as_deref(), |stack| Ok(stack.header()))
}

/// Hashes the bytes of `file` and of the files it takes frames from, block by block.
pub(super) fn identity(file: &Path, sources: &[PathBuf]) -> Result<ImageId, DecodeError> {
    let mut hasher = ImageId::hasher();
    for file in std::iter::once(file).chain(sources.iter().map(PathBuf::as_path)) {
        hasher.update_reader(BufReader::with_capacity(1 << 20, File::open(file)?))?;
    }
    Ok(ImageId::of_hasher(&hasher))
}

fn no_such_frame(index: usize, frames: usize) -> DecodeError {
    DecodeError::Unsupported { format: "stack", detail: format!("frame {index} asked of {frames}") }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod tests;
