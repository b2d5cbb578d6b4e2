//! Chunked storage: where each chunk that was written lies in the file, through any of the format's indices.
//!
//! Reference: HDF5 file format specification 3.0, sections III.A and VII. Chunks that were never written have no entry, so
//! that an index takes memory as it takes bytes of the file, whatever extent is declared. Checksums are checked.

use std::collections::HashSet;

use rust_hdf5::FilterPipeline;
use rust_hdf5::format::btree_v1::ChunkBTreeV1Node;
use rust_hdf5::format::checksum::checksum_metadata;
use rust_hdf5::format::chunk_index::btree_v2::{BT2_TYPE_CHUNK_UNFILT, Bt2ChunkIndex, collect_btree_v2_records};
use rust_hdf5::format::chunk_index::extensible_array::{
    EA_CLS_FILT_CHUNK, EaGeometry, ExtensibleArrayDataBlock, ExtensibleArrayHeader, ExtensibleArrayIndexBlock,
    ExtensibleArraySuperBlock, FilteredChunkEntry, FilteredDataBlock, FilteredIndexBlock,
};
use rust_hdf5::format::chunk_index::fixed_array::{
    FA_CLIENT_FILT_CHUNK, FixedArrayDataBlock, FixedArrayHeader, FixedArrayPagedPrefix, decode_filtered_page,
    decode_unfiltered_page,
};
use rust_hdf5::format::messages::data_layout::{ChunkIndexType, DataLayoutMessage, EarrayParams};
use rust_hdf5::format::{FormatError, FormatResult, UNDEF_ADDR};

use super::file::{Blocks, Hdf5File};
use super::{corrupt, filters, object, translate, truncated};
use crate::images::{DecodeError, Limits};

/// Flag of a layout whose chunks at the far edges are stored without filters.
const PLAIN_EDGES: u8 = 1;

/// How a data set is cut into chunks.
pub(super) struct Chunking {
    /// Of a chunk, without the size of a number.
    pub dims: Vec<u64>,
    /// Bytes of a decoded chunk.
    pub bytes: u64,
    pub filters: FilterPipeline,
    shape: Vec<u64>,
    largest: Option<Vec<u64>>,
    layout: DataLayoutMessage,
}

/// Where a chunk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stored {
    address: u64,
    bytes: u64,
    /// Bits of the filters that were left out.
    left_out: u32,
}

/// The chunks that were written, by their number in the grid of the data set's extent.
pub(super) struct ChunkIndex(Vec<(u64, Stored)>);

impl Chunking {
    /// # Errors
    /// When chunk and extent do not go together.
    pub fn new(
        layout: DataLayoutMessage,
        filters: Option<FilterPipeline>,
        shape: &[u64],
        largest: Option<Vec<u64>>,
        number: usize,
    ) -> Result<Self, DecodeError> {
        let (DataLayoutMessage::ChunkedV3 { chunk_dims, .. } | DataLayoutMessage::ChunkedV4 { chunk_dims, .. }) =
            &layout
        else {
            return Err(corrupt("a layout without chunks".to_owned()));
        };
        let (_, dims) = chunk_dims.split_last().ok_or_else(|| corrupt("chunks of no dimension".to_owned()))?;
        let dims = dims.to_vec();
        let fits = dims.len() == shape.len() && largest.as_ref().is_none_or(|largest| largest.len() == shape.len());
        if !fits || dims.contains(&0) {
            return Err(corrupt(format!("chunks of shape {dims:?} in an array of shape {shape:?}")));
        }
        let bytes = dims.iter().try_fold(number as u64, |product, dim| product.checked_mul(*dim));
        let bytes = bytes.ok_or_else(|| corrupt(format!("chunks of shape {dims:?}")))?;
        let filters = filters.unwrap_or_else(FilterPipeline::none);
        Ok(Self { dims, bytes, filters, shape: shape.to_vec(), largest, layout })
    }

    /// How many chunks the extent has along each axis.
    pub fn grid(&self) -> Vec<u64> {
        self.shape.iter().zip(&self.dims).map(|(shape, dim)| shape.div_ceil(*dim)).collect()
    }

    /// The number of the chunk at `place` in the grid; `None` outside.
    pub fn number(&self, place: &[u64]) -> Option<u64> {
        let grid = self.grid();
        place.iter().zip(&grid).try_fold(0_u64, |number, (at, length)| {
            (at < length).then_some(())?;
            number.checked_mul(*length)?.checked_add(*at)
        })
    }

