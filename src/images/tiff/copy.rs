//! Copies frames into a new file as they are: the same tags, and the bytes of the blocks untouched.

use std::io::{Read, Seek, SeekFrom, Write};

use super::directory::{Directory, Entry, read_at};
use super::layout::{Layout, tags};
use super::{Blocks, Tiff};
use crate::images::DecodeError;

/// Tags that lead to directories of their own, or describe all frames of an `ImageJ` stack.
const LEFT_OUT: [u16; 5] = [330, 34_665, 34_853, 50_838, 50_839];

impl<R: Read + Seek> Tiff<R> {
    /// Writes the frames of these numbers, which must be some, in this order.
    ///
    /// # Errors
    /// When a frame cannot be read, or `out` not written.
    pub fn copy(&mut self, indices: &[usize], out: &mut (impl Write + Seek)) -> Result<(), DecodeError> {
        let format = self.format;
        out.write_all(if format.little_endian { b"II" } else { b"MM" })?;
        out.write_all(&format.bytes(if format.big { 43 } else { 42 }, 2))?;
        if format.big {
            out.write_all(&[format.bytes(8, 2), format.bytes(0, 2)].concat())?;
        }
        // Where the place of the next directory is to be written.
        let mut link = out.stream_position()?;
        out.write_all(&format.bytes(0, format.offset_bytes()))?;
        for &index in indices {
            let directory = Directory::read(&mut self.from, format, self.frames[index].directory, self.length)?;
            let (at, next) = self.copy_page(&directory, self.frames[index].shift, out)?;
            out.seek(SeekFrom::Start(link))?;
            out.write_all(&format.bytes(at, format.offset_bytes()))?;
            out.seek(SeekFrom::End(0))?;
            link = next;
        }
        Ok(())
    }

    /// Writes a page; gives the places of its directory, and of the link to the next.
    fn copy_page(
        &mut self,
        directory: &Directory,
        shift: u64,
        out: &mut (impl Write + Seek),
    ) -> Result<(u64, u64), DecodeError> {
        let (from, length, format) = (&mut self.from, self.length, self.format);
        let layout = Layout::of(directory, from, length)?;
        let blocks = Blocks::of(directory, &layout, from, length, shift)?;
        let (mut starts, mut sizes) = (Vec::new(), Vec::new());
        for &(at, size) in &blocks.places {
            starts.push(pad(out)?);
            sizes.push(size);
            out.write_all(&read_at(from, at, size, length)?)?;
        }
        let stack = directory.text(from, tags::DESCRIPTION, length).starts_with("ImageJ=");
        let kept = |entry: &&Entry| !(LEFT_OUT.contains(&entry.tag) || stack && entry.tag == tags::DESCRIPTION);
        let mut rows = Vec::new();
        for entry in directory.entries.iter().filter(kept) {
            let numbers = match entry.tag {
                tags::STRIP_OFFSETS | tags::TILE_OFFSETS => Some(&starts),
                tags::STRIP_BYTES | tags::TILE_BYTES => Some(&sizes),
                _ => None,
            };
            let wide = if format.big { 16 } else { 4 };
            let (kind, count, values) = match numbers {
                Some(numbers) => {
                    let bytes = numbers.iter().flat_map(|number| format.bytes(*number, format.offset_bytes()));
                    (wide, numbers.len() as u64, bytes.collect())
                }
                None => (entry.kind, entry.count, entry.bytes(from, format, length)?),
            };
            let mut value = values;
            if value.len() > format.offset_bytes() {
                let at = pad(out)?;
                out.write_all(&value)?;
                value = format.bytes(at, format.offset_bytes());
            }
            value.resize(format.offset_bytes(), 0);
            let head = [format.bytes(u64::from(entry.tag), 2), format.bytes(u64::from(kind), 2)].concat();
            rows.push([head, format.bytes(count, format.offset_bytes()), value].concat());
        }
        let at = pad(out)?;
        if !format.big && at > u64::from(u32::MAX) {
            return Err(super::unsupported("more than 4 GiB of frames in the format of their file"));
        }
        out.write_all(&format.bytes(rows.len() as u64, format.count_bytes()))?;
        out.write_all(&rows.concat())?;
        let link = out.stream_position()?;
        out.write_all(&format.bytes(0, format.offset_bytes()))?;
        Ok((at, link))
    }
}

/// The next even place, where values and directories may start.
fn pad(out: &mut (impl Write + Seek)) -> Result<u64, DecodeError> {
    let at = out.stream_position()?;
    if at % 2 == 1 {
        out.write_all(&[0])?;
    }
    Ok(at.next_multiple_of(2))
}
