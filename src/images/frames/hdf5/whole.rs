//! Completeness of an HDF5 file: its superblock says where it ends.
//!
//! Reference: HDF5 file format specification 3.0, section II.A. The HDF5 library refuses such files likewise; without
//! this, chunks whose index was cut off would read as zeros.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::images::DecodeError;

/// # Errors
/// [`DecodeError::Truncated`] when the file is shorter than it says.
pub(super) fn check(path: &Path) -> Result<(), DecodeError> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut start = Vec::new();
    file.by_ref().take(64).read_to_end(&mut start)?;
    match end_of(&start) {
        Some(end) if end <= length => Ok(()),
        _ => Err(DecodeError::Truncated { format: "HDF5", detail: "shorter than its superblock says" }),
    }
}

/// The end-of-file address in the first bytes of a file.
fn end_of(start: &[u8]) -> Option<u64> {
    // Addresses come as base, then free space (versions 0, 1) or extension (2, 3), then end of file.
    let (first, width) = match start.get(8)? {
        0 => (24, start.get(13)?),
        1 => (28, start.get(13)?),
        2 | 3 => (12, start.get(9)?),
        _ => return None,
    };
    let width = usize::from(*width);
    let address = start.get(first + 2 * width..first + 3 * width)?;
    (width <= 8).then(|| address.iter().rev().fold(0, |sum, &digit| sum << 8 | u64::from(digit)))
}
