//! Numbers as files hold them become counts: unsigned, the largest of 16 and 32 bits meaning "not measured".

use half::f16;

use crate::images::{Decoded, Samples};

/// The type of a pixel in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::images) enum PixelType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

impl PixelType {
    /// Of integers (signed or not) or floats of this many bytes; `None` where there is no such type.
    pub fn of(float: bool, signed: bool, bytes: usize) -> Option<Self> {
        Some(match (float, signed, bytes) {
            (false, false, 1) => Self::U8,
            (false, true, 1) => Self::I8,
            (false, false, 2) => Self::U16,
            (false, true, 2) => Self::I16,
            (false, false, 4) => Self::U32,
            (false, true, 4) => Self::I32,
            (false, false, 8) => Self::U64,
            (false, true, 8) => Self::I64,
            (true, _, 2) => Self::F16,
            (true, _, 4) => Self::F32,
            (true, _, 8) => Self::F64,
            _ => return None,
        })
    }

    /// Bytes per pixel in the file.
    pub fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Bits per pixel after decoding: 8, 16 or 32.
    pub fn bit_depth(self) -> u8 {
        match self {
            Self::U8 => 8,
            Self::I8 | Self::U16 | Self::I16 => 16,
            _ => 32,
        }
    }

    /// Counts from the bytes of whole pixels.
    pub fn decode(self, bytes: &[u8], little_endian: bool) -> Samples {
        macro_rules! numbers {
            ($type:ty) => {
                bytes.as_chunks::<{ size_of::<$type>() }>().0.iter().map(|bytes| {
                    if little_endian { <$type>::from_le_bytes(*bytes) } else { <$type>::from_be_bytes(*bytes) }
                })
            };
        }
        match self {
            Self::U8 => Samples::U8(bytes.to_vec()),
            Self::I8 => of_i16(numbers!(i8).map(i16::from)),
            Self::U16 => Samples::U16(numbers!(u16).collect()),
            Self::I16 => of_i16(numbers!(i16)),
            Self::U32 => Samples::U32(numbers!(u32).collect()),
            Self::I32 => of_i32(numbers!(i32)),
            Self::U64 => of_u64(numbers!(u64)),
            Self::I64 => of_i64(numbers!(i64)),
            Self::F16 => Samples::F32(numbers!(f16).map(f32::from).collect()),
            Self::F32 => Samples::F32(numbers!(f32).collect()),
            Self::F64 => of_f64(numbers!(f64)),
        }
    }
}

/// A frame of `height × width` counts; `None` where they are more or fewer.
pub(in crate::images) fn frame(samples: Samples, height: usize, width: usize) -> Option<Decoded> {
    (samples.len() == height * width).then_some(Decoded { height, width, channels: 1, samples, masked: true })
}

pub(in crate::images) fn of_i16(counts: impl Iterator<Item = i16>) -> Samples {
    Samples::U16(counts.map(|count| u16::try_from(count).unwrap_or(u16::MAX)).collect())
}

pub(in crate::images) fn of_i32(counts: impl Iterator<Item = i32>) -> Samples {
    Samples::U32(counts.map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect())
}

/// No detector counts beyond 32 bits: what does is its mark for "not measured".
pub(in crate::images) fn of_u64(counts: impl Iterator<Item = u64>) -> Samples {
    Samples::U32(counts.map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect())
}

pub(in crate::images) fn of_i64(counts: impl Iterator<Item = i64>) -> Samples {
    Samples::U32(counts.map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect())
}

pub(in crate::images) fn of_f64(counts: impl Iterator<Item = f64>) -> Samples {
    Samples::F32(counts.map(|count| count as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_and_huge_counts_are_not_measured() {
        assert_eq!(PixelType::I16.decode(&[255, 255, 7, 0], true), Samples::U16(vec![u16::MAX, 7]));
        assert_eq!(PixelType::I32.decode(&[0, 0, 1, 0, 255, 255, 255, 254], false), Samples::U32(vec![256, u32::MAX]));
        assert_eq!(PixelType::U64.decode(&u64::MAX.to_le_bytes(), true), Samples::U32(vec![u32::MAX]));
        assert_eq!(PixelType::F64.decode(&(-1.5_f64).to_le_bytes(), true), Samples::F32(vec![-1.5]));
    }
}
