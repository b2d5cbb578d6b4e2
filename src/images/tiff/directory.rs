//! Headers and directories: the tags of a page, whose values are read when somebody asks for them.

use std::io::{Read, Seek, SeekFrom};

use super::{corrupt, truncated};
use crate::images::DecodeError;

/// Directories above this many entries are none.
const MOST_ENTRIES: u64 = 4096;

/// How numbers and offsets of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub little_endian: bool,
    /// `BigTIFF`: offsets of eight bytes.
    pub big: bool,
}

impl Format {
    /// Of a file that starts so, with the place of its first directory.
    pub fn read(from: &mut impl Read) -> Result<(Self, u64), DecodeError> {
        let mut start = [0; 8];
        from.read_exact(&mut start).map_err(|_| truncated())?;
        let little_endian = start[0] == b'I';
        let format = |big| Self { little_endian, big };
        match format(false).number(&start[2..4]) {
            42 => Ok((format(false), format(false).number(&start[4..]))),
            43 => {
                let mut first = [0; 8];
                from.read_exact(&mut first).map_err(|_| truncated())?;
                Ok((format(true), format(true).number(&first)))
            }
            _ => Err(corrupt("its header is none")),
        }
    }

    /// A whole number of up to eight bytes.
    pub fn number(self, bytes: &[u8]) -> u64 {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.little_endian { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    }

    /// `number` in `width` bytes.
    pub fn bytes(self, number: u64, width: usize) -> Vec<u8> {
        if self.little_endian {
            number.to_le_bytes()[..width].to_vec()
        } else {
            number.to_be_bytes()[8 - width..].to_vec()
        }
    }

    /// Bytes of an offset, and of the values that an entry holds itself.
    pub fn offset_bytes(self) -> usize {
        if self.big { 8 } else { 4 }
    }

    /// Bytes of the number of entries in a directory.
    pub fn count_bytes(self) -> usize {
        if self.big { 8 } else { 2 }
    }
}

/// One tag of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub tag: u16,
    /// The number of its type, as the format has it.
    pub kind: u16,
    pub count: u64,
    /// The values, or where they lie.
    value: [u8; 8],
}

/// The tags of one page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Directory {
    pub format: Format,
    pub entries: Vec<Entry>,
    /// Where the next page's directory lies; 0 after the last.
    pub next: u64,
}

impl Directory {
    /// The directory at `at` in a file of `length` bytes.
    pub fn read(from: &mut (impl Read + Seek), format: Format, at: u64, length: u64) -> Result<Self, DecodeError> {
        let offset_bytes = format.offset_bytes();
        let bytes = read_at(from, at, format.count_bytes() as u64, length)?;
        let n = format.number(&bytes);
        if n == 0 || n > MOST_ENTRIES {
            return Err(corrupt("a directory that is none"));
        }
        let size = 4 + 2 * offset_bytes;
        let start = at + format.count_bytes() as u64;
        let bytes = read_at(from, start, n * size as u64, length)?;
        let entries = bytes
            .chunks_exact(size)
            .map(|entry| {
                let mut value = [0; 8];
                value[..offset_bytes].copy_from_slice(&entry[4 + offset_bytes..]);
                Entry {
                    tag: format.number(&entry[..2]) as u16,
                    kind: format.number(&entry[2..4]) as u16,
                    count: format.number(&entry[4..4 + offset_bytes]),
                    value,
                }
            })
            .collect();
        // Some writers leave out the zero that ends the chain.
        let next = read_at(from, start + n * size as u64, offset_bytes as u64, length);
        Ok(Self { format, entries, next: next.map_or(0, |bytes| format.number(&bytes)) })
    }

    /// The values of a tag as bytes, in the file's order; `None` where the page does not have it.
    pub fn bytes(&self, from: &mut (impl Read + Seek), tag: u16, length: u64) -> Result<Option<Vec<u8>>, DecodeError> {
        let Some(entry) = self.entries.iter().find(|entry| entry.tag == tag) else { return Ok(None) };
        entry.bytes(from, self.format, length).map(Some)
    }

    /// The values of a tag as whole numbers; `None` where the page does not have it.
    pub fn numbers(
        &self,
        from: &mut (impl Read + Seek),
        tag: u16,
        length: u64,
    ) -> Result<Option<Vec<u64>>, DecodeError> {
        let Some(entry) = self.entries.iter().find(|entry| entry.tag == tag) else { return Ok(None) };
        let bytes = entry.bytes(from, self.format, length)?;
        Ok(Some(bytes.chunks_exact(entry.size()).map(|number| self.format.number(number)).collect()))
    }

    /// The text of a tag; empty where the page does not have it or it cannot be read.
    pub fn text(&self, from: &mut (impl Read + Seek), tag: u16, length: u64) -> String {
        let bytes = self.bytes(from, tag, length).ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned()
    }
}

impl Entry {
    /// Bytes of one value.
    pub fn size(&self) -> usize {
        match self.kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 1,
        }
    }

    pub fn bytes(&self, from: &mut (impl Read + Seek), format: Format, length: u64) -> Result<Vec<u8>, DecodeError> {
        let size = self.count.checked_mul(self.size() as u64).ok_or_else(truncated)?;
        let inline = format.offset_bytes();
        if size <= inline as u64 {
            return Ok(self.value[..size as usize].to_vec());
        }
        read_at(from, format.number(&self.value[..inline]), size, length)
    }
}

/// `size` bytes at `at` of a file of `length` bytes.
pub(super) fn read_at(from: &mut (impl Read + Seek), at: u64, size: u64, length: u64) -> Result<Vec<u8>, DecodeError> {
    if at.checked_add(size).is_none_or(|end| end > length) {
        return Err(truncated());
    }
    from.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; size as usize];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
