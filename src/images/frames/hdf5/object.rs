//! Object headers: the messages of a group or data set, and its attributes.
//!
//! Reference: HDF5 file format specification 3.0, section IV.A. Headers of version 2 carry checksums, which are checked.

use std::collections::HashSet;

use rust_hdf5::DatatypeMessage;
use rust_hdf5::format::checksum::checksum_metadata;
use rust_hdf5::format::chunk_index::btree_v2::Bt2Header;
use rust_hdf5::format::dense_attr::read_dense_attributes;
use rust_hdf5::format::global_heap::{GlobalHeapCollection, decode_vlen_reference};
use rust_hdf5::format::messages::attr_info::AttributeInfoMessage;
use rust_hdf5::format::messages::attribute::{AttributeEntry, AttributeMessage};
use rust_hdf5::format::messages::datatype::fixed_string_content;
use rust_hdf5::format::messages::{MSG_ATTR_INFO, MSG_ATTRIBUTE, MSG_FLAG_SHARED, MSG_OBJ_HEADER_CONTINUATION};
use rust_hdf5::format::object_header::{OCHK_SIGNATURE, OHDR_SIGNATURE, ObjectHeader, ObjectHeaderMessage};
use rust_hdf5::format::sohm::{SharedLocation, SharedMessagePointer};
use rust_hdf5::format::{FormatContext, FormatError};

use super::file::{Blocks, Hdf5File};
use super::{corrupt, translate, truncated, unsupported};
use crate::images::DecodeError;

/// Read first; most headers are shorter.
const PROBE: usize = 1024;
/// Blocks of one header, at most.
const MOST_BLOCKS: usize = 4096;
/// Levels of a B-tree: more than any file needs.
const DEEPEST_TREE: u16 = 32;
/// Flag of a header whose messages say when they were created.
const TRACKS_CREATION: u8 = 0x04;

/// The header of the object at `address`, with the messages of all its blocks.
pub(super) fn header(file: &Hdf5File, address: u64) -> Result<ObjectHeader, DecodeError> {
    let mut bytes = file.at_most(address, PROBE)?;
    if let Err(FormatError::BufferTooShort { needed, .. }) = ObjectHeader::decode_any(&bytes) {
        bytes = file.bytes(address, needed as u64)?;
    }
    let (mut header, _) = ObjectHeader::decode_any(&bytes).map_err(|error| translate(&error))?;
    let version_2 = bytes.starts_with(&OHDR_SIGNATURE);
    let tracked = version_2 && header.flags & TRACKS_CREATION != 0;
    let mut seen = HashSet::new();
    let mut at = 0;
    while let Some(message) = header.messages.get(at) {
        at += 1;
        if message.msg_type != MSG_OBJ_HEADER_CONTINUATION {
            continue;
        }
        let (address, length) = extent(&message.data, file.context).ok_or_else(|| truncated("an object header"))?;
        if !seen.insert(address) || seen.len() > MOST_BLOCKS {
            return Err(corrupt("an object header that continues without end".to_owned()));
        }
        let block = file.bytes(address, length)?;
        let more = if version_2 { block_2(&block, tracked)? } else { messages_1(&block)? };
        header.messages.extend(more);
    }
    Ok(header)
}

/// The first message of this kind; through the committed data type that it names where it is shared.
pub(super) fn message(file: &Hdf5File, header: &ObjectHeader, kind: u8) -> Result<Option<Vec<u8>>, DecodeError> {
    let Some(message) = header.messages.iter().find(|message| message.msg_type == kind) else { return Ok(None) };
    if message.flags & MSG_FLAG_SHARED == 0 {
        return Ok(Some(message.data.clone()));
    }
    let pointer = SharedMessagePointer::decode(&message.data, &file.context).map_err(|error| translate(&error))?;
    if pointer.location != SharedLocation::Committed {
        return Err(unsupported("a table of shared messages".to_owned()));
    }
    let target = self::header(file, pointer.oh_addr)?;
    let own = target.messages.into_iter().find(|other| other.msg_type == kind && other.flags & MSG_FLAG_SHARED == 0);
    own.map(|message| Some(message.data)).ok_or_else(|| corrupt("a shared message that is not there".to_owned()))
}

/// The text of an attribute; a number as its digits. `None` where there is none, or it is of another kind.
pub(super) fn text(file: &Hdf5File, header: &ObjectHeader, name: &str) -> Option<String> {
    let found = header.messages.iter().filter(|message| message.msg_type == MSG_ATTRIBUTE).find_map(|message| {
        let attribute = AttributeEntry::parse(&message.data, &file.context).ok()?;
        (attribute.name() == name).then(|| attribute.readable().cloned())?
    });
    let attribute = found.or_else(|| {
        let dense = header.messages.iter().find(|message| message.msg_type == MSG_ATTR_INFO)?;
        let (info, _) = AttributeInfoMessage::decode(&dense.data, &file.context).ok()?;
        tree(file, info.name_btree_address).ok()?;
        let all = read_dense_attributes(&info, &file.context, &mut Blocks::of(file)).ok()?;
        all.iter().find(|one| one.name() == name)?.readable().cloned()
    })?;
    value(file, &attribute)
}

