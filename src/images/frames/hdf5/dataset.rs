//! Data sets: their type, extent and storage, and reads of a part of them.
//!
//! What was never written is told apart from what was: it takes the fill value where the file's author set one, and is an
//! error else, never zero.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::rc::Rc;

use rust_hdf5::format::UNDEF_ADDR;
use rust_hdf5::format::local_heap::{LocalHeapHeader, local_heap_get_string};
use rust_hdf5::format::messages::data_layout::DataLayoutMessage;
use rust_hdf5::format::messages::dataspace::{DataspaceClass, DataspaceMessage};
use rust_hdf5::format::messages::external_file_list::ExternalFileListMessage;
use rust_hdf5::format::messages::fill_value::FillValueMessage;
use rust_hdf5::format::messages::{
    MSG_DATA_LAYOUT, MSG_DATASPACE, MSG_DATATYPE, MSG_EXTERNAL_FILE_LIST, MSG_FILL_VALUE, MSG_FILTER_PIPELINE,
};
use rust_hdf5::format::object_header::ObjectHeader;
use rust_hdf5::{DatatypeMessage, FilterPipeline};

use super::chunks::{ChunkIndex, Chunking};
use super::file::{Files, Hdf5File};
use super::kept_chunks::KeptChunks;
use super::links::{Place, other_file};
use super::mapping::VirtualLayout;
use super::numbers::NumberType;
use super::target::{Target, scatter};
use super::{corrupt, filters, object, translate, truncated, unsupported};
use crate::images::DecodeError;

/// Read at a time where bytes are converted.
const PIECE: u64 = 1 << 20;

/// A data set of numbers.
pub(super) struct Dataset {
    pub place: Place,
    pub datatype: DatatypeMessage,
    pub number: NumberType,
    /// Of one dimension at least.
    pub shape: Vec<u64>,
    pub storage: Storage,
    /// As the author set it, in the data set's own type.
    fill: Option<Vec<u8>>,
}

pub(super) enum Storage {
    Compact(Vec<u8>),
    /// `None` where nothing was written.
    Contiguous(Option<u64>),
    /// Files of raw numbers, one after the other.
    Raw(Vec<RawFile>),
    Chunked {
        chunking: Chunking,
        index: OnceCell<ChunkIndex>,
    },
    Virtual(VirtualLayout),
}

/// A part of a file of raw numbers.
pub(super) struct RawFile {
    name: String,
    path: Option<PathBuf>,
    offset: u64,
    length: u64,
}

/// What a read needs beside the data set.
pub(super) struct Reading<'a> {
    pub files: &'a Files,
    pub kept: &'a mut KeptChunks,
}

/// How much of what was asked for is there.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// Numbers that were read; others have the fill value that their author set.
    pub measured: u64,
    /// Why others are missing.
    pub lost: Option<String>,
}

impl Dataset {
    /// The data set with this header.
    ///
    /// # Errors
    /// When it holds no numbers that we read, by the name of its type, or is damaged.
    pub fn open(files: &Files, place: &Place, header: &ObjectHeader) -> Result<Rc<Self>, DecodeError> {
        if let Some(known) = files.dataset(place.key()) {
            return Ok(known);
        }
        let file = &place.file;
        let bytes = |kind| object::message(file, header, kind);
        let needed = |kind| bytes(kind)?.ok_or_else(|| corrupt("a data set without type, extent or layout".to_owned()));
        let read = |error| translate(&error);
        let (datatype, _) = DatatypeMessage::decode(&needed(MSG_DATATYPE)?, &file.context).map_err(read)?;
        let number = NumberType::of(&datatype).map_err(|name| unsupported(format!("it holds {name}")))?;
        let (space, _) = DataspaceMessage::decode(&needed(MSG_DATASPACE)?, &file.context).map_err(read)?;
        if space.class != DataspaceClass::Simple || space.dims.is_empty() {
            return Err(unsupported("it holds a single value or none".to_owned()));
        }
        let (layout, _) = DataLayoutMessage::decode(&needed(MSG_DATA_LAYOUT)?, &file.context).map_err(read)?;
        layout.check_against_dataset(&space, &datatype, &file.context).map_err(read)?;
        let fill = match bytes(MSG_FILL_VALUE)? {
            Some(message) => FillValueMessage::decode(&message).map_err(read)?.0.fill_value,
            None => None,
        };
        let fill = fill.filter(|fill| fill.len() == number.size());
        let mut shape = space.dims;
        let storage = if let Some(list) = bytes(MSG_EXTERNAL_FILE_LIST)? {
            Storage::Raw(raw_files(file, &list)?)
        } else {
            match layout {
                DataLayoutMessage::Compact { data } => Storage::Compact(data),
                DataLayoutMessage::Contiguous { address, .. } => {
                    Storage::Contiguous(Some(address).filter(|address| *address != UNDEF_ADDR))
                }
                DataLayoutMessage::Virtual { heap_address, heap_index, .. } => {
                    Storage::Virtual(VirtualLayout::read(files, file, (heap_address, heap_index), &mut shape)?)
                }
                chunked => {
                    let pipeline = match bytes(MSG_FILTER_PIPELINE)? {
                        Some(message) => Some(FilterPipeline::decode(&message).map_err(read)?.0),
                        None => None,
                    };
                    let chunking = Chunking::new(chunked, pipeline, &shape, space.max_dims, number.size())?;
                    Storage::Chunked { chunking, index: OnceCell::new() }
                }
            }
        };
        let dataset = Rc::new(Self { place: place.clone(), datatype, number, shape, storage, fill });
        files.keep(&dataset);
        Ok(dataset)
    }

