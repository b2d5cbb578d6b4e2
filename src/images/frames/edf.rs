//! EDF, the ESRF data format: blocks of a text header in braces and the pixels after it, one block per frame.
//!
//! Reference: the header keys as fabio reads and writes them (`Dim_1` is the width).

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::counts::{PixelType, frame};
use super::{Header, Stack};
use crate::images::{DecodeError, Decoded, Limits};

/// A header above this many bytes is none.
const LONGEST_HEADER: u64 = 1 << 20;

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
}

/// An open file of several frames.
pub(super) struct EdfStack {
    file: File,
    blocks: Vec<EdfBlock>,
}

impl EdfStack {
    /// `None` for a file of one frame.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, DecodeError> {
        let file = File::open(path)?;
        let blocks = blocks(&mut BufReader::new(&file), file.metadata()?.len())?;
        let same = |block: &EdfBlock| (block.kind, block.height, block.width);
        if blocks.iter().any(|block| same(block) != same(&blocks[0])) {
            let detail = "frames of different sizes in one file".to_owned();
            return Err(DecodeError::Unsupported { format: "EDF", detail });
        }
        Ok((blocks.len() > 1).then_some(Self { file, blocks }))
    }
}

impl Stack for EdfStack {
    fn len(&self) -> usize {
        self.blocks.len()
    }

    fn header(&self) -> Header {
        self.blocks[0].header()
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
            std::io::copy(&mut (&self.file).take(end - block.head), &mut out)?;
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
    first(bytes)?.read(&mut Cursor::new(bytes))
}

/// Size and depth of the first frame in the bytes of a whole file.
pub(in crate::images) fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    first(bytes).map(|block| block.header())
}

fn first(bytes: &[u8]) -> Result<EdfBlock, DecodeError> {
    Ok(blocks(&mut Cursor::new(bytes), bytes.len() as u64)?[0])
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
        frame(self.kind.decode(&bytes, self.little_endian), self.height, self.width).ok_or_else(truncated)
    }
}

/// All blocks of a file of `length` bytes; at least one.
fn blocks(from: &mut (impl BufRead + Seek), length: u64) -> Result<Vec<EdfBlock>, DecodeError> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < length {
        from.seek(SeekFrom::Start(at))?;
        let mut text = Vec::new();
        from.take(LONGEST_HEADER).read_until(b'}', &mut text)?;
        if text.iter().all(u8::is_ascii_whitespace) {
            break;
        }
        // A line feed, or a carriage return and a line feed, ends the header.
        let mut feed = Vec::new();
        from.take(2).read_until(b'\n', &mut feed)?;
        if text.last() != Some(&b'}') || feed.last() != Some(&b'\n') {
            return Err(truncated());
        }
        let start = at + (text.len() + feed.len()) as u64;
        let block = block(&String::from_utf8_lossy(&text), at, start)?;
        let end = block.bytes().and_then(|bytes| start.checked_add(bytes as u64));
        at = end.filter(|end| *end <= length).ok_or_else(truncated)?;
        Limits::current().check(block.width as u64, block.height as u64, block.kind.size() as u64)?;
        blocks.push(block);
        Limits::current().check_frames(blocks.len() as u64)?;
    }
    if blocks.is_empty() { Err(truncated()) } else { Ok(blocks) }
}

fn block(text: &str, head: u64, start: u64) -> Result<EdfBlock, DecodeError> {
    let pairs = text.trim_matches(['{', '}', '\n', '\r']).split(';').filter_map(|line| line.split_once('='));
    let values: HashMap<String, &str> = pairs.map(|(key, value)| (key.trim().to_lowercase(), value.trim())).collect();
    let corrupt = |detail: String| DecodeError::Corrupt { format: "EDF", detail };
    let size = |key: &str| {
        let value = values.get(key).and_then(|value| value.parse::<usize>().ok()).filter(|size| *size > 0);
        value.ok_or_else(|| corrupt(format!("no size `{key}` in its header")))
    };
    if values.get("compression").is_some_and(|value| !value.eq_ignore_ascii_case("none")) {
        let detail = format!("compression `{}`", values["compression"]);
        return Err(DecodeError::Unsupported { format: "EDF", detail });
    }
    let name = values.get("datatype").copied().unwrap_or_default();
    let kind = match name.to_lowercase().as_str() {
        "unsignedbyte" => PixelType::U8,
        "signedbyte" => PixelType::I8,
        "unsignedshort" => PixelType::U16,
        "signedshort" => PixelType::I16,
        "unsignedinteger" | "unsignedlong" => PixelType::U32,
        "signedinteger" | "signedlong" => PixelType::I32,
        "unsigned64" => PixelType::U64,
        "signed64" => PixelType::I64,
        "floatvalue" | "float" | "real" => PixelType::F32,
        "doublevalue" | "double" => PixelType::F64,
        _ => {
            return Err(DecodeError::Unsupported { format: "EDF", detail: format!("numbers of type `{name}`") });
        }
    };
    let little_endian = !values.get("byteorder").is_some_and(|order| order.eq_ignore_ascii_case("HighByteFirst"));
    Ok(EdfBlock { kind, little_endian, height: size("dim_2")?, width: size("dim_1")?, head, start })
}

fn truncated() -> DecodeError {
    DecodeError::Truncated { format: "EDF", detail: "shorter than its headers say" }
}
