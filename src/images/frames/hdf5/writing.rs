//! A copy of some frames as a file of its own: one data set at the same place, a chunk per frame, shuffled and deflated.
//!
//! Numbers keep their type, byte order and bits.

use std::error::Error;
use std::io;
use std::path::Path;

use rust_hdf5::{DatatypeMessage, H5File, H5Group, H5Type, Hdf5Error};

use super::{Hdf5Stack, corrupt, unsupported};
use crate::images::DecodeError;
use crate::images::frames::counts::PixelType;

/// Little gain beyond, and much time.
const DEFLATE_LEVEL: u32 = 1;

pub(super) fn copy(stack: &mut Hdf5Stack, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
    if target.exists() {
        return Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists).into());
    }
    let file = H5File::create(target).map_err(translate)?;
    let path = stack.path.clone();
    let (groups, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let mut group = file.root_group();
    for part in groups.split('/').filter(|part| !part.is_empty()) {
        group = group.create_group(part).map_err(translate)?;
    }
    match stack.pixel {
        PixelType::U8 => write::<u8>(stack, indices, &group, name)?,
        PixelType::I8 => write::<i8>(stack, indices, &group, name)?,
        PixelType::U16 | PixelType::F16 => write::<u16>(stack, indices, &group, name)?,
        PixelType::I16 => write::<i16>(stack, indices, &group, name)?,
        PixelType::U32 => write::<u32>(stack, indices, &group, name)?,
        PixelType::I32 => write::<i32>(stack, indices, &group, name)?,
        PixelType::U64 => write::<u64>(stack, indices, &group, name)?,
        PixelType::I64 => write::<i64>(stack, indices, &group, name)?,
        PixelType::F32 => write::<f32>(stack, indices, &group, name)?,
        PixelType::F64 => write::<f64>(stack, indices, &group, name)?,
    }
    file.close().map_err(translate)
}

fn write<T: H5Type>(stack: &mut Hdf5Stack, indices: &[usize], group: &H5Group, name: &str) -> Result<(), DecodeError> {
    let (height, width) = (stack.height, stack.width);
    let first = stack.parts.first().ok_or_else(|| corrupt("no frames".to_owned()))?;
    let (datatype, big_endian) = (full_width(&first.dataset.datatype), first.dataset.number.big_endian);
    let size = stack.pixel.size();
    let shape = [indices.len(), height, width];
    let dataset = group.new_dataset::<T>().datatype(datatype).shape(shape).chunk(&[1, height, width]);
    let dataset = dataset.shuffle_deflate(DEFLATE_LEVEL).create(name).map_err(translate)?;
    for (chunk, &index) in indices.iter().enumerate() {
        let mut bytes = stack.bytes(index)?;
        if big_endian {
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        dataset.write_chunk(chunk, &bytes).map_err(translate)?;
    }
    Ok(())
}

/// Integers of fewer bits than their bytes have were widened when they were read.
fn full_width(datatype: &DatatypeMessage) -> DatatypeMessage {
    match *datatype {
        DatatypeMessage::FixedPoint { size, byte_order, signed, .. } => {
            let bit_precision = 8 * size as u16;
            DatatypeMessage::FixedPoint { size, byte_order, signed, bit_offset: 0, bit_precision }
        }
        ref other => other.clone(),
    }
}

/// A full disk is no fault of the numbers.
fn translate(error: Hdf5Error) -> DecodeError {
    let error = match error {
        Hdf5Error::Io(error) => return error.into(),
        Hdf5Error::Unsupported(detail) => return unsupported(detail),
        other => other,
    };
    let mut source: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return io::Error::new(error.kind(), error.to_string()).into();
        }
        source = cause.source();
    }
    corrupt(error.to_string())
}