fn value(file: &Hdf5File, attribute: &AttributeMessage) -> Option<String> {
    let bytes = match &attribute.datatype {
        DatatypeMessage::FixedString { size, padding, .. } => {
            fixed_string_content(attribute.data.get(..*size as usize)?, *padding)?.to_vec()
        }
        DatatypeMessage::VarLenString { .. } => {
            let (length, address, index) = decode_vlen_reference(&attribute.data, &file.context).ok()?;
            let mut object = heap_object(file, address, u16::try_from(index).ok()?).ok()?;
            object.truncate(length as usize);
            object
        }
        DatatypeMessage::FixedPoint { size: 1..=8, .. } => {
            // 1 is 1 in either order.
            let set: Vec<&u8> = attribute.data.iter().filter(|byte| **byte != 0).collect();
            return (set == [&1]).then(|| "1".to_owned());
        }
        _ => return None,
    };
    let text = String::from_utf8_lossy(&bytes);
    Some(text.trim_end_matches(['\0', ' ']).to_owned())
}

/// The head of a B-tree of version 2 that is no deeper than trees are.
pub(super) fn tree(file: &Hdf5File, address: u64) -> Result<Bt2Header, DecodeError> {
    let head = Bt2Header::decode(&file.at_most(address, 256)?, &file.context).map_err(|error| translate(&error))?;
    if head.depth > DEEPEST_TREE {
        return Err(corrupt(format!("a tree of {} levels", head.depth)));
    }
    Ok(head)
}

/// An object of the global heap.
pub(super) fn heap_object(file: &Hdf5File, address: u64, index: u16) -> Result<Vec<u8>, DecodeError> {
    let start = file.at_most(address, 24)?;
    let size = GlobalHeapCollection::decode_size(&start, &file.context).map_err(|error| translate(&error))?;
    let bytes = file.bytes(address, size as u64)?;
    let (heap, _) = GlobalHeapCollection::decode(&bytes, &file.context).map_err(|error| translate(&error))?;
    let object = heap.get_object(index).map(<[u8]>::to_vec);
    object.ok_or_else(|| corrupt(format!("object {index} of a heap is missing")))
}

/// An unsigned number of `width` bytes.
pub(super) fn number(bytes: &[u8], width: u8) -> Option<u64> {
    let bytes = bytes.get(..usize::from(width)).filter(|bytes| bytes.len() <= 8)?;
    Some(bytes.iter().rev().fold(0, |sum, &digit| sum << 8 | u64::from(digit)))
}

/// Address and length.
fn extent(bytes: &[u8], context: FormatContext) -> Option<(u64, u64)> {
    let address = number(bytes, context.sizeof_addr)?;
    Some((address, number(bytes.get(usize::from(context.sizeof_addr)..)?, context.sizeof_size)?))
}

/// Messages of a block that continues a header of version 2.
fn block_2(block: &[u8], tracked: bool) -> Result<Vec<ObjectHeaderMessage>, DecodeError> {
    let damaged = || corrupt("an object header's checksum".to_owned());
    let (content, sum) = block.split_last_chunk::<4>().ok_or_else(damaged)?;
    let mut rest = content.strip_prefix(&OCHK_SIGNATURE).ok_or_else(damaged)?;
    if checksum_metadata(content) != u32::from_le_bytes(*sum) {
        return Err(damaged());
    }
    let mut messages = Vec::new();
    let head = if tracked { 6 } else { 4 };
    // Fewer bytes than a message's head are a gap.
    while rest.len() >= head {
        let size = usize::from(u16::from_le_bytes([rest[1], rest[2]]));
        let data = rest.get(head..head + size).ok_or_else(|| truncated("a message of an object header"))?;
        messages.push(ObjectHeaderMessage {
            msg_type: rest[0],
            flags: rest[3],
            creation_index: 0,
            data: data.to_vec(),
        });
        rest = &rest[head + size..];
    }
    Ok(messages)
}

/// Messages of a block that continues a header of version 1.
fn messages_1(mut rest: &[u8]) -> Result<Vec<ObjectHeaderMessage>, DecodeError> {
    const HEAD: usize = 8;
    let mut messages = Vec::new();
    while rest.len() >= HEAD {
        let size = usize::from(u16::from_le_bytes([rest[2], rest[3]]));
        let data = rest.get(HEAD..HEAD + size).ok_or_else(|| truncated("a message of an object header"))?;
        // Kinds above 255 do not exist.
        messages.push(ObjectHeaderMessage {
            msg_type: rest[0],
            flags: rest[4],
            creation_index: 0,
            data: data.to_vec(),
        });
        rest = rest.get(HEAD + size.next_multiple_of(HEAD)..).unwrap_or_default();
    }
    Ok(messages)
}