    /// How many numbers there are; `None` where they cannot be counted.
    pub fn numbers(&self) -> Option<u64> {
        self.shape.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim))
    }

    /// Refuses what cannot be read, and counts how far the first axis is written: what follows, nobody wrote.
    ///
    /// # Errors
    /// When the storage is damaged, ends before its extent does, or is compressed by an unknown filter.
    pub fn written(&self) -> Result<u64, DecodeError> {
        let bytes = self.numbers().and_then(|numbers| numbers.checked_mul(self.number.size() as u64));
        let all = self.shape[0];
        match &self.storage {
            Storage::Compact(_) => Ok(all),
            Storage::Contiguous(None) => Ok(0),
            Storage::Contiguous(Some(address)) => {
                let end = bytes.and_then(|bytes| bytes.checked_add(*address));
                let whole = end.is_some_and(|end| end <= self.place.file.length());
                if whole { Ok(all) } else { Err(truncated("the file ends before its numbers do")) }
            }
            Storage::Raw(files) => {
                let length = files.iter().try_fold(0_u64, |sum, one| sum.checked_add(one.length)).unwrap_or(u64::MAX);
                if bytes.is_some_and(|bytes| bytes <= length) {
                    Ok(all)
                } else {
                    Err(truncated("its files of raw numbers"))
                }
            }
            Storage::Chunked { chunking, index } => {
                filters::refuse(&chunking.filters)?;
                let index = self.index(chunking, index)?;
                let per_row = chunking.grid()[1..].iter().try_fold(1_u64, |product, n| product.checked_mul(*n));
                let row = index.last().map(|last| last / per_row.unwrap_or(u64::MAX).max(1));
                Ok(row.map_or(0, |row| (row + 1).saturating_mul(chunking.dims[0]).min(all)))
            }
            Storage::Virtual(layout) => Ok(layout.end().min(all)),
        }
    }

    fn index<'a>(&self, chunking: &Chunking, index: &'a OnceCell<ChunkIndex>) -> Result<&'a ChunkIndex, DecodeError> {
        if index.get().is_none() {
            let read = chunking.index(&self.place.file)?;
            // Only this thread has the cell.
            let _ = index.set(read);
        }
        index.get().ok_or_else(|| corrupt("an index of chunks".to_owned()))
    }

    /// Writes the numbers from `start` on, `count` along each axis, into `target`, whose axes are this data set's.
    ///
    /// # Errors
    /// When they are damaged. What is not there is told in `found`.
    pub fn read(
        &self,
        reading: &mut Reading<'_>,
        start: &[u64],
        count: &[u64],
        target: &mut Target<'_>,
        found: &mut Coverage,
    ) -> Result<(), DecodeError> {
        let reaches = start
            .iter()
            .zip(count)
            .zip(&self.shape)
            .all(|((start, count), dim)| start.checked_add(*count).is_some_and(|end| end <= *dim));
        if !reaches {
            found.lost.get_or_insert_with(|| format!("its source has shape {:?} only", self.shape));
            return Ok(());
        }
        match &self.storage {
            Storage::Compact(data) => self.rows(start, count, target, found, |at, bytes| {
                let part = data.get(at as usize..).and_then(|data| data.get(..bytes.len()));
                bytes.copy_from_slice(part.ok_or_else(|| truncated("a compact data set"))?);
                Ok(())
            }),
            Storage::Contiguous(None) => {
                self.gap(&vec![0; count.len()], count, target, found);
                Ok(())
            }
            Storage::Contiguous(Some(address)) => self.rows(start, count, target, found, |at, bytes| {
                let at = address.checked_add(at).ok_or_else(|| truncated("the file ends before its numbers do"))?;
                self.place.file.fill(at, bytes)
            }),
            Storage::Raw(files) => {
                if let Some(missing) = files.iter().find(|one| one.path.is_none()) {
                    found
                        .lost
                        .get_or_insert_with(|| format!("its numbers lie in `{}`, which is missing", missing.name));
                    return Ok(());
                }
                self.rows(start, count, target, found, |at, bytes| fill_raw(files, at, bytes))
            }
            Storage::Chunked { chunking, index } => {
                let index = self.index(chunking, index)?;
                self.chunks(reading, chunking, index, start, count, target, found)
            }
            Storage::Virtual(layout) => layout.read_part(self, reading, (start, count), target, found),
        }
    }

    /// Numbers that nobody wrote.
    pub fn gap(&self, to: &[u64], count: &[u64], target: &mut Target<'_>, found: &mut Coverage) {
        if let Some(fill) = &self.fill {
            target.fill(&self.number, fill, to, count);
        } else {
            found.lost.get_or_insert_with(|| "a part of it was never written".to_owned());
        }
    }

    /// Whether the author said what stands where nothing was written.
    pub fn has_fill(&self) -> bool {
        self.fill.is_some()
    }

    /// Numbers that lie row after row; `fetch` fills bytes from a place in them.
    fn rows(
        &self,
        start: &[u64],
        count: &[u64],
        target: &mut Target<'_>,
        found: &mut Coverage,
        mut fetch: impl FnMut(u64, &mut [u8]) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let size = self.number.size() as u64;
        let rank = count.len();
        let (width, height) = (count[rank - 1], if rank > 1 { count[rank - 2] } else { 1 });
        // Rows that are read whole lie one after the other.
        let together =
            if width == self.shape[rank - 1] { (PIECE / (width * size).max(1)).clamp(1, height.max(1)) } else { 1 };
        let outer = &count[..rank.saturating_sub(2)];
        let planes: u64 = outer.iter().product();
        let mut buffer = Vec::new();
        for plane in 0..planes {
            let mut place = vec![0; rank];
            let mut rest = plane;
            for d in (0..outer.len()).rev() {
                place[d] = rest % outer[d];
                rest /= outer[d];
            }
            let mut row = 0;
            while row < height {
                let plain = self.number.is_plain(target.asked.pixel) && target.is_dense(width);
                let rows = if plain && width == self.shape[rank - 1] { height } else { together.min(height - row) };
                if rank > 1 {
                    place[rank - 2] = row;
                }
                let at = (0..rank).fold(0, |at, d| at * self.shape[d] + start[d] + place[d]);
                if plain {
                    fetch(at * size, target.stretch(&place, (rows * width) as usize))?;
                } else {
                    buffer.resize((rows * width * size) as usize, 0);
                    fetch(at * size, &mut buffer)?;
                    let mut shape = vec![1; rank];
                    shape[rank - 1] = width;
                    if rank > 1 {
                        shape[rank - 2] = rows;
                    }
                    scatter(&self.number, &buffer, &shape, &vec![0; rank], &shape, target, &place);
                }
                row += rows;
            }
        }
        found.measured += count.iter().product::<u64>();
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one read")]
    fn chunks(
        &self,
        reading: &mut Reading<'_>,
        chunking: &Chunking,
        index: &ChunkIndex,
        start: &[u64],
        count: &[u64],
        target: &mut Target<'_>,
        found: &mut Coverage,
    ) -> Result<(), DecodeError> {
        let dims = &chunking.dims;
        let rank = dims.len();
        let first: Vec<u64> = start.iter().zip(dims).map(|(start, dim)| start / dim).collect();
        let grid: Vec<u64> = (0..rank).map(|d| (start[d] + count[d]).div_ceil(dims[d]) - first[d]).collect();
        let n: u64 = if count.contains(&0) { 0 } else { grid.iter().product() };
        for step in 0..n {
            let mut place = vec![0; rank];
            let mut rest = step;
            for d in (0..rank).rev() {
                place[d] = first[d] + rest % grid[d];
                rest /= grid[d];
            }
            // The part of the chunk that is asked for, within the chunk and within the target.
            let low: Vec<u64> = (0..rank).map(|d| start[d].max(place[d] * dims[d])).collect();
            let high = |d: usize| (start[d] + count[d]).min((place[d] + 1) * dims[d]);
            let part: Vec<u64> = (0..rank).map(|d| high(d) - low[d]).collect();
            let from: Vec<u64> = (0..rank).map(|d| low[d] - place[d] * dims[d]).collect();
            let to: Vec<u64> = (0..rank).map(|d| low[d] - start[d]).collect();
            let number = chunking.number(&place).ok_or_else(|| corrupt("a chunk outside the grid".to_owned()))?;
            let Some(stored) = index.get(number) else {
                self.gap(&to, &part, target, found);
                continue;
            };
            let key = (self.place.key(), number);
            let decoded = match reading.kept.get(key) {
                Some(kept) => kept,
                None => Rc::new(chunking.decode(&self.place.file, stored, &place)?),
            };
            scatter(&self.number, &decoded, dims, &from, &part, target, &to);
            found.measured += part.iter().product::<u64>();
            // What is left of it will be asked for next.
            let within = (0..rank).all(|d| part[d] == dims[d].min(self.shape[d] - place[d] * dims[d]));
            if !within {
                reading.kept.keep(key, decoded);
            }
        }
        Ok(())
    }

    /// The bytes of a part that is one whole chunk of plain numbers, without a copy; `None` where it is not.
    pub fn one_chunk(
        &self,
        start: &[u64],
        count: &[u64],
        found: &mut Coverage,
    ) -> Result<Option<Vec<u8>>, DecodeError> {
        let Storage::Chunked { chunking, index } = &self.storage else { return Ok(None) };
        let aligned = start.iter().zip(&chunking.dims).all(|(start, dim)| start % dim == 0);
        if chunking.dims != count || !aligned || !self.number.is_plain(self.number.pixel) {
            return Ok(None);
        }
        let place: Vec<u64> = start.iter().zip(&chunking.dims).map(|(start, dim)| start / dim).collect();
        let index = self.index(chunking, index)?;
        let Some(stored) = chunking.number(&place).and_then(|number| index.get(number)) else { return Ok(None) };
        let bytes = chunking.decode(&self.place.file, stored, &place)?;
        found.measured += count.iter().product::<u64>();
        Ok(Some(bytes))
    }

    /// Other files of raw numbers or virtual sources, in the order they are named.
    pub fn sources(&self, files: &Files, seen: &mut HashSet<(usize, u64)>, sources: &mut Vec<PathBuf>) {
        match &self.storage {
            Storage::Raw(raw) => sources.extend(raw.iter().filter_map(|one| one.path.clone())),
            Storage::Virtual(layout) => layout.sources(files, &self.place.file, seen, sources),
            _ => {}
        }
    }

    /// Why not one number is there; `None` where some may be.
    pub fn unreachable(&self, files: &Files) -> Option<String> {
        match &self.storage {
            Storage::Virtual(layout) => layout.unreachable(files, &self.place.file),
            _ => None,
        }
    }

    /// Why numbers are missing, where other files should have them.
    pub fn lost(&self, files: &Files) -> Option<String> {
        match &self.storage {
            Storage::Virtual(layout) => layout.without_source(files, &self.place.file, 0),
            _ => None,
        }
    }

    /// Why the author's fill value stands for a part of the numbers; `None` where it does not.
    pub fn filled(&self, files: &Files) -> Option<String> {
        self.fill.as_ref()?;
        match &self.storage {
            Storage::Virtual(layout) => layout.without_source(files, &self.place.file, self.numbers()?),
            Storage::Chunked { chunking, index } => {
                let written = index.get()?.len() as u64;
                let all = chunking.grid().iter().try_fold(1_u64, |product, n| product.checked_mul(*n))?;
                (written < all).then(|| "a part of it was never written".to_owned())
            }
            _ => None,
        }
    }
}

