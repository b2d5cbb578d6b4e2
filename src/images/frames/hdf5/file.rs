//! Files at the level of bytes: where the superblock lies and what it says, and reads at addresses.
//!
//! Reference: HDF5 file format specification 3.0, section II. The structures themselves are decoded by `rust_hdf5::format`;
//! which bytes are read, and how many at most, is decided here and in the modules beside.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use rust_hdf5::BtreeKMessage;
use rust_hdf5::format::btree_v1::BTreeV1Config;
use rust_hdf5::format::messages::MSG_BTREE_K;
use rust_hdf5::format::superblock::{self, HDF5_SIGNATURE, SuperblockV0V1, SuperblockV2V3};
use rust_hdf5::format::{BlockReader, FormatContext, FormatError, FormatResult, UNDEF_ADDR};

use super::dataset::Dataset;
use super::object;
use super::{corrupt, truncated};
use crate::images::DecodeError;

/// Handles kept open at once: a master may link thousands of files.
const MOST_OPEN: usize = 4;
/// Bytes of the longest superblock.
const SUPERBLOCK: u64 = 256;

/// The files that one stack takes numbers from, each once whatever it is called.
#[derive(Default)]
pub(super) struct Files {
    known: RefCell<Vec<Rc<Hdf5File>>>,
    datasets: RefCell<HashMap<(usize, u64), Rc<Dataset>>>,
    depth: Cell<usize>,
    handles: Rc<Handles>,
}

/// A step into a virtual data set, taken back when it is dropped.
pub(super) struct Deeper<'a>(&'a Cell<usize>);

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// The most recently used last.
#[derive(Default)]
struct Handles(RefCell<Vec<(usize, File)>>);

/// An HDF5 file whose superblock has been read.
pub(super) struct Hdf5File {
    /// As it was opened; links in it are looked for beside it.
    pub path: PathBuf,
    /// Tells files apart within their [`Files`].
    pub number: usize,
    /// Widths of addresses and lengths.
    pub context: FormatContext,
    pub ranks: BTreeV1Config,
    /// Address of the root group.
    pub root: u64,
    identity: Identity,
    state: (u64, Option<SystemTime>),
    /// Where address 0 lies: behind the user block.
    base: u64,
    handles: Rc<Handles>,
}

/// What two names of one file have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity(PathBuf, Option<(u64, u64)>);

impl Identity {
    #[cfg(unix)]
    fn of(_: &Path, metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(PathBuf::new(), Some((metadata.dev(), metadata.ino())))
    }

    #[cfg(not(unix))]
    fn of(path: &Path, _: &Metadata) -> Self {
        Self(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()), None)
    }
}

fn state_of(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

impl Files {
    /// Opens `path`, unless it is open already, under whatever name.
    ///
    /// # Errors
    /// When it is no HDF5 file, or shorter than it says.
    pub fn open(&self, path: &Path) -> Result<Rc<Hdf5File>, DecodeError> {
        let metadata = fs::metadata(path)?;
        let identity = Identity::of(path, &metadata);
        if let Some(known) = self.known.borrow().iter().find(|known| known.identity == identity) {
            return Ok(Rc::clone(known));
        }
        let number = self.known.borrow().len();
        let file = Hdf5File::open(path, number, identity, state_of(&metadata), Rc::clone(&self.handles))?;
        let file = Rc::new(file);
        self.known.borrow_mut().push(Rc::clone(&file));
        Ok(file)
    }

    /// The data set of this file and address, where it is open.
    pub fn dataset(&self, key: (usize, u64)) -> Option<Rc<Dataset>> {
        self.datasets.borrow().get(&key).cloned()
    }

    /// Keeps a data set open: virtual ones ask for their sources again and again.
    pub fn keep(&self, dataset: &Rc<Dataset>) {
        self.datasets.borrow_mut().insert(dataset.place.key(), Rc::clone(dataset));
    }

    /// One step into a virtual data set; `None` where there were `most` already.
    pub fn deeper(&self, most: usize) -> Option<Deeper<'_>> {
        (self.depth.get() < most).then(|| {
            self.depth.set(self.depth.get() + 1);
            Deeper(&self.depth)
        })
    }
}

