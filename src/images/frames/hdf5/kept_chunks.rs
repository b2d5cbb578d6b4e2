//! Decoded chunks that the next frames lie in too.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Chunks are kept up to so many bytes in all, and the last one in any case.
const MOST_BYTES: usize = 256 << 20;

/// A data set, and the number of a chunk in it.
type Key = ((usize, u64), u64);

#[derive(Default)]
pub(super) struct KeptChunks {
    chunks: HashMap<Key, Rc<Vec<u8>>>,
    /// The most recently kept last.
    order: VecDeque<Key>,
    bytes: usize,
}

impl KeptChunks {
    pub fn get(&self, key: Key) -> Option<Rc<Vec<u8>>> {
        self.chunks.get(&key).map(Rc::clone)
    }

    pub fn keep(&mut self, key: Key, chunk: Rc<Vec<u8>>) {
        let Entry::Vacant(place) = self.chunks.entry(key) else { return };
        self.bytes += chunk.len();
        place.insert(chunk);
        self.order.push_back(key);
        while self.bytes > MOST_BYTES && self.order.len() > 1 {
            let oldest = self.order.pop_front().and_then(|key| self.chunks.remove(&key));
            self.bytes -= oldest.map_or(0, |chunk| chunk.len());
        }
    }
}