    /// The numbers in a chunk, as they are stored.
    ///
    /// # Errors
    /// When they cannot be decoded, or a checksum does not agree.
    pub fn decode(&self, file: &Hdf5File, stored: Stored, place: &[u64]) -> Result<Vec<u8>, DecodeError> {
        let most = Limits::current().bytes;
        if self.bytes > most {
            let what = format!("a chunk of shape {:?}, {} MB", self.dims, self.bytes >> 20);
            return Err(DecodeError::TooLarge { what, limit: format!("{} MB", most >> 20) });
        }
        let edge = (0..place.len()).any(|d| (place[d] + 1) * self.dims[d] > self.shape[d]);
        let plain_edges = matches!(self.layout, DataLayoutMessage::ChunkedV4 { flags, .. } if flags & PLAIN_EDGES != 0);
        if self.filters.filters.is_empty() || edge && plain_edges {
            return file.bytes(stored.address, self.bytes);
        }
        let bytes = file.bytes(stored.address, stored.bytes)?;
        filters::undo(&self.filters, bytes, stored.left_out, self.bytes as usize)
    }

    /// Reads the index.
    pub fn index(&self, file: &Hdf5File) -> Result<ChunkIndex, DecodeError> {
        let mut chunks = Vec::new();
        match &self.layout {
            DataLayoutMessage::ChunkedV3 { b_tree_address, .. } => self.tree_1(file, *b_tree_address, &mut chunks)?,
            DataLayoutMessage::ChunkedV4 { index_type, index_address, earray_params, single_chunk_filter, .. }
                if *index_address != UNDEF_ADDR =>
            {
                let address = *index_address;
                match index_type {
                    ChunkIndexType::SingleChunk => {
                        let (bytes, left_out) =
                            single_chunk_filter.as_ref().map_or((self.bytes, 0), |one| (one.nbytes, one.filter_mask));
                        chunks.push((0, Stored { address, bytes, left_out }));
                    }
                    ChunkIndexType::Implicit => self.implicit(file, address, &mut chunks)?,
                    ChunkIndexType::FixedArray => self.fixed(file, address, &mut chunks)?,
                    ChunkIndexType::ExtensibleArray => {
                        let how = earray_params.as_ref().ok_or_else(|| corrupt("an extensible array".to_owned()))?;
                        self.extensible(file, address, how, &mut chunks)?;
                    }
                    ChunkIndexType::BTreeV2 => self.tree_2(file, address, &mut chunks)?,
                }
            }
            _ => {}
        }
        chunks.sort_unstable_by_key(|(number, _)| *number);
        Ok(ChunkIndex(chunks))
    }

    fn add(&self, place: &[u64], stored: Stored, chunks: &mut Vec<(u64, Stored)>) {
        // An extent that was made smaller leaves chunks outside.
        if let Some(number) = self.number(place).filter(|_| stored.address != UNDEF_ADDR) {
            chunks.push((number, stored));
        }
    }

    /// The place in the grid of a slot in an array of chunks. Slots are counted over the largest extent; the axis that may
    /// grow for ever counts slowest, else the first.
    fn place(&self, slot: u64) -> Vec<u64> {
        let largest = self.largest.as_deref().unwrap_or(&self.shape);
        let slowest = largest.iter().position(|length| *length == u64::MAX).unwrap_or(0);
        let mut place = vec![0; self.dims.len()];
        let mut rest = slot;
        for d in (0..place.len()).rev().filter(|d| *d != slowest) {
            let length = largest[d].div_ceil(self.dims[d]).max(1);
            place[d] = rest % length;
            rest /= length;
        }
        place[slowest] = rest;
        place
    }

    fn add_slot(&self, slot: u64, stored: Stored, chunks: &mut Vec<(u64, Stored)>) {
        if stored.address != UNDEF_ADDR {
            self.add(&self.place(slot), stored, chunks);
        }
    }

    fn whole(&self, address: u64) -> Stored {
        Stored { address, bytes: self.bytes, left_out: 0 }
    }

