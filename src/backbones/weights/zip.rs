//! The part of the ZIP format that torch writes: stored (uncompressed) entries, with ZIP64 sizes.
//!
//! Reference: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 6.3.

use std::collections::BTreeMap;
use std::ops::Range;

use super::pickle::WeightsResult;

const END: [u8; 4] = *b"PK\x05\x06";
const END64: [u8; 4] = *b"PK\x06\x06";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";

/// Where the bytes of each entry lie in `file`.
pub(super) fn entries(file: &[u8]) -> WeightsResult<BTreeMap<String, Range<usize>>> {
    let end = file.windows(4).rposition(|window| window == END).ok_or("its ZIP directory is missing: is it whole?")?;
    slice(file, end, 22)?;
    let mut count = number::<2>(file, end + 10)?;
    let mut at = number::<4>(file, end + 16)?;
    if let Some(end64) = end.checked_sub(76).filter(|&start| file[start..].starts_with(&END64)) {
        count = number::<8>(file, end64 + 32)?;
        at = number::<8>(file, end64 + 48)?;
    }
    let mut found = BTreeMap::new();
    for _ in 0..count {
        if !slice(file, at, 4)?.eq(&ENTRY) {
            return Err("its ZIP directory is damaged".to_owned());
        }
        let [name_len, extra_len, comment_len] =
            [number::<2>(file, at + 28)?, number::<2>(file, at + 30)?, number::<2>(file, at + 32)?];
        let name = String::from_utf8_lossy(slice(file, at + 46, name_len)?).into_owned();
        if number::<2>(file, at + 10)? != 0 {
            return Err(format!("its ZIP entry `{name}` is compressed, which torch never does"));
        }
        let (size, local) = sizes(file, at, slice(file, at + 46 + name_len, extra_len)?)?;
        if !slice(file, local, 4)?.eq(&LOCAL) {
            return Err("its ZIP directory is damaged".to_owned());
        }
        let start = local + 30 + number::<2>(file, local + 26)? + number::<2>(file, local + 28)?;
        slice(file, start, size)?;
        found.insert(name, start..start + size);
        at += 46 + name_len + extra_len + comment_len;
    }
    Ok(found)
}

/// Size and local header of an entry; what does not fit into 32 bits is in the ZIP64 field of `extra`.
fn sizes(file: &[u8], at: usize, mut extra: &[u8]) -> WeightsResult<(usize, usize)> {
    let fields = [number::<4>(file, at + 24)?, number::<4>(file, at + 20)?, number::<4>(file, at + 42)?];
    let mut wide = &[][..];
    while extra.len() >= 4 {
        let size = number::<2>(extra, 2)?;
        if number::<2>(extra, 0)? == 1 {
            wide = slice(extra, 4, size)?;
        }
        extra = &extra[(4 + size).min(extra.len())..];
    }
    let mut next = 0;
    let mut resolved = [0; 3];
    for (value, field) in resolved.iter_mut().zip(fields) {
        *value = field;
        if field == u32::MAX as usize {
            *value = number::<8>(wide, next)?;
            next += 8;
        }
    }
    Ok((resolved[0], resolved[2]))
}

fn slice(file: &[u8], at: usize, len: usize) -> WeightsResult<&[u8]> {
    at.checked_add(len).and_then(|end| file.get(at..end)).ok_or_else(|| "its ZIP directory is damaged".to_owned())
}

fn number<const N: usize>(file: &[u8], at: usize) -> WeightsResult<usize> {
    let mut wide = [0; 8];
    wide[..N].copy_from_slice(slice(file, at, N)?);
    usize::try_from(u64::from_le_bytes(wide)).map_err(|_| "a size beyond this machine".to_owned())
}
