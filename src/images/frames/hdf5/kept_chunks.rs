//! Decoded chunks that the next frames lie in too.

use std::collections::VecDeque;
use std::rc::Rc;

/// Chunks are kept up to so many bytes in all, and the last one in any case.
const MOST_BYTES: usize = 256 << 20;

/// A data set, and the number of a chunk in it.
type Key = ((usize, u64), u64);

/// The most recently kept last.
#[derive(Default)]
pub(super) struct KeptChunks {
    chunks: VecDeque<(Key, Rc<Vec<u8>>)>,
    bytes: usize,
}

impl KeptChunks {
    pub fn get(&self, key: Key) -> Option<Rc<Vec<u8>>> {
        let found = self.chunks.iter().rev().find(|(other, _)| *other == key);
        found.map(|(_, chunk)| Rc::clone(chunk))
    }

    pub fn keep(&mut self, key: Key, chunk: Rc<Vec<u8>>) {
        if self.get(key).is_some() {
            return;
        }
        self.bytes += chunk.len();
        self.chunks.push_back((key, chunk));
        while self.bytes > MOST_BYTES && self.chunks.len() > 1 {
            if let Some((_, oldest)) = self.chunks.pop_front() {
                self.bytes -= oldest.len();
            }
        }
    }
}
