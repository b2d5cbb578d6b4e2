//! A copy of some frames as a file of its own: one data set at the same place, a chunk per frame, shuffled and deflated.
//!
//! Counts are written as they were decoded: unsigned, the largest number for what was not measured.

use std::path::Path;

use rust_hdf5::{H5File, H5Group, H5Type};

use super::{Hdf5Stack, translate};
use crate::images::frames::Stack;
use crate::images::{DecodeError, Samples};

/// Little gain beyond, and much time.
const DEFLATE_LEVEL: u32 = 1;

pub(super) fn copy(stack: &mut Hdf5Stack, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
    if target.exists() {
        return Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists).into());
    }
    let file = H5File::create(target).map_err(|error| translate(&error))?;
    let path = stack.path.clone();
    let (groups, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let mut group = file.root_group();
    for part in groups.split('/').filter(|part| !part.is_empty()) {
        group = group.create_group(part).map_err(|error| translate(&error))?;
    }
    let first = stack.read(indices.first().copied().unwrap_or(0))?;
    match first.samples {
        Samples::U8(_) => write::<u8>(stack, indices, &group, name)?,
        Samples::U16(_) => write::<u16>(stack, indices, &group, name)?,
        Samples::U32(_) => write::<u32>(stack, indices, &group, name)?,
        Samples::F32(_) => write::<f32>(stack, indices, &group, name)?,
    }
    file.close().map_err(|error| translate(&error))
}

fn write<T: H5Type>(stack: &mut Hdf5Stack, indices: &[usize], group: &H5Group, name: &str) -> Result<(), DecodeError> {
    let (height, width) = (stack.height, stack.width);
    let shape = [indices.len(), height, width];
    let dataset = group.new_dataset::<T>().shape(shape).chunk(&[1, height, width]).shuffle_deflate(DEFLATE_LEVEL);
    let dataset = dataset.create(name).map_err(|error| translate(&error))?;
    for (chunk, &index) in indices.iter().enumerate() {
        let bytes: Vec<u8> = match stack.read(index)?.samples {
            Samples::U8(counts) => counts,
            Samples::U16(counts) => counts.into_iter().flat_map(u16::to_le_bytes).collect(),
            Samples::U32(counts) => counts.into_iter().flat_map(u32::to_le_bytes).collect(),
            Samples::F32(counts) => counts.into_iter().flat_map(f32::to_le_bytes).collect(),
        };
        dataset.write_chunk(chunk, &bytes).map_err(|error| translate(&error))?;
    }
    Ok(())
}
