//! Numbers as HDF5 stores them, and their conversion as the library converts.
//!
//! Integers of reduced precision, either byte order; floats of IEEE 754. Into a narrower type, values beyond its range
//! become its least or largest; floats lose their fraction, and what is no number becomes 0. Between integers of equal size
//! and different byte order the library turns bytes round and looks at nothing else: −1 becomes the largest number.

use half::f16;
use rust_hdf5::{ByteOrder, DatatypeMessage};

use crate::images::frames::counts::PixelType;

/// The type that numbers are converted to: written little-endian, but as if into this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub pixel: PixelType,
    pub big_endian: bool,
}

/// A type of numbers in a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NumberType {
    /// Without byte order.
    pub pixel: PixelType,
    pub big_endian: bool,
    /// Of integers: where their bits start, and how many there are.
    bits: Option<(u32, u32)>,
}

impl NumberType {
    /// # Errors
    /// The name of the type, where it holds no numbers that we read.
    pub fn of(datatype: &DatatypeMessage) -> Result<Self, String> {
        match *datatype {
            DatatypeMessage::FixedPoint { size, byte_order, signed, bit_offset, bit_precision } => {
                let pixel = PixelType::of(false, signed, size as usize);
                let pixel = pixel.ok_or_else(|| format!("integers of {size} bytes"))?;
                let (offset, precision) = (u32::from(bit_offset), u32::from(bit_precision));
                if precision == 0 || offset + precision > 8 * size {
                    return Err(format!("integers of {precision} bits from bit {offset} on"));
                }
                let bits = (precision < 8 * size).then_some((offset, precision));
                Ok(Self { pixel, big_endian: byte_order == ByteOrder::BigEndian, bits })
            }
            DatatypeMessage::FloatingPoint {
                size,
                byte_order,
                sign_location,
                bit_offset,
                bit_precision,
                exponent_location,
                exponent_size,
                mantissa_location,
                mantissa_size,
                exponent_bias,
            } => {
                let layout = (
                    sign_location,
                    bit_offset,
                    bit_precision,
                    exponent_location,
                    exponent_size,
                    mantissa_location,
                    mantissa_size,
                    exponent_bias,
                );
                let ieee = match size {
                    2 => layout == (15, 0, 16, 10, 5, 0, 10, 15),
                    4 => layout == (31, 0, 32, 23, 8, 0, 23, 127),
                    8 => layout == (63, 0, 64, 52, 11, 0, 52, 1023),
                    _ => false,
                };
                let pixel = PixelType::of(true, true, size as usize).filter(|_| ieee);
                let pixel = pixel.ok_or_else(|| format!("floats of {size} bytes that are not IEEE 754"))?;
                Ok(Self { pixel, big_endian: byte_order == ByteOrder::BigEndian, bits: None })
            }
            DatatypeMessage::BitField { .. } => Err("bit fields".to_owned()),
            DatatypeMessage::Opaque { .. } => Err("opaque bytes".to_owned()),
            DatatypeMessage::FixedString { .. } | DatatypeMessage::VarLenString { .. } => Err("text".to_owned()),
            DatatypeMessage::Compound { .. } => Err("compounds".to_owned()),
            DatatypeMessage::Enum { ref members, .. } => {
                let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
                let truth = names == ["FALSE", "TRUE"];
                Err(if truth { "true and false" } else { "an enumeration" }.to_owned())
            }
            DatatypeMessage::VarLenSequence { .. } => Err("sequences of any length".to_owned()),
            DatatypeMessage::Array { .. } => Err("arrays".to_owned()),
            DatatypeMessage::Reference { .. } => Err("references".to_owned()),
        }
    }

    /// Bytes per number.
    pub fn size(&self) -> usize {
        self.pixel.size()
    }

    /// Whether stored bytes are those of `pixel`, little-endian.
    pub fn is_plain(&self, pixel: PixelType) -> bool {
        self.pixel == pixel && self.bits.is_none() && (!self.big_endian || self.size() == 1)
    }

    /// This type, asked for as it is.
    pub fn asked(&self) -> Asked {
        Asked { pixel: self.pixel, big_endian: self.big_endian }
    }

    /// Writes the numbers in `stored` into `out`, as little-endian numbers of type `to`; as many as `out` has room for.
    pub fn convert(&self, stored: &[u8], asked: Asked, out: &mut [u8]) {
        let to = asked.pixel;
        if self.is_plain(to) {
            let length = out.len();
            out.copy_from_slice(&stored[..length]);
            return;
        }
        let size = self.size();
        let turned = size == to.size() && self.big_endian != asked.big_endian;
        let as_it_is = self.bits.is_none() && (self.pixel == to || turned && !self.is_float() && !is_float(to));
        let mut little = [0; 8];
        for (stored, out) in stored.chunks_exact(size).zip(out.chunks_exact_mut(to.size())) {
            little[..size].copy_from_slice(stored);
            if self.big_endian {
                little[..size].reverse();
            }
            if as_it_is {
                out.copy_from_slice(&little[..size]);
            } else {
                self.number(&little[..size]).write(to, out);
            }
        }
    }

