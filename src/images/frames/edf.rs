//! EDF, the ESRF data format: blocks of a text header in braces and the pixels after it, one block per frame.
//!
//! Reference: the header keys and names of types as fabio reads and writes them (`Dim_1` is the width). A header may have
//! braces in its values: it ends at the first that ends a line and has all keys before it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::counts::{PixelType, frame};
use super::{Header, Remark, Source, Stack};
use crate::images::{DecodeError, Decoded, Limits};

/// A header above this many bytes is none.
const LONGEST_HEADER: u64 = 1 << 20;

/// Bytes that a header is read by.
const PIECE: u64 = 512;

/// Where the pixels of a frame lie, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EdfBlock {
    kind: PixelType,
    little_endian: bool,
    height: usize,
    width: usize,
    /// Where the header starts.
    head: u64,
    /// Where the pixels start.
    start: u64,
    /// Bytes that the header gives to the pixels, which may be more than they need.
    room: u64,
}

/// An open file of several frames.
pub(super) struct EdfStack {
    file: Box<dyn Source>,
    blocks: Vec<EdfBlock>,
    behind: u64,
}

impl EdfStack {
    /// `None` for a file of one frame.
    pub(super) fn open((mut file, length): (Box<dyn Source>, u64)) -> Result<Option<Self>, DecodeError> {
        let (blocks, behind) = blocks(&mut file, length)?;
        let same = |block: &EdfBlock| (block.kind, block.height, block.width);
        if blocks.iter().any(|block| same(block) != same(&blocks[0])) {
            let detail = "frames of different sizes in one file".to_owned();
            return Err(DecodeError::Unsupported { format: "EDF", detail });
        }
        Ok((blocks.len() > 1).then_some(Self { file, blocks, behind }))
    }
}

impl Stack for EdfStack {
    fn len(&self) -> usize {
        self.blocks.len()
    }

    fn header(&self) -> Header {
        self.blocks[0].header()
    }

    fn remarks(&self) -> Vec<Remark> {
        let behind = (self.behind > 0).then(|| format!("{} bytes behind the last frame", self.behind));
        behind.map(Remark::InPart).into_iter().collect()
    }

    fn read(&mut self, index: usize) -> Result<Decoded, DecodeError> {
        let block = self.blocks.get(index).ok_or_else(|| super::no_such_frame(index, self.blocks.len()))?;
        block.read(&mut self.file)
    }

    /// Header and pixels of a frame are copied as they are.
    fn copy(&mut self, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
        let mut out = BufWriter::new(File::create_new(target)?);
        for &index in indices {
            let block = self.blocks.get(index).ok_or_else(|| super::no_such_frame(index, self.blocks.len()))?;
            let end = block.start + block.bytes().ok_or_else(truncated)? as u64;
            self.file.seek(SeekFrom::Start(block.head))?;
            std::io::copy(&mut (&mut self.file).take(end - block.head), &mut out)?;
        }
        Ok(out.flush()?)
    }
}

/// Whether bytes that start with a brace are an EDF header.
pub(in crate::images) fn applies(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).to_lowercase();
    start.contains("dim_1") && start.contains('=')
}

/// The first frame in the bytes of a whole file.
pub(in crate::images) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let block = first(bytes)?;
    let pixels = block.bytes().and_then(|length| bytes.get(block.start as usize..)?.get(..length));
    block.decode(pixels.ok_or_else(truncated)?)
}

/// Size and depth of the first frame in the bytes of a whole file.
pub(in crate::images) fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    first(bytes).map(|block| block.header())
}

fn first(bytes: &[u8]) -> Result<EdfBlock, DecodeError> {
    Ok(blocks(&mut Cursor::new(bytes), bytes.len() as u64)?.0[0])
}

impl EdfBlock {
    fn bytes(&self) -> Option<usize> {
        self.height.checked_mul(self.width)?.checked_mul(self.kind.size())
    }

    fn header(&self) -> Header {
        Header { width: self.width as u32, height: self.height as u32, bit_depth: self.kind.bit_depth() }
    }

    fn read(&self, from: &mut (impl Read + Seek)) -> Result<Decoded, DecodeError> {
        let mut bytes = vec![0; self.bytes().ok_or_else(truncated)?];
        from.seek(SeekFrom::Start(self.start))?;
        from.read_exact(&mut bytes)?;
        self.decode(&bytes)
    }

    fn decode(&self, pixels: &[u8]) -> Result<Decoded, DecodeError> {
        let counts = self.kind.decode(pixels, self.little_endian);
        frame(counts, self.kind, self.height, self.width).ok_or_else(truncated)
    }
}

