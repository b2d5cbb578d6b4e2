//! Links of groups, and where paths lead: through soft links, and into other files.
//!
//! Reference: HDF5 file format specification 3.0, sections III and IV.A.2.g; where the library looks for other files is
//! written at `H5Lcreate_external`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rust_hdf5::format::UNDEF_ADDR;
use rust_hdf5::format::btree_v1::BTreeV1Node;
use rust_hdf5::format::dense_link::read_dense_links;
use rust_hdf5::format::local_heap::{LocalHeapHeader, local_heap_get_string};
use rust_hdf5::format::messages::link::{LinkMessage, LinkTarget};
use rust_hdf5::format::messages::link_info::LinkInfoMessage;
use rust_hdf5::format::messages::{MSG_DATA_LAYOUT, MSG_LINK, MSG_LINK_INFO, MSG_SYMBOL_TABLE};
use rust_hdf5::format::object_header::ObjectHeader;
use rust_hdf5::format::superblock::SymbolTableCache;
use rust_hdf5::format::symbol_table::SymbolTableNode;

use super::file::{Blocks, Files, Hdf5File};
use super::{corrupt, object, translate};
use crate::images::DecodeError;

/// Soft and external links followed in a row, as the library does.
const MOST_HOPS: usize = 16;
/// Links of one group looked at.
const MOST_LINKS: usize = 1_000_000;

/// An object: a group, a data set or a data type.
#[derive(Clone)]
pub(super) struct Place {
    pub file: Rc<Hdf5File>,
    /// Of its header.
    pub address: u64,
}

impl Place {
    /// The same for the same object, whatever it is called.
    pub fn key(&self) -> (usize, u64) {
        (self.file.number, self.address)
    }

    pub fn header(&self) -> Result<ObjectHeader, DecodeError> {
        object::header(&self.file, self.address)
    }
}

/// A named link of a group.
pub(super) struct Link {
    pub name: String,
    pub target: LinkTarget,
}

/// Why a path leads nowhere.
#[derive(Debug)]
pub(super) enum Lost {
    /// The file at the other end of an external link, or of a virtual data set.
    File(String),
    /// A name that is not in its group.
    Name(String),
    /// Damaged, or links that follow each other without end.
    Damaged(DecodeError),
}

impl From<DecodeError> for Lost {
    fn from(error: DecodeError) -> Self {
        Self::Damaged(error)
    }
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(file) => write!(f, "`{file}`, which is missing"),
            Self::Name(name) => write!(f, "`{name}`, which is not in its file"),
            Self::Damaged(error) => write!(f, "a place that cannot be read ({error})"),
        }
    }
}

/// Whether the object is a data set.
pub(super) fn is_dataset(header: &ObjectHeader) -> bool {
    header.messages.iter().any(|message| message.msg_type == MSG_DATA_LAYOUT)
}

/// All links of the group with this header, by name; none for what is no group.
pub(super) fn links(file: &Hdf5File, header: &ObjectHeader) -> Result<Vec<Link>, DecodeError> {
    let decoded = |bytes: &[u8]| LinkMessage::decode(bytes, &file.context).map_err(|error| translate(&error));
    let mut links = Vec::new();
    for message in &header.messages {
        match message.msg_type {
            MSG_LINK => {
                let (link, _) = decoded(&message.data)?;
                links.push(Link { name: link.name, target: link.target });
            }
            MSG_LINK_INFO => {
                let read = LinkInfoMessage::decode(&message.data, &file.context);
                let (info, _) = read.map_err(|error| translate(&error))?;
                if info.is_dense() {
                    object::tree(file, info.name_btree_address)?;
                }
                let dense = read_dense_links(&info, &file.context, &mut Blocks::of(file));
                let dense = dense.map_err(|error| translate(&error))?;
                links.extend(dense.into_iter().map(|link| Link { name: link.name, target: link.target }));
            }
            MSG_SYMBOL_TABLE => table(file, &message.data, &mut links)?,
            _ => {}
        }
        if links.len() > MOST_LINKS {
            return Err(corrupt(format!("a group of more than {MOST_LINKS} links")));
        }
    }
    links.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(links)
}