    fn is_float(&self) -> bool {
        is_float(self.pixel)
    }

    fn number(&self, little: &[u8]) -> Number {
        let raw = little.iter().rev().fold(0_u64, |sum, &digit| sum << 8 | u64::from(digit));
        match self.pixel {
            PixelType::F16 => Number::Float(f64::from(f16::from_bits(raw as u16))),
            PixelType::F32 => Number::Float(f64::from(f32::from_bits(raw as u32))),
            PixelType::F64 => Number::Float(f64::from_bits(raw)),
            PixelType::U8 | PixelType::U16 | PixelType::U32 | PixelType::U64 => {
                let (offset, precision) = self.bits.unwrap_or((0, 8 * little.len() as u32));
                Number::Integer(i128::from(raw >> offset & u64::MAX >> (64 - precision)))
            }
            PixelType::I8 | PixelType::I16 | PixelType::I32 | PixelType::I64 => {
                let (offset, precision) = self.bits.unwrap_or((0, 8 * little.len() as u32));
                let top = (raw >> offset) << (64 - precision);
                Number::Integer(i128::from(top.cast_signed() >> (64 - precision)))
            }
        }
    }
}

fn is_float(pixel: PixelType) -> bool {
    matches!(pixel, PixelType::F16 | PixelType::F32 | PixelType::F64)
}

enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    fn write(&self, to: PixelType, out: &mut [u8]) {
        // A cast keeps within the range of the type, and makes 0 of what is no number.
        macro_rules! integer {
            ($type:ty) => {
                out.copy_from_slice(
                    &match *self {
                        Self::Integer(value) => value.clamp(<$type>::MIN.into(), <$type>::MAX.into()) as $type,
                        Self::Float(value) => value as $type,
                    }
                    .to_le_bytes(),
                )
            };
        }
        match to {
            PixelType::U8 => integer!(u8),
            PixelType::I8 => integer!(i8),
            PixelType::U16 => integer!(u16),
            PixelType::I16 => integer!(i16),
            PixelType::U32 => integer!(u32),
            PixelType::I32 => integer!(i32),
            PixelType::U64 => integer!(u64),
            PixelType::I64 => integer!(i64),
            PixelType::F16 => out.copy_from_slice(&f16::from_f64(self.float()).to_le_bytes()),
            PixelType::F32 => out.copy_from_slice(&self.single().to_le_bytes()),
            PixelType::F64 => out.copy_from_slice(&self.float().to_le_bytes()),
        }
    }

    fn float(&self) -> f64 {
        match *self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// Integers are rounded once.
    fn single(&self) -> f32 {
        match *self {
            Self::Integer(value) => value as f32,
            Self::Float(value) => value as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integers(size: u32, signed: bool, big: bool, bit_offset: u16, bit_precision: u16) -> NumberType {
        let byte_order = if big { ByteOrder::BigEndian } else { ByteOrder::LittleEndian };
        NumberType::of(&DatatypeMessage::FixedPoint { size, byte_order, signed, bit_offset, bit_precision }).unwrap()
    }

    const fn little(pixel: PixelType) -> Asked {
        Asked { pixel, big_endian: false }
    }

    #[test]
    fn values_beyond_a_type_become_its_least_or_largest() {
        let from = integers(4, true, true, 0, 32);
        let stored: Vec<u8> = [-70_000_i32, -1, 65_536, 7].into_iter().flat_map(i32::to_be_bytes).collect();
        let mut out = [0; 8];
        from.convert(&stored, little(PixelType::U16), &mut out);
        assert_eq!(out, [0, 0, 0, 0, 255, 255, 7, 0]);
        from.convert(&stored, little(PixelType::I16), &mut out);
        assert_eq!(out, [0x00, 0x80, 255, 255, 0xFF, 0x7F, 7, 0]);
        let mut out = [0; 4];
        from.convert(&(-1_i32).to_be_bytes(), little(PixelType::U32), &mut out);
        assert_eq!(out, [255; 4], "of one size, only the order changes");
        integers(4, true, false, 0, 32).convert(&(-1_i32).to_le_bytes(), little(PixelType::U32), &mut out);
        assert_eq!(out, [0; 4]);
    }

    #[test]
    fn bits_of_reduced_precision_are_taken_out() {
        let mut out = [0; 2];
        integers(2, false, false, 4, 12).convert(&0xABCF_u16.to_le_bytes(), little(PixelType::U16), &mut out);
        assert_eq!(u16::from_le_bytes(out), 0xABC);
        integers(2, true, true, 0, 12).convert(&0x0FFF_u16.to_be_bytes(), little(PixelType::I16), &mut out);
        assert_eq!(i16::from_le_bytes(out), -1);
    }
}