/// All blocks of a file of `length` bytes, at least one, and how many bytes behind the last are none.
fn blocks(from: &mut (impl Read + Seek), length: u64) -> Result<(Vec<EdfBlock>, u64), DecodeError> {
    let mut blocks: Vec<EdfBlock> = Vec::new();
    let mut at = 0;
    while at < length {
        let block = match header_at(from, at) {
            Ok(block) => block,
            // What follows a whole frame and has no header of its own is no frame.
            Err(_) if !blocks.is_empty() && !starts_header(from, at)? => break,
            Err(error) => return Err(error),
        };
        let end = block.bytes().and_then(|bytes| block.start.checked_add(bytes as u64));
        let end = end.filter(|end| *end <= length).ok_or_else(truncated)?;
        Limits::current().check(block.width as u64, block.height as u64, block.kind.size() as u64)?;
        let padded = block.start.saturating_add(block.room);
        at = if padded > end && padded <= length && starts_header(from, padded)? { padded } else { end };
        blocks.push(block);
        Limits::current().check_frames(blocks.len() as u64)?;
    }
    if blocks.is_empty() { Err(truncated()) } else { Ok((blocks, length - at.min(length))) }
}

/// Whether a brace stands at `at`, behind line feeds if any.
fn starts_header(from: &mut (impl Read + Seek), at: u64) -> Result<bool, DecodeError> {
    from.seek(SeekFrom::Start(at))?;
    let mut start = Vec::new();
    from.take(8).read_to_end(&mut start)?;
    Ok(start.trim_ascii_start().starts_with(b"{"))
}

/// Reads the header at `at`.
fn header_at(from: &mut (impl Read + Seek), at: u64) -> Result<EdfBlock, DecodeError> {
    from.seek(SeekFrom::Start(at))?;
    let mut text = Vec::new();
    let mut searched = 0;
    let mut first = None;
    while (text.len() as u64) < LONGEST_HEADER {
        if from.take(PIECE).read_to_end(&mut text)? == 0 {
            break;
        }
        // A line feed, or a carriage return and a line feed, ends the header.
        while let Some(brace) = text[searched..].iter().position(|byte| *byte == b'}').map(|found| searched + found) {
            let feed = match &text[brace + 1..] {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                // The line feed lies in the next piece.
                [] | [b'\r'] => break,
                _ => 0,
            };
            searched = brace + 1;
            if feed > 0 {
                let start = at + (searched + feed) as u64;
                match block(&String::from_utf8_lossy(&text[..searched]), at, start) {
                    Ok(block) => return Ok(block),
                    Err(error) => first = first.or(Some(error)),
                }
            }
        }
    }
    Err(first.unwrap_or_else(truncated))
}

fn block(text: &str, head: u64, start: u64) -> Result<EdfBlock, DecodeError> {
    let pairs = text.trim_matches(['{', '}', '\n', '\r']).split(';').filter_map(|line| line.split_once('='));
    let values: HashMap<String, &str> = pairs.map(|(key, value)| (key.trim().to_lowercase(), value.trim())).collect();
    let corrupt = |detail: String| DecodeError::Corrupt { format: "EDF", detail };
    let unsupported = |detail: String| Err(DecodeError::Unsupported { format: "EDF", detail });
    let size = |key: &str| {
        let value = values.get(key).and_then(|value| value.parse::<usize>().ok()).filter(|size| *size > 0);
        value.ok_or_else(|| corrupt(format!("no size `{key}` in its header")))
    };
    let (height, width) = (size("dim_2")?, size("dim_1")?);
    if let Some(deep) = values.get("dim_3").filter(|size| **size != "1") {
        return unsupported(format!("a third dimension of `{deep}`"));
    }
    if let Some(method) = values.get("compression").filter(|value| !value.eq_ignore_ascii_case("none")) {
        return unsupported(format!("compression `{method}`"));
    }
    if let Some(file) = values.get("edf_binaryfilename") {
        return unsupported(format!("its pixels lie in another file, `{file}`"));
    }
    let name = values.get("datatype").copied().unwrap_or_default();
    let kind = match name.to_lowercase().as_str() {
        "unsignedbyte" | "unsigned8" => PixelType::U8,
        "signedbyte" | "signed8" => PixelType::I8,
        "unsignedshort" | "unsigned16" | "unsignedshortinteger" => PixelType::U16,
        "signedshort" | "signed16" | "signedshortinteger" => PixelType::I16,
        "unsignedinteger" | "unsignedlong" | "unsigned32" => PixelType::U32,
        "signedinteger" | "signedlong" | "signed32" => PixelType::I32,
        "unsigned64" | "unsignedlonglong" => PixelType::U64,
        "signed64" | "signedlonglong" => PixelType::I64,
        "floatvalue" | "float" | "real" | "floatieee32" | "float32" => PixelType::F32,
        "doublevalue" | "double" | "floatieee64" | "doubleieee64" | "float64" => PixelType::F64,
        _ => return unsupported(format!("numbers of type `{name}`")),
    };
    let room = values.get("edf_binarysize").or_else(|| values.get("size")).and_then(|size| size.parse().ok());
    let little_endian = !values.get("byteorder").is_some_and(|order| order.eq_ignore_ascii_case("HighByteFirst"));
    Ok(EdfBlock { kind, little_endian, height, width, head, start, room: room.unwrap_or_default() })
}

fn truncated() -> DecodeError {
    DecodeError::Truncated { format: "EDF", detail: "shorter than its headers say" }
}
