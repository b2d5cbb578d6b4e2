//! The numbers of blocks: undone predictors, byte order and packed bits; each at its place in the picture.

use half::f16;

use super::layout::{Layout, Numbers};
use crate::images::frames::counts::{u16_or_unmeasured, u32_or_unmeasured};
use crate::images::{Mask, Samples};

/// Memory for the numbers of a picture, in the type they will have.
pub(super) fn room(layout: &Layout) -> Samples {
    let n = layout.height * layout.width * layout.samples;
    match (layout.numbers, layout.bits) {
        (Numbers::Unsigned, ..=8) => Samples::U8(vec![0; n]),
        (Numbers::Unsigned, ..=16) => Samples::U16(vec![0; n]),
        (Numbers::Unsigned, ..=32) => Samples::U32(vec![0; n]),
        (Numbers::Signed, ..=16) if layout.mask == Mask::Detector => Samples::U16(vec![0; n]),
        (Numbers::Signed, _) if layout.mask == Mask::Detector => Samples::U32(vec![0; n]),
        _ => Samples::F32(vec![0.0; n]),
    }
}

/// Brings the bytes of a row into this machine's order and undoes the predictor.
pub(super) fn to_native(row: &mut [u8], layout: &Layout, little_endian: bool) {
    let (size, step) = (layout.bits / 8, layout.together());
    if layout.predictor == 3 {
        return floats(row, step, size);
    }
    if layout.bits.is_multiple_of(8) && little_endian != cfg!(target_endian = "little") {
        row.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    if layout.predictor == 2 {
        match size {
            1 => add_up::<1>(row, step, |a, b| [a[0].wrapping_add(b[0])]),
            2 => add_up::<2>(row, step, |a, b| u16::from_ne_bytes(a).wrapping_add(u16::from_ne_bytes(b)).to_ne_bytes()),
            4 => add_up::<4>(row, step, |a, b| u32::from_ne_bytes(a).wrapping_add(u32::from_ne_bytes(b)).to_ne_bytes()),
            _ => add_up::<8>(row, step, |a, b| u64::from_ne_bytes(a).wrapping_add(u64::from_ne_bytes(b)).to_ne_bytes()),
        }
    }
}

/// Each number is the difference to the one of the pixel before.
fn add_up<const N: usize>(row: &mut [u8], step: usize, add: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let (numbers, _) = row.as_chunks_mut::<N>();
    for at in step..numbers.len() {
        numbers[at] = add(numbers[at], numbers[at - step]);
    }
}

/// Predictor 3: differences of bytes, the highest bytes of a row first.
fn floats(row: &mut [u8], step: usize, size: usize) {
    for at in step..row.len() {
        row[at] = row[at].wrapping_add(row[at - step]);
    }
    let planes = row.to_vec();
    let n = row.len() / size;
    for (at, number) in row.chunks_exact_mut(size).enumerate() {
        for (byte, out) in number.iter_mut().enumerate() {
            *out = planes[byte * n + at];
        }
        if cfg!(target_endian = "little") {
            number.reverse();
        }
    }
}

/// Puts `n` numbers of a row into the picture: the first at `start`, the others `step` apart.
pub(super) fn place(row: &[u8], layout: &Layout, n: usize, into: &mut Samples, start: usize, step: usize) {
    macro_rules! native {
        ($type:ty) => {
            row.as_chunks::<{ size_of::<$type>() }>().0.iter().map(|bytes| <$type>::from_ne_bytes(*bytes))
        };
    }
    fn put<T: Copy>(into: &mut [T], numbers: impl Iterator<Item = T>, n: usize, start: usize, step: usize) {
        into[start..].iter_mut().step_by(step).zip(numbers.take(n)).for_each(|(place, number)| *place = number);
    }
    let bits = layout.bits;
    match into {
        Samples::U8(into) if bits == 8 => put(into, row.iter().copied(), n, start, step),
        Samples::U8(into) => put(into, packed(row, bits).map(|number| number as u8), n, start, step),
        Samples::U16(into) => match (layout.numbers, bits) {
            (Numbers::Signed, 8) => put(into, native!(i8).map(u16_or_unmeasured), n, start, step),
            (Numbers::Signed, _) => put(into, native!(i16).map(u16_or_unmeasured), n, start, step),
            (_, 16) => put(into, native!(u16), n, start, step),
            _ => put(into, packed(row, bits).map(|number| number as u16), n, start, step),
        },
        Samples::U32(into) => match (layout.numbers, bits) {
            (Numbers::Signed, 32) => put(into, native!(i32).map(u32_or_unmeasured), n, start, step),
            (Numbers::Signed, _) => put(into, native!(i64).map(u32_or_unmeasured), n, start, step),
            (_, 32) => put(into, native!(u32), n, start, step),
            _ => put(into, packed(row, bits), n, start, step),
        },
        Samples::F32(into) => match (layout.numbers, bits) {
            (Numbers::Float, 16) => put(into, native!(u16).map(|bits| f16::from_bits(bits).to_f32()), n, start, step),
            (Numbers::Float, 32) => put(into, native!(f32), n, start, step),
            (Numbers::Float, _) => put(into, native!(f64).map(|number| number as f32), n, start, step),
            (Numbers::Signed, 8) => put(into, native!(i8).map(f32::from), n, start, step),
            (Numbers::Signed, 16) => put(into, native!(i16).map(f32::from), n, start, step),
            (Numbers::Signed, 32) => put(into, native!(i32).map(|number| number as f32), n, start, step),
            (Numbers::Signed, _) => put(into, native!(i64).map(|number| number as f32), n, start, step),
            (Numbers::Unsigned, _) => put(into, native!(u64).map(|number| number as f32), n, start, step),
        },
    }
}

/// Numbers of `bits` bits each, the highest bit first, without gaps.
fn packed(row: &[u8], bits: usize) -> impl Iterator<Item = u32> {
    (0..row.len() * 8 / bits).map(move |at| {
        let first = at * bits;
        let bytes = row[first / 8..(first + bits).div_ceil(8)].iter();
        let joined = bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let after = (8 - (first + bits) % 8) % 8;
        ((joined >> after) & ((1 << bits) - 1)) as u32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_lie_without_gaps() {
        assert_eq!(packed(&[0x12, 0x34, 0x56], 12).collect::<Vec<_>>(), [0x123, 0x456]);
        assert_eq!(packed(&[0b1010_0111], 1).collect::<Vec<_>>(), [1, 0, 1, 0, 0, 1, 1, 1]);
        assert_eq!(packed(&[0xFF, 0xC0, 0x10], 10).collect::<Vec<_>>(), [0x3FF, 1]);
    }
}
