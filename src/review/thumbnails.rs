//! Small pictures of the images: made when asked for, kept in memory and on disk.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use tokio::sync::Semaphore;

use crate::atomic_file;
use crate::data::ImageId;
use crate::files::own_output;
use crate::images::{DecodeError, DepthRange, decode};
use crate::report::{jpeg, thumbnail};

/// Bytes of thumbnails in memory at most: those of 20,000 images at 128 pixels.
const MEMORY: usize = 128 << 20;
const QUALITY: u8 = 85;

/// The longest side of a thumbnail in pixels.
pub(super) const SIZES: [u32; 3] = [64, 128, 256];

/// Thumbnails of one data set, shown with one brightness scale.
pub(super) struct Thumbnails {
    folder: PathBuf,
    depth: DepthRange,
    memory: Mutex<Memory>,
    /// Images that may be decoded at a time: one may take a gigabyte.
    pub decoders: Arc<Semaphore>,
}

impl Thumbnails {
    /// Kept under `cache`; the folder's name changes with whatever changes the pictures.
    pub fn new(cache: &Path, depth: DepthRange) -> Self {
        let shown = serde_json::to_vec(&depth).unwrap_or_default();
        let key = blake3::hash(&[&shown[..], &[QUALITY]].concat()).to_hex();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Self {
            folder: cache.join("thumbnails").join(&key[..16]),
            depth,
            memory: Mutex::new(Memory::new(MEMORY)),
            decoders: Arc::new(Semaphore::new(cores)),
        }
    }

    /// One that was made before and is in memory.
    pub fn known(&self, id: ImageId, size: u32) -> Option<Bytes> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).get((id, size))
    }

    /// A JPEG whose longest side has `size` pixels, of the image `id` that lies at `file`.
    ///
    /// # Errors
    /// When the file is not there or no image.
    pub fn make(&self, id: ImageId, size: u32, file: &Path) -> Result<Bytes, DecodeError> {
        let name = id.to_string();
        let path = self.folder.join(&name[..2]).join(format!("{name}-{size}.jpg"));
        let bytes = match fs::read(&path) {
            Ok(bytes) if !bytes.is_empty() => bytes,
            _ => {
                let image = self.depth.apply(&decode(file)?);
                let bytes = jpeg(&thumbnail(&image, size), QUALITY)
                    .map_err(|error| DecodeError::from(std::io::Error::other(error)))?;
                // A cache that cannot be written is no reason to show nothing.
                let cache = self.folder.ancestors().nth(2).unwrap_or(&self.folder);
                if own_output::make_cache(cache).is_ok()
                    && path.parent().is_some_and(|folder| fs::create_dir_all(folder).is_ok())
                {
                    let _ = atomic_file::write(&path, &bytes);
                }
                bytes
            }
        };
        let bytes = Bytes::from(bytes);
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).put((id, size), bytes.clone());
        Ok(bytes)
    }
}

type Key = (ImageId, u32);

/// The thumbnails used last, up to a number of bytes.
struct Memory {
    limit: usize,
    bytes: usize,
    clock: u64,
    pictures: HashMap<Key, (u64, Bytes)>,
    /// When each was used last; the first is the next to go.
    used: BTreeMap<u64, Key>,
}

impl Memory {
    fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, clock: 0, pictures: HashMap::new(), used: BTreeMap::new() }
    }

    fn get(&mut self, key: Key) -> Option<Bytes> {
        self.clock += 1;
        let (used, picture) = self.pictures.get_mut(&key)?;
        self.used.remove(used);
        *used = self.clock;
        self.used.insert(self.clock, key);
        Some(picture.clone())
    }

    fn put(&mut self, key: Key, picture: Bytes) {
        self.clock += 1;
        self.bytes += picture.len();
        if let Some((used, old)) = self.pictures.insert(key, (self.clock, picture)) {
            self.bytes -= old.len();
            self.used.remove(&used);
        }
        self.used.insert(self.clock, key);
        while self.bytes > self.limit {
            let Some((_, oldest)) = self.used.pop_first() else { break };
            if let Some((_, gone)) = self.pictures.remove(&oldest) {
                self.bytes -= gone.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Span;

    fn id(name: u8) -> ImageId {
        ImageId::of_bytes(&[name])
    }

    #[test]
    fn memory_keeps_what_was_used_last() {
        let mut memory = Memory::new(30);
        let picture = || Bytes::from_static(&[0; 10]);
        for name in 0..3 {
            memory.put((id(name), 64), picture());
        }
        assert!(memory.get((id(0), 64)).is_some());
        memory.put((id(3), 64), picture());
        assert!(memory.get((id(1), 64)).is_none() && memory.get((id(0), 64)).is_some());
        memory.put((id(3), 64), Bytes::from_static(&[0; 25]));
        assert_eq!((memory.bytes, memory.pictures.len(), memory.used.len()), (25, 1, 1));
        memory.put((id(4), 64), Bytes::from_static(&[0; 31]));
        assert_eq!((memory.bytes, memory.pictures.len(), memory.used.len()), (0, 0, 0), "too large to keep");
    }

    #[test]
    fn sixteen_bits_are_shown_with_the_range_of_the_data_set() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("a.png");
        let dim = image::ImageBuffer::<image::Luma<u16>, _>::from_fn(40, 20, |x, _| image::Luma([1000 + x as u16]));
        dim.save(&file).unwrap();
        let bright = |depth: DepthRange| {
            let thumbnails = Thumbnails::new(&home.path().join("cache"), depth);
            let bytes = thumbnails.make(id(0), 64, &file).unwrap();
            assert_eq!(thumbnails.known(id(0), 64), Some(bytes.clone()));
            let picture = image::load_from_memory(&bytes).unwrap().into_luma8();
            assert_eq!(picture.dimensions(), (64, 32));
            picture.get_pixel(60, 10).0[0]
        };
        let range =
            DepthRange { bits16: Some(Span { low: 1000.0, high: 1040.0 }), bits32: None, ..DepthRange::default() };
        assert!(bright(range) > 200, "the run's range shows the ramp");
        assert!(bright(DepthRange::default()) < 20, "the full range does not, and has thumbnails of its own");
        fs::remove_file(&file).unwrap();
        assert!(bright(range) > 200, "from the disk");
        let thumbnails = Thumbnails::new(home.path(), range);
        assert!(thumbnails.make(id(1), 64, &file).is_err());
    }
}
