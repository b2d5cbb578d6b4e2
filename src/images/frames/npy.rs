//! `.npy`: an array of numpy, `[frames, height, width]`, or `[height, width]` for a single image.
//!
//! Reference: numpy enhancement proposal 1 (format versions 1.0 to 3.0).

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::counts::{PixelType, frame};
use super::{Header, Stack};
use crate::images::{DecodeError, Decoded, Limits};

/// An open array of three dimensions.
pub(super) struct NpyStack {
    file: File,
    array: Array,
}

/// The header of an array.
#[derive(Debug, Clone, PartialEq)]
struct Array {
    kind: PixelType,
    little_endian: bool,
    shape: Vec<usize>,
    /// The type as numpy writes it, such as `<u2`.
    descr: String,
    /// Where the numbers start.
    start: u64,
}

impl NpyStack {
    /// `None` for an array of two dimensions: that is one image.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, DecodeError> {
        let mut file = File::open(path)?;
        let array = Array::read(&mut file)?;
        array.check(file.metadata()?.len())?;
        Ok((array.shape.len() == 3).then_some(Self { file, array }))
    }
}

impl Stack for NpyStack {
    fn len(&self) -> usize {
        self.array.shape[0]
    }

    fn header(&self) -> Header {
        self.array.header()
    }

    fn read(&mut self, index: usize) -> Result<Decoded, DecodeError> {
        let bytes = self.bytes(index)?;
        self.array.decode(&bytes)
    }

    fn copy(&mut self, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
        let mut out = BufWriter::new(File::create_new(target)?);
        out.write_all(&self.array.head(indices.len()))?;
        for &index in indices {
            out.write_all(&self.bytes(index)?)?;
        }
        Ok(out.flush()?)
    }
}

impl NpyStack {
    /// A frame as it lies in the file.
    fn bytes(&mut self, index: usize) -> Result<Vec<u8>, DecodeError> {
        if index >= self.len() {
            return Err(super::no_such_frame(index, self.len()));
        }
        let mut bytes = vec![0; self.array.frame_bytes()];
        self.file.seek(SeekFrom::Start(self.array.start + (index * bytes.len()) as u64))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// The image in the bytes of a whole file of two dimensions.
pub(in crate::images) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let array = single(bytes)?;
    array.decode(&bytes[array.start as usize..][..array.frame_bytes()])
}

/// Size and depth of the image in the bytes of a whole file of two dimensions.
pub(in crate::images) fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    single(bytes).map(|array| array.header())
}

fn single(bytes: &[u8]) -> Result<Array, DecodeError> {
    let array = Array::read(&mut &*bytes)?;
    array.check(bytes.len() as u64)?;
    Ok(array)
}

impl Array {
    fn read(from: &mut impl Read) -> Result<Self, DecodeError> {
        let mut start = [0; 8];
        from.read_exact(&mut start).map_err(|_| truncated())?;
        let mut size = vec![0; if start[6] == 1 { 2 } else { 4 }];
        from.read_exact(&mut size).map_err(|_| truncated())?;
        let length = size.iter().rev().fold(0_usize, |sum, &digit| sum << 8 | usize::from(digit));
        if length > 1 << 16 {
            return Err(corrupt("a header of more than 64 kB"));
        }
        let mut text = vec![0; length];
        from.read_exact(&mut text).map_err(|_| truncated())?;
        let text = String::from_utf8_lossy(&text);
        let value = |key: &str| {
            let at = text.find(key)? + key.len();
            Some(text[at..].trim_start_matches(['\'', '"', ':', ' ']))
        };
        let descr = value("descr").ok_or_else(|| corrupt("no `descr` in its header"))?;
        let descr: String = descr.chars().take_while(|c| !matches!(c, '\'' | '"')).collect();
        let unsupported = || DecodeError::Unsupported { format: "npy", detail: format!("numbers of type `{descr}`") };
        let (order, kind) = descr.split_at_checked(1).ok_or_else(unsupported)?;
        let (class, bytes) = kind.split_at_checked(1).ok_or_else(unsupported)?;
        let bytes = bytes.parse().map_err(|_| unsupported())?;
        let kind = match class {
            "u" | "i" | "f" => PixelType::of(class == "f", class == "i", bytes).ok_or_else(unsupported)?,
            _ => return Err(unsupported()),
        };
        if value("fortran_order").is_some_and(|value| value.starts_with("True")) {
            let detail = "columns first (Fortran order): save `np.ascontiguousarray` of it".to_owned();
            return Err(DecodeError::Unsupported { format: "npy", detail });
        }
        let shape = value("shape").and_then(|value| value.strip_prefix('(')?.split_once(')'));
        let (shape, _) = shape.ok_or_else(|| corrupt("no `shape` in its header"))?;
        let shape = shape.split(',').map(str::trim).filter(|size| !size.is_empty()).map(str::parse);
        let shape: Vec<usize> = shape.collect::<Result<_, _>>().map_err(|_| corrupt("its `shape` is none"))?;
        let start = (8 + size.len() + length) as u64;
        let little_endian = order != ">";
        Ok(Self { kind, little_endian, shape, descr, start })
    }

    /// Whether these are frames, and all there in a file of `length` bytes.
    fn check(&self, length: u64) -> Result<(), DecodeError> {
        if !matches!(self.shape.len(), 2 | 3) || self.shape.contains(&0) {
            let detail = format!("an array of shape {:?}: expected [frames, height, width]", self.shape);
            return Err(DecodeError::Unsupported { format: "npy", detail });
        }
        let numbers = self.shape.iter().try_fold(self.kind.size(), |product, &size| product.checked_mul(size));
        let end = numbers.and_then(|bytes| self.start.checked_add(bytes as u64));
        if end.is_none_or(|end| end > length) {
            return Err(truncated());
        }
        let (height, width) = self.size();
        Limits::current().check(width as u64, height as u64, self.kind.size() as u64)?;
        Limits::current().check_frames(if self.shape.len() == 3 { self.shape[0] as u64 } else { 1 })
    }

    /// Everything before the numbers of an array of `frames` such frames, of format version 1.0.
    fn head(&self, frames: usize) -> Vec<u8> {
        let (height, width) = self.size();
        let descr = &self.descr;
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({frames}, {height}, {width}), }}");
        // The numbers start at a multiple of 64.
        let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
        let mut head = b"\x93NUMPY\x01\0".to_vec();
        head.extend((length as u16).to_le_bytes());
        head.extend(format!("{text:<width$}\n", width = length - 1).into_bytes());
        head
    }

    fn size(&self) -> (usize, usize) {
        let n = self.shape.len();
        (self.shape[n - 2], self.shape[n - 1])
    }

    fn frame_bytes(&self) -> usize {
        let (height, width) = self.size();
        height * width * self.kind.size()
    }

    fn header(&self) -> Header {
        let (height, width) = self.size();
        Header { width: width as u32, height: height as u32, bit_depth: self.kind.bit_depth() }
    }

    fn decode(&self, bytes: &[u8]) -> Result<Decoded, DecodeError> {
        let (height, width) = self.size();
        frame(self.kind.decode(bytes, self.little_endian), height, width).ok_or_else(truncated)
    }
}

fn truncated() -> DecodeError {
    DecodeError::Truncated { format: "npy", detail: "fewer numbers than its header says" }
}

fn corrupt(detail: &str) -> DecodeError {
    DecodeError::Corrupt { format: "npy", detail: detail.to_owned() }
}