/// Links of a group as files before version 1.8 hold them.
fn table(file: &Hdf5File, message: &[u8], links: &mut Vec<Link>) -> Result<(), DecodeError> {
    let width = file.context.sizeof_addr;
    let addresses =
        object::number(message, width).zip(message.get(width.into()..).and_then(|rest| object::number(rest, width)));
    let (tree, heap) = addresses.ok_or_else(|| corrupt("a symbol table".to_owned()))?;
    let (sa, ss) = (usize::from(width), usize::from(file.context.sizeof_size));
    let head = LocalHeapHeader::decode(&file.at_most(heap, 64)?, sa, ss).map_err(|error| translate(&error))?;
    let names = file.bytes(head.data_addr, head.data_size)?;
    let name = |offset| local_heap_get_string(&names, offset).map_err(|error| translate(&error));
    let mut seen = HashSet::new();
    let mut pending = vec![(tree, u8::MAX)];
    while let Some((address, above)) = pending.pop() {
        if address == UNDEF_ADDR {
            continue;
        }
        if !seen.insert(address) {
            return Err(corrupt("a tree of links that leads back into itself".to_owned()));
        }
        let bytes = file.at_most(address, file.ranks.snode_btree_node_size(sa, ss))?;
        let node =
            BTreeV1Node::decode(&bytes, sa, ss, file.ranks.snode_max_entries()).map_err(|error| translate(&error))?;
        if node.level >= above {
            return Err(corrupt("a tree of links whose levels do not fall".to_owned()));
        }
        if node.level > 0 {
            pending.extend(node.children.iter().map(|child| (*child, node.level)));
            continue;
        }
        for &leaf in &node.children {
            let bytes = file.at_most(leaf, file.ranks.symbol_table_node_size(sa, ss))?;
            let leaf = SymbolTableNode::decode(&bytes, sa, ss, file.ranks.sym_leaf_max_entries());
            for entry in leaf.map_err(|error| translate(&error))?.entries {
                let target = match entry.cache {
                    SymbolTableCache::SoftLink { value_offset } => {
                        LinkTarget::Soft { target: name(u64::from(value_offset))? }
                    }
                    _ => LinkTarget::Hard { address: entry.obj_header_addr },
                };
                links.push(Link { name: name(entry.name_offset)?, target });
            }
            if links.len() > MOST_LINKS {
                return Err(corrupt(format!("a group of more than {MOST_LINKS} links")));
            }
        }
    }
    Ok(())
}

/// The object that `path` names, from the root of `file` on.
pub(super) fn resolve(files: &Files, file: &Rc<Hdf5File>, path: &str) -> Result<Place, Lost> {
    walk(files, Place { file: Rc::clone(file), address: file.root }, path, &mut 0)
}

/// Where a link of `group` leads.
pub(super) fn follow(files: &Files, group: &Place, target: &LinkTarget) -> Result<Place, Lost> {
    step(files, group, target, &mut 0)
}

fn walk(files: &Files, mut at: Place, path: &str, hops: &mut usize) -> Result<Place, Lost> {
    if path.starts_with('/') {
        at.address = at.file.root;
    }
    for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
        let links = links(&at.file, &at.header()?)?;
        let link = links.into_iter().find(|link| link.name == name).ok_or_else(|| Lost::Name(path.to_owned()))?;
        at = step(files, &at, &link.target, hops)?;
    }
    Ok(at)
}

fn step(files: &Files, group: &Place, target: &LinkTarget, hops: &mut usize) -> Result<Place, Lost> {
    if let LinkTarget::Hard { address } = target {
        return Ok(Place { file: Rc::clone(&group.file), address: *address });
    }
    *hops += 1;
    if *hops > MOST_HOPS {
        return Err(corrupt(format!("more than {MOST_HOPS} links that follow each other")).into());
    }
    match target {
        LinkTarget::Soft { target } => walk(files, group.clone(), target, hops),
        LinkTarget::External { file, path } => {
            let found = other_file(&group.file.path, file).ok_or_else(|| Lost::File(file.clone()))?;
            let file = files.open(&found)?;
            let root = file.root;
            walk(files, Place { file, address: root }, path, hops)
        }
        LinkTarget::UserDefined { link_type, .. } => {
            Err(super::unsupported(format!("a link of kind {link_type}")).into())
        }
        LinkTarget::Hard { .. } => Ok(group.clone()),
    }
}

/// The file that `name` means in the file at `holder`; `None` where it is missing.
///
/// As the library looks: at an absolute path itself, then beside the holder by its last part; a relative one beside the
/// holder, below the working folder, and beside the file that the holder is a symbolic link to.
pub(super) fn other_file(holder: &Path, name: &str) -> Option<PathBuf> {
    let mut name = Path::new(name);
    if name.is_absolute() {
        if name.is_file() {
            return Some(name.to_owned());
        }
        name = Path::new(name.file_name()?);
    }
    let beside = |holder: &Path| holder.parent().unwrap_or(Path::new("")).join(name);
    let real = holder.canonicalize().ok().map(|holder| beside(&holder));
    let places = [Some(beside(holder)), Some(name.to_owned()), real];
    places.into_iter().flatten().find(|place| place.is_file())
}