    fn tree_1(&self, file: &Hdf5File, root: u64, chunks: &mut Vec<(u64, Stored)>) -> Result<(), DecodeError> {
        let rank = self.dims.len();
        let width = usize::from(file.context.sizeof_addr);
        let size = file.ranks.chunk_btree_node_size(width, rank);
        let mut seen = HashSet::new();
        let mut pending = vec![(root, u8::MAX)];
        while let Some((address, above)) = pending.pop() {
            if address == UNDEF_ADDR {
                continue;
            }
            if !seen.insert(address) {
                return Err(corrupt("an index of chunks that leads back into itself".to_owned()));
            }
            let bytes = file.at_most(address, size)?;
            let node = ChunkBTreeV1Node::decode(&bytes, width, rank, file.ranks.chunk_max_entries());
            let node = node.map_err(|error| translate(&error))?;
            if node.level >= above {
                return Err(corrupt("an index of chunks whose levels do not fall".to_owned()));
            }
            for (key, child) in node.keys.iter().zip(&node.children) {
                if node.level > 0 {
                    pending.push((*child, node.level));
                    continue;
                }
                let aligned = key.offsets.iter().zip(&self.dims).all(|(offset, dim)| offset % dim == 0);
                if !aligned {
                    return Err(corrupt(format!("a chunk at {:?}, beside the grid", key.offsets)));
                }
                let place: Vec<u64> = key.offsets.iter().zip(&self.dims).map(|(offset, dim)| offset / dim).collect();
                let stored = Stored { address: *child, bytes: key.chunk_size.into(), left_out: key.filter_mask };
                self.add(&place, stored, chunks);
            }
        }
        Ok(())
    }

    fn tree_2(&self, file: &Hdf5File, address: u64, chunks: &mut Vec<(u64, Stored)>) -> Result<(), DecodeError> {
        let rank = self.dims.len();
        let head = object::tree(file, address)?;
        let decode = || -> FormatResult<Vec<(Vec<u64>, Stored)>> {
            let records = collect_btree_v2_records(&head, &file.context, &mut Blocks::of(file))?;
            let n = records.len() / usize::from(head.record_size).max(1);
            if head.record_type == BT2_TYPE_CHUNK_UNFILT {
                let read = Bt2ChunkIndex::decode_unfiltered_records(&records, n, rank, &file.context)?;
                return Ok(read.into_iter().map(|one| (one.scaled_offsets, self.whole(one.chunk_address))).collect());
            }
            let read = Bt2ChunkIndex::decode_filtered_records(&records, n, rank, head.record_size, &file.context)?;
            let stored = |one: &rust_hdf5::format::chunk_index::btree_v2::Bt2FilteredChunkRecord| Stored {
                address: one.chunk_address,
                bytes: one.chunk_size,
                left_out: one.filter_mask,
            };
            Ok(read.into_iter().map(|one| (one.scaled_offsets.clone(), stored(&one))).collect())
        };
        for (place, stored) in decode().map_err(|error| translate(&error))? {
            self.add(&place, stored, chunks);
        }
        Ok(())
    }

    /// All chunks lie one after the other.
    fn implicit(&self, file: &Hdf5File, address: u64, chunks: &mut Vec<(u64, Stored)>) -> Result<(), DecodeError> {
        let largest = self.largest.as_deref().unwrap_or(&self.shape);
        let slots = largest.iter().zip(&self.dims).try_fold(1_u64, |n, (a, b)| n.checked_mul(a.div_ceil(*b)));
        let end = slots.and_then(|n| n.checked_mul(self.bytes)?.checked_add(address));
        let slots = slots.filter(|_| end.is_some_and(|end| end <= file.length()));
        let slots = slots.ok_or_else(|| truncated("the file ends before its numbers do"))?;
        for slot in 0..slots {
            self.add_slot(slot, self.whole(address + slot * self.bytes), chunks);
        }
        Ok(())
    }

