//! `.npy`: an array of numpy, `[frames, height, width]`, or `[height, width]` for a single image, in C or Fortran order. With
//! a last dimension of 3 it holds colours: `[height, width, 3]` or `[frames, height, width, 3]`.
//!
//! Reference: numpy enhancement proposal 1 (format versions 1.0 to 3.0).

use std::fs::File;
use std::io::{BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::counts::PixelType;
use super::{Header, Source, Stack};
use crate::images::{DecodeError, Decoded, Limits, Mask, Samples};

/// An open array of several frames.
pub(super) struct NpyStack {
    file: Box<dyn Source>,
    array: Array,
}

/// The header of an array.
#[derive(Debug, Clone, PartialEq)]
struct Array {
    kind: PixelType,
    little_endian: bool,
    /// Whether the numbers are the truth of something, 0 or 1.
    boolean: bool,
    /// Whether the first dimension changes fastest.
    fortran: bool,
    shape: Vec<usize>,
    /// The type as numpy writes it, such as `<u2`.
    descr: String,
    /// Where the numbers start.
    start: u64,
}

impl NpyStack {
    /// `None` for an array that is one image.
    pub(super) fn open((mut file, length): (Box<dyn Source>, u64)) -> Result<Option<Self>, DecodeError> {
        let array = Array::read(&mut file)?;
        array.check(length)?;
        Ok(array.frames().is_some().then_some(Self { file, array }))
    }
}

impl Stack for NpyStack {
    fn len(&self) -> usize {
        self.array.frames().unwrap_or(1)
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
        self.array.frame(&mut self.file, index)
    }
}

/// The image in the bytes of a whole file of two dimensions.
pub(in crate::images) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let array = single(bytes)?;
    if array.fortran {
        return array.decode(&array.frame(&mut Cursor::new(bytes), 0)?);
    }
    array.decode(
        bytes
            .get(array.start as usize..)
            .and_then(|numbers| numbers.get(..array.frame_bytes()))
            .ok_or_else(truncated)?,
    )
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
        if descr.starts_with('[') {
            let detail = "records of several fields: save one of them".to_owned();
            return Err(DecodeError::Unsupported { format: "npy", detail });
        }
        let descr: String = descr.chars().take_while(|c| !matches!(c, '\'' | '"')).collect();
        let unsupported = || DecodeError::Unsupported { format: "npy", detail: format!("numbers of type `{descr}`") };
        let (order, kind) = descr.split_at_checked(1).ok_or_else(unsupported)?;
        let (class, bytes) = kind.split_at_checked(1).ok_or_else(unsupported)?;
        let bytes = bytes.parse().map_err(|_| unsupported())?;
        let kind = match class {
            "u" | "i" | "f" => PixelType::of(class == "f", class == "i", bytes).ok_or_else(unsupported)?,
            "b" if bytes == 1 => PixelType::U8,
            _ => return Err(unsupported()),
        };
        let boolean = class == "b";
        let fortran = value("fortran_order").is_some_and(|value| value.starts_with("True"));
        let shape = value("shape").and_then(|value| value.strip_prefix('(')?.split_once(')'));
        let (shape, _) = shape.ok_or_else(|| corrupt("no `shape` in its header"))?;
        let shape = shape.split(',').map(str::trim).filter(|size| !size.is_empty()).map(str::parse);
        let shape: Vec<usize> = shape.collect::<Result<_, _>>().map_err(|_| corrupt("its `shape` is none"))?;
        let start = (8 + size.len() + length) as u64;
        let little_endian = order != ">";
        Ok(Self { kind, little_endian, boolean, fortran, shape, descr, start })
    }

    /// Whether these are pictures, and all there in a file of `length` bytes.
    fn check(&self, length: u64) -> Result<(), DecodeError> {
        let pictures = matches!((self.shape.len(), self.channels()), (2 | 3, _) | (4, 3));
        if !pictures || self.shape.contains(&0) {
            let detail = format!("an array of shape {:?}: expected [frames, height, width]", self.shape);
            return Err(DecodeError::Unsupported { format: "npy", detail });
        }
        let numbers = self.shape.iter().try_fold(self.kind.size(), |product, &size| product.checked_mul(size));
        let end = numbers.and_then(|bytes| self.start.checked_add(bytes as u64));
        if end.is_none_or(|end| end > length) {
            return Err(truncated());
        }
        let (height, width) = self.size();
        let pixel = self.kind.size() * self.channels();
        Limits::current().check(width as u64, height as u64, pixel as u64)?;
        Limits::current().check_frames(self.frames().unwrap_or(1) as u64)
    }

    /// 3 where the last dimension is of colours. A frame of three columns would be taken for them: nobody has such.
    fn channels(&self) -> usize {
        if self.shape.len() > 2 && self.shape.last() == Some(&3) { 3 } else { 1 }
    }

    /// How many frames there are; `None` where the array is one picture.
    fn frames(&self) -> Option<usize> {
        let of_one = if self.channels() == 3 { 3 } else { 2 };
        (self.shape.len() > of_one).then(|| self.shape[0])
    }

    /// Everything before the numbers of an array of `frames` such frames, of format version 1.0.
    fn head(&self, frames: usize) -> Vec<u8> {
        let (height, width) = self.size();
        let descr = &self.descr;
        let colours = if self.channels() == 3 { ", 3" } else { "" };
        let shape = format!("({frames}, {height}, {width}{colours})");
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        // The numbers start at a multiple of 64.
        let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
        let mut head = b"\x93NUMPY\x01\0".to_vec();
        head.extend((length as u16).to_le_bytes());
        head.extend(format!("{text:<width$}\n", width = length - 1).into_bytes());
        head
    }

    /// Height and width.
    fn size(&self) -> (usize, usize) {
        let first = usize::from(self.frames().is_some());
        (self.shape[first], self.shape[first + 1])
    }

    fn frame_bytes(&self) -> usize {
        let (height, width) = self.size();
        height * width * self.channels() * self.kind.size()
    }

    /// The bytes of a frame in C order.
    fn frame(&self, from: &mut (impl Read + Seek), index: usize) -> Result<Vec<u8>, DecodeError> {
        let (height, width) = self.size();
        let (channels, size) = (self.channels(), self.kind.size());
        let mut bytes = vec![0; self.frame_bytes()];
        if !self.fortran {
            from.seek(SeekFrom::Start(self.start + (index * bytes.len()) as u64))?;
            from.read_exact(&mut bytes)?;
            return Ok(bytes);
        }
        // Numbers of one frame lie as far apart as there are frames: columns are read whole and picked from.
        let frames = self.frames().unwrap_or(1);
        let mut column = vec![0; frames * height * size];
        from.seek(SeekFrom::Start(self.start))?;
        for channel in 0..channels {
            for x in 0..width {
                from.read_exact(&mut column)?;
                for y in 0..height {
                    let at = ((y * width + x) * channels + channel) * size;
                    bytes[at..at + size].copy_from_slice(&column[(y * frames + index) * size..][..size]);
                }
            }
        }
        Ok(bytes)
    }

    fn header(&self) -> Header {
        let (height, width) = self.size();
        Header { width: width as u32, height: height as u32, bit_depth: self.kind.bit_depth() }
    }

    fn decode(&self, bytes: &[u8]) -> Result<Decoded, DecodeError> {
        let (height, width) = self.size();
        let channels = self.channels();
        let samples = match self.kind.decode(bytes, self.little_endian) {
            Samples::U8(truths) if self.boolean => {
                Samples::U8(truths.into_iter().map(|truth| if truth == 0 { 0 } else { 255 }).collect())
            }
            samples => samples,
        };
        if samples.len() != height * width * channels {
            return Err(truncated());
        }
        // Colours are a camera's.
        let mask = match (channels, self.kind.mask()) {
            (3, Mask::Detector) => Mask::Camera,
            (_, mask) => mask,
        };
        Ok(Decoded { height, width, channels, samples, mask }.into_grey_if_equal())
    }
}

fn truncated() -> DecodeError {
    DecodeError::Truncated { format: "npy", detail: "fewer numbers than its header says" }
}

fn corrupt(detail: &str) -> DecodeError {
    DecodeError::Corrupt { format: "npy", detail: detail.to_owned() }
}