/// The files that a message lists.
fn raw_files(file: &Rc<Hdf5File>, message: &[u8]) -> Result<Vec<RawFile>, DecodeError> {
    let read = |error| translate(&error);
    let (list, _) = ExternalFileListMessage::decode(message, &file.context).map_err(read)?;
    let (sa, ss) = (usize::from(file.context.sizeof_addr), usize::from(file.context.sizeof_size));
    let head = LocalHeapHeader::decode(&file.at_most(list.heap_addr, 64)?, sa, ss).map_err(read)?;
    let names = file.bytes(head.data_addr, head.data_size)?;
    let raw = |slot: &rust_hdf5::format::messages::external_file_list::ExternalFileSlot| {
        let name = local_heap_get_string(&names, slot.name_offset).map_err(read)?;
        Ok(RawFile { path: other_file(&file.path, &name), name, offset: slot.offset, length: slot.size })
    };
    list.slots.iter().map(raw).collect()
}

/// Fills `bytes` from `at` on, counted over all files.
fn fill_raw(files: &[RawFile], mut at: u64, mut bytes: &mut [u8]) -> Result<(), DecodeError> {
    for one in files {
        if at >= one.length {
            at -= one.length;
            continue;
        }
        let n = (one.length - at).min(bytes.len() as u64) as usize;
        let (now, rest) = std::mem::take(&mut bytes).split_at_mut(n);
        let mut file = File::open(one.path.as_deref().unwrap_or(one.name.as_ref()))?;
        file.seek(SeekFrom::Start(one.offset.saturating_add(at)))?;
        file.read_exact(now)?;
        bytes = rest;
        at = 0;
        if bytes.is_empty() {
            break;
        }
    }
    if bytes.is_empty() { Ok(()) } else { Err(truncated("its files of raw numbers")) }
}