    fn fixed(&self, file: &Hdf5File, address: u64, chunks: &mut Vec<(u64, Stored)>) -> Result<(), DecodeError> {
        let context = &file.context;
        let read = |error: FormatError| translate(&error);
        let head = FixedArrayHeader::decode(&file.at_most(address, 256)?, context).map_err(read)?;
        if head.data_blk_addr == UNDEF_ADDR {
            return Ok(());
        }
        let filtered = head.client_id == FA_CLIENT_FILT_CHUNK;
        let width = usize::from(context.sizeof_addr);
        let length_width = if filtered { width_of_length(head.element_size.into(), width)? } else { 0 };
        let element = if filtered { width + length_width + 4 } else { width } as u64;
        let of_page = |bytes: &[u8], n: u64| -> FormatResult<Vec<Stored>> {
            Ok(if filtered {
                let read = decode_filtered_page(bytes, context, n as usize, length_width)?;
                let stored = |one: rust_hdf5::format::chunk_index::fixed_array::FixedArrayFilteredChunkElement| {
                    Stored { address: one.address, bytes: one.chunk_size, left_out: one.filter_mask }
                };
                read.into_iter().map(stored).collect()
            } else {
                let read = decode_unfiltered_page(bytes, context, n as usize)?;
                read.into_iter().map(|address| self.whole(address)).collect()
            })
        };
        let too_long = || truncated("an array of chunks");
        let all = head.num_elmts;
        let bytes_of_all = all.checked_mul(element).filter(|bytes| *bytes <= file.length());
        if !head.is_paged() {
            let bytes = bytes_of_all.ok_or_else(too_long)?;
            let block = file.bytes(head.data_blk_addr, bytes + 10 + width as u64)?;
            let n = all as usize;
            if filtered {
                let block = FixedArrayDataBlock::decode_filtered(&block, context, n, length_width).map_err(read)?;
                for (slot, one) in (0..).zip(block.filtered_elements) {
                    let stored = Stored { address: one.address, bytes: one.chunk_size, left_out: one.filter_mask };
                    self.add_slot(slot, stored, chunks);
                }
            } else {
                let block = FixedArrayDataBlock::decode_unfiltered(&block, context, n).map_err(read)?;
                for (slot, address) in (0..).zip(block.elements) {
                    self.add_slot(slot, self.whole(address), chunks);
                }
            }
            return Ok(());
        }
        let (pages, per_page) = (head.npages(), head.dblk_page_nelmts());
        let prefix = file.at_most(head.data_blk_addr, (pages as usize).div_ceil(8).saturating_add(10 + width))?;
        let prefix = FixedArrayPagedPrefix::decode(&prefix, context, pages).map_err(read)?;
        let first = head.data_blk_addr + prefix.prefix_size as u64;
        for page in (0..pages).filter(|page| prefix.page_initialized(*page as usize)) {
            let n = per_page.min(all - page * per_page);
            let at = page.checked_mul(per_page * element + 4).and_then(|offset| first.checked_add(offset));
            let bytes = file.bytes(at.ok_or_else(too_long)?, n * element + 4)?;
            for (slot, stored) in (page * per_page..).zip(of_page(&bytes, n).map_err(read)?) {
                self.add_slot(slot, stored, chunks);
            }
        }
        Ok(())
    }

    fn extensible(
        &self,
        file: &Hdf5File,
        address: u64,
        how: &EarrayParams,
        chunks: &mut Vec<(u64, Stored)>,
    ) -> Result<(), DecodeError> {
        let context = &file.context;
        let read = |error: FormatError| translate(&error);
        let head = ExtensibleArrayHeader::decode(&file.at_most(address, 256)?, context).map_err(read)?;
        if head.idx_blk_addr == UNDEF_ADDR {
            return Ok(());
        }
        let geometry = EaGeometry::new(
            how.idx_blk_elmts,
            how.data_blk_min_elmts,
            how.sup_blk_min_data_ptrs,
            how.max_nelmts_bits,
            how.max_dblk_page_nelmts_bits,
        );
        let geometry = geometry.map_err(read)?;
        let filtered = head.class_id == EA_CLS_FILT_CHUNK;
        let width = usize::from(context.sizeof_addr);
        let length_width = if filtered { width_of_length(head.raw_elmt_size.into(), width)? } else { 0 };
        let element = if filtered { width + length_width + 4 } else { width };
        let of_entry =
            |one: &FilteredChunkEntry| Stored { address: one.addr, bytes: one.nbytes, left_out: one.filter_mask };

        let first = usize::from(how.idx_blk_elmts);
        let blocks = geometry.ndblk_addrs + geometry.nsblk_addrs;
        let block = file.at_most(head.idx_blk_addr, 10 + width + first * element + blocks * width)?;
        let (of_blocks, of_supers) = if filtered {
            let (n, m) = (geometry.ndblk_addrs, geometry.nsblk_addrs);
            let block = FilteredIndexBlock::decode(&block, context, first, n, m, length_width as u8).map_err(read)?;
            for (slot, one) in (0..).zip(&block.elements) {
                self.add_slot(slot, of_entry(one), chunks);
            }
            (block.dblk_addrs, block.sblk_addrs)
        } else {
            let (n, m) = (geometry.ndblk_addrs, geometry.nsblk_addrs);
            let block = ExtensibleArrayIndexBlock::decode(&block, context, first, n, m).map_err(read)?;
            for (slot, address) in (0..).zip(&block.elements) {
                self.add_slot(slot, self.whole(*address), chunks);
            }
            (block.dblk_addrs, block.sblk_addrs)
        };

        for (number, group) in geometry.sblk.iter().enumerate() {
            let paged = geometry.is_sblk_paged(number);
            let (addresses, initialised) = if number < geometry.iblock_nsblks {
                let start = group.start_dblk as usize;
                (of_blocks.get(start..start + group.ndblks as usize).unwrap_or_default().to_vec(), Vec::new())
            } else {
                let address = of_supers.get(number - geometry.iblock_nsblks).copied().unwrap_or(UNDEF_ADDR);
                if address == UNDEF_ADDR {
                    continue;
                }
                let n = group.ndblks as usize;
                let bits = if paged { n.saturating_mul(geometry.dblk_page_init_size(number)) } else { 0 };
                let bytes = file.at_most(address, n.saturating_mul(width).saturating_add(bits + width + 18))?;
                let read_block = ExtensibleArraySuperBlock::decode(&bytes, context, how.max_nelmts_bits, n, bits);
                let block = read_block.map_err(read)?;
                (block.dblk_addrs, block.page_init)
            };
            let prefix = geometry.dblk_prefix_size(context.sizeof_addr, how.max_nelmts_bits);
            for (at, address) in (0_u64..).zip(addresses).filter(|(_, address)| *address != UNDEF_ADDR) {
                let slot = first as u64 + group.start_idx + at * group.dblk_nelmts;
                let n = group.dblk_nelmts as usize;
                if paged {
                    let page = geometry.dblk_page_nelmts;
                    let size = geometry.dblk_page_size(element) as u64;
                    let there = |page: &u64| {
                        let bit = (at * geometry.npages(number) + page) as usize;
                        initialised.get(bit / 8).is_some_and(|bits| bits & (0x80 >> (bit % 8)) != 0)
                    };
                    let block = PagedBlock { address: address + prefix as u64, slot, page, size, element, filtered };
                    self.pages(file, &block, (0..geometry.npages(number)).filter(there), chunks)?;
                    continue;
                }
                let bytes = file.at_most(address, prefix + n.saturating_mul(element))?;
                if filtered {
                    let block = FilteredDataBlock::decode(&bytes, context, how.max_nelmts_bits, n, length_width as u8);
                    for (slot, one) in (slot..).zip(&block.map_err(read)?.elements) {
                        self.add_slot(slot, of_entry(one), chunks);
                    }
                } else {
                    let block = ExtensibleArrayDataBlock::decode(&bytes, context, how.max_nelmts_bits, n);
                    for (slot, address) in (slot..).zip(block.map_err(read)?.elements) {
                        self.add_slot(slot, self.whole(address), chunks);
                    }
                }
            }
        }
        Ok(())
    }

