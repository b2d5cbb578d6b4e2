//! Filters of chunks, undone one after the other.
//!
//! Reference: HDF5 file format specification 3.0, section IV.A.2.l, and the register of filters. `rust_hdf5` undoes them;
//! it takes a Fletcher-32 checksum off without a look at it, so that one is checked here.

use rust_hdf5::format::messages::filter::{
    FILTER_FLETCHER32, FILTER_SHUFFLE, FILTER_ZSTD, reverse_filters_masked_bounded,
};
use rust_hdf5::{Filter, FilterPipeline};

use super::{corrupt, translate, truncated, unsupported};
use crate::images::DecodeError;

/// Filters that can be undone: deflate, shuffle, Fletcher-32, szip, n-bit, scale-offset, bzip2, LZF, blosc, LZ4,
/// bitshuffle and zstd.
const KNOWN: [u16; 12] = [1, 2, 3, 4, 5, 6, 307, 32000, 32001, 32004, 32008, 32015];

const BITSHUFFLE: u16 = 32008;
/// The fifth parameter of bitshuffle where zstd follows it.
const BITSHUFFLE_ZSTD: u32 = 3;

/// Registered filters that people meet and that are refused, by number.
const OTHERS: [(u16, &str); 8] = [
    (305, "LZO"),
    (32010, "Delta-Rice"),
    (32013, "ZFP"),
    (32017, "SZ"),
    (32018, "FCIDECOMP"),
    (32019, "JPEG"),
    (32024, "SZ3"),
    (32026, "Blosc2"),
];

/// Names a filter that cannot be undone, before the first frame is asked for.
pub(super) fn refuse(pipeline: &FilterPipeline) -> Result<(), DecodeError> {
    let Some(other) = pipeline.filters.iter().find(|filter| !KNOWN.contains(&filter.id)) else { return Ok(()) };
    let name = OTHERS.iter().find(|(id, _)| *id == other.id).map_or("an unknown filter", |(_, name)| name);
    let known = "gzip, LZ4, LZF, bitshuffle, zstd, blosc, bzip2, szip, n-bit and scale-offset can be read";
    Err(unsupported(format!("compressed by {name} (filter {}); {known}", other.id)))
}

/// The `length` bytes of a chunk out of what is stored; `left_out` has a bit for each filter that was not applied.
///
/// # Errors
/// When a checksum does not agree, or the bytes are fewer or more.
pub(super) fn undo(
    pipeline: &FilterPipeline,
    stored: Vec<u8>,
    left_out: u32,
    length: usize,
) -> Result<Vec<u8>, DecodeError> {
    refuse(pipeline)?;
    let applied = |at: &usize| *at >= 32 || left_out & (1 << at) == 0;
    let filters: Vec<&Filter> = (0..pipeline.filters.len()).filter(applied).map(|at| &pipeline.filters[at]).collect();
    let mut bytes = stored;
    for (at, filter) in filters.iter().enumerate().rev() {
        if filter.id == FILTER_FLETCHER32 {
            bytes = without_checksum(bytes)?;
            continue;
        }
        // Before the last, a filter's output may be longer than the numbers, but not by much; and no longer where the
        // others only change the order of bytes: decoders make room for as many as there may be.
        let in_order = filters[..at].iter().all(|filter| filter.id == FILTER_SHUFFLE);
        let most = if in_order { length } else { length.saturating_mul(2).saturating_add(1 << 16) };
        bytes = if filter.id == BITSHUFFLE && filter.cd_values.get(4) == Some(&BITSHUFFLE_ZSTD) {
            bitshuffled_zstd(filter, &bytes, most)?
        } else {
            one(filter, &bytes, most)?
        };
    }
    if bytes.len() < length {
        return Err(truncated("a chunk holds fewer numbers than its shape says"));
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn one(filter: &Filter, bytes: &[u8], most: usize) -> Result<Vec<u8>, DecodeError> {
    let one = FilterPipeline { filters: vec![filter.clone()] };
    reverse_filters_masked_bounded(&one, bytes, 0, most).map_err(|error| translate(&error))
}

/// Bitshuffled blocks, each packed by zstd on its own, and what was too short for a block, as it is.
fn bitshuffled_zstd(filter: &Filter, bytes: &[u8], most: usize) -> Result<Vec<u8>, DecodeError> {
    let short = || truncated("a bitshuffled chunk");
    let word = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) as usize);
    let length = bytes.first_chunk().map(|head| u64::from_be_bytes(*head)).ok_or_else(short)?;
    let length = usize::try_from(length).ok().filter(|length| *length <= most).ok_or_else(short)?;
    let element = filter.cd_values.get(2).map_or(1, |size| *size as usize).max(1);
    let block = word(8).filter(|block| *block >= element).ok_or_else(short)?;
    // Blocks hold eight numbers at least.
    let shuffled = length / (8 * element) * (8 * element);
    let zstd = Filter { id: FILTER_ZSTD, flags: 0, cd_values: Vec::new() };
    let mut at = 12;
    let mut plain = Vec::with_capacity(length);
    while plain.len() < shuffled {
        let size = word(at).ok_or_else(short)?;
        let packed = bytes.get(at + 4..).and_then(|rest| rest.get(..size)).ok_or_else(short)?;
        let unpacked = one(&zstd, packed, block.min(shuffled - plain.len()))?;
        if unpacked.is_empty() {
            return Err(short());
        }
        plain.extend(unpacked);
        at += 4 + size;
    }
    plain.extend(bytes.get(at..).and_then(|rest| rest.get(..length - shuffled)).ok_or_else(short)?);
    let mut shuffle = filter.clone();
    shuffle.cd_values.truncate(3);
    shuffle.cd_values.extend([(block / element) as u32, 0]);
    one(&shuffle, &plain, most)
}

fn without_checksum(mut bytes: Vec<u8>) -> Result<Vec<u8>, DecodeError> {
    let end = bytes.len().checked_sub(4).ok_or_else(|| truncated("a chunk without its checksum"))?;
    let stored = bytes[end..].iter().rev().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
    bytes.truncate(end);
    let sum = fletcher32(&bytes);
    // Version 1.6.2 and before wrote the bytes of each half in the other order.
    let swapped = (sum & 0x00FF_00FF) << 8 | (sum & 0xFF00_FF00) >> 8;
    if stored != sum && stored != swapped {
        return Err(corrupt("a chunk's Fletcher-32 checksum does not agree".to_owned()));
    }
    Ok(bytes)
}

/// Fletcher's checksum of pairs of bytes, the first the higher.
fn fletcher32(bytes: &[u8]) -> u32 {
    /// So many sums of pairs stay below 2³².
    const BLOCK: usize = 720;
    let fold = |sum: u32| (sum & 0xFFFF) + (sum >> 16);
    let (mut one, mut two) = (0_u32, 0_u32);
    for block in bytes.chunks(BLOCK) {
        for pair in block.chunks(2) {
            one += u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low));
            two += one;
        }
        (one, two) = (fold(one), fold(two));
    }
    fold(two) << 16 | fold(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_library() {
        // What `H5_checksum_fletcher32` answers.
        for (bytes, sum) in [(&b""[..], 0), (b"hi", 0x6869_6869), (b"abc", 0x25c5_c462), (b"hello world", 0xfc27_91ce)]
        {
            assert_eq!(fletcher32(bytes), sum, "{bytes:?}");
        }
        assert_eq!(fletcher32(&[0xFF; 4]), u32::MAX);
    }
}