/// Where the signature lies: at the start, or behind a user block of 512 bytes, 1024, 2048, …
pub fn signature(file: &mut File) -> std::io::Result<Option<u64>> {
    let length = file.metadata()?.len();
    let places = std::iter::once(0).chain((9..63).map(|power| 1 << power));
    for place in places.take_while(|place| place + HDF5_SIGNATURE.len() as u64 <= length) {
        let mut start = [0; HDF5_SIGNATURE.len()];
        file.seek(SeekFrom::Start(place))?;
        file.read_exact(&mut start)?;
        if start == HDF5_SIGNATURE {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

impl Hdf5File {
    fn open(
        path: &Path,
        number: usize,
        identity: Identity,
        state: (u64, Option<SystemTime>),
        handles: Rc<Handles>,
    ) -> Result<Self, DecodeError> {
        let mut handle = File::open(path)?;
        let place = signature(&mut handle)?.ok_or_else(|| corrupt("no HDF5 signature".to_owned()))?;
        handle.seek(SeekFrom::Start(place))?;
        let mut start = Vec::new();
        handle.take(SUPERBLOCK).read_to_end(&mut start)?;
        let read = Superblock::decode(&start).map_err(|error| super::translate(&error))?;
        // A user block that was put before a finished file moves all of it.
        let end = read.end.saturating_sub(read.base).saturating_add(place);
        if end > state.0 {
            return Err(truncated("shorter than its superblock says"));
        }
        let Superblock { context, ranks, root, extension, .. } = read;
        let path = path.to_owned();
        let mut file = Self { path, number, context, ranks, root, identity, state, base: place, handles };
        if extension != UNDEF_ADDR {
            let header = object::header(&file, extension)?;
            if let Some(message) = header.messages.iter().find(|message| message.msg_type == MSG_BTREE_K) {
                let read = BtreeKMessage::decode(&message.data).map_err(|error| super::translate(&error))?;
                let BtreeKMessage { chunk_internal_k, snode_internal_k, sym_leaf_k } = read;
                file.ranks = BTreeV1Config { sym_leaf_k, snode_internal_k, chunk_internal_k };
            }
        }
        Ok(file)
    }

    /// Bytes from address 0 to the end of the file.
    pub fn length(&self) -> u64 {
        self.state.0 - self.base
    }

    /// Exactly `length` bytes at `address`.
    ///
    /// # Errors
    /// When the file ends before; nothing is allocated then.
    pub fn bytes(&self, address: u64, length: u64) -> Result<Vec<u8>, DecodeError> {
        if address.checked_add(length).is_none_or(|end| end > self.length()) {
            return Err(truncated("the file ends before its numbers do"));
        }
        let mut bytes = vec![0; length as usize];
        self.fill(address, &mut bytes)?;
        Ok(bytes)
    }

    /// Up to `length` bytes at `address`, fewer at the end of the file.
    pub fn at_most(&self, address: u64, length: usize) -> Result<Vec<u8>, DecodeError> {
        self.bytes(address, self.length().saturating_sub(address).min(length as u64))
    }

    /// Fills `bytes` from `address` on.
    pub fn fill(&self, address: u64, bytes: &mut [u8]) -> Result<(), DecodeError> {
        let at = address.checked_add(self.base).ok_or_else(|| truncated("the file ends before its numbers do"))?;
        let mut handles = self.handles.0.borrow_mut();
        if let Some(at) = handles.iter().position(|(number, _)| *number == self.number) {
            let handle = handles.remove(at);
            handles.push(handle);
        } else {
            let handle = File::open(&self.path)?;
            if state_of(&handle.metadata()?) != self.state {
                return Err(std::io::Error::other("the file changed while it was read").into());
            }
            if handles.len() == MOST_OPEN {
                handles.remove(0);
            }
            handles.push((self.number, handle));
        }
        let Some((_, handle)) = handles.last_mut() else { return Ok(()) };
        handle.seek(SeekFrom::Start(at))?;
        Ok(handle.read_exact(bytes)?)
    }
}

/// Lets the walkers of `rust_hdf5::format` read: what is whole reads no byte twice, so that a tree which leads back into
/// itself ends.
pub(super) struct Blocks<'a> {
    file: &'a Hdf5File,
    left: u64,
}

impl<'a> Blocks<'a> {
    pub fn of(file: &'a Hdf5File) -> Self {
        // Heads are read with some bytes behind them.
        Self { file, left: file.length().saturating_mul(2).saturating_add(1 << 16) }
    }
}

impl BlockReader for Blocks<'_> {
    fn read_block(&mut self, offset: u64, len: usize) -> FormatResult<Vec<u8>> {
        let endless = || FormatError::InvalidData("blocks that lead back into themselves".to_owned());
        self.left = self.left.checked_sub(len as u64).ok_or_else(endless)?;
        self.file.at_most(offset, len).map_err(|error| FormatError::InvalidData(error.to_string()))
    }
}

/// What is needed of either kind of superblock.
struct Superblock {
    context: FormatContext,
    ranks: BTreeV1Config,
    root: u64,
    extension: u64,
    base: u64,
    /// Counted from the start of the file, as `base` is.
    end: u64,
}

impl Superblock {
    fn decode(bytes: &[u8]) -> FormatResult<Self> {
        let context = |sizeof_addr, sizeof_size| FormatContext { sizeof_addr, sizeof_size };
        if superblock::detect_superblock_version(bytes)? < 2 {
            let read = SuperblockV0V1::decode(bytes)?;
            let ranks = BTreeV1Config {
                sym_leaf_k: read.sym_leaf_k,
                snode_internal_k: read.btree_internal_k,
                chunk_internal_k: read.indexed_storage_k.unwrap_or(BTreeV1Config::default().chunk_internal_k),
            };
            return Ok(Self {
                context: context(read.sizeof_offsets, read.sizeof_lengths),
                ranks,
                root: read.root_symbol_table_entry.obj_header_addr,
                extension: read.superblock_extension_address,
                base: read.base_address,
                end: read.end_of_file_address,
            });
        }
        let read = SuperblockV2V3::decode(bytes)?;
        Ok(Self {
            context: context(read.sizeof_offsets, read.sizeof_lengths),
            ranks: BTreeV1Config::default(),
            root: read.root_group_object_header_address,
            extension: read.superblock_extension_address,
            base: read.base_address,
            end: read.end_of_file_address,
        })
    }
}