    /// Pages of a data block of an extensible array.
    fn pages(
        &self,
        file: &Hdf5File,
        block: &PagedBlock,
        pages: impl Iterator<Item = u64>,
        chunks: &mut Vec<(u64, Stored)>,
    ) -> Result<(), DecodeError> {
        let width = usize::from(file.context.sizeof_addr);
        for page in pages {
            let at = page.checked_mul(block.size).and_then(|offset| offset.checked_add(block.address));
            let bytes = file.bytes(at.ok_or_else(|| truncated("an array of chunks"))?, block.size)?;
            let (content, sum) = bytes.split_last_chunk::<4>().ok_or_else(|| truncated("an array of chunks"))?;
            if checksum_metadata(content) != u32::from_le_bytes(*sum) {
                return Err(corrupt("a checksum of the index of chunks".to_owned()));
            }
            for (slot, bytes) in (block.slot + page * block.page..).zip(content.chunks_exact(block.element)) {
                let stored = if block.filtered {
                    let one = FilteredChunkEntry::decode(bytes, width, block.element - width - 4);
                    Stored { address: one.addr, bytes: one.nbytes, left_out: one.filter_mask }
                } else {
                    self.whole(object::number(bytes, file.context.sizeof_addr).unwrap_or(UNDEF_ADDR))
                };
                self.add_slot(slot, stored, chunks);
            }
        }
        Ok(())
    }
}

/// A data block of an extensible array that is cut into pages.
struct PagedBlock {
    /// Of the first page.
    address: u64,
    /// Of the first chunk.
    slot: u64,
    /// Chunks per page.
    page: u64,
    /// Bytes per page.
    size: u64,
    /// Bytes per chunk's entry.
    element: usize,
    filtered: bool,
}

/// Bytes of a chunk's length in an entry of address, length and mask.
fn width_of_length(entry: usize, address: usize) -> Result<usize, DecodeError> {
    let width = entry.checked_sub(address + 4).filter(|width| *width <= 8);
    width.ok_or_else(|| corrupt(format!("entries of {entry} bytes in an index of chunks")))
}

impl ChunkIndex {
    /// `None` for a chunk that was never written.
    pub fn get(&self, number: u64) -> Option<Stored> {
        let at = self.0.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.0[at].1)
    }

    /// How many chunks were written.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The largest number of a chunk that was written.
    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|(number, _)| *number)
    }
}
