//! Decoding, and all that needs one image alone, runs ahead of the network on threads of its own.
//!
//! Decoder `t` of `n` takes images `t, t + n, t + 2n, …` and hands them over through a queue of its own; the consumer
//! takes from the queues in turn. That restores the order for free, and full queues hold the decoders back: memory is
//! flat however many images there are.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::sync_channel;
use std::thread;

use super::stored::{Prepared, prepare};
use crate::data::{ImageId, ImageRecord, Manifest};
use crate::features::FeatureExtractor;
use crate::images::{DecodeError, Decoded, DepthRange, decode, decode_bytes};

/// Everything a decoder needs.
pub(super) struct Pipeline<'a> {
    pub manifest: &'a Manifest,
    pub records: Vec<&'a ImageRecord>,
    pub extractor: &'a FeatureExtractor,
    pub depth: &'a DepthRange,
    /// Threads that decode, at least one.
    pub decoders: usize,
    /// Prepared images that may wait, over all decoders.
    pub queue: usize,
}

/// Why an image could not be prepared.
#[derive(Debug)]
pub(super) struct Failure {
    pub reason: String,
    /// Whether the same bytes will always fail.
    pub permanent: bool,
}

impl Pipeline<'_> {
    /// Calls `consume` with every record in order, on this thread, until it fails.
    pub(super) fn run<E>(
        &self,
        mut consume: impl FnMut(&ImageRecord, Result<Prepared, Failure>) -> Result<(), E>,
    ) -> Result<(), E> {
        let decoders = self.decoders.clamp(1, self.records.len().max(1));
        thread::scope(|scope| {
            let queues: Vec<_> = (0..decoders)
                .map(|first| {
                    let (sender, receiver) = sync_channel(self.queue.div_ceil(decoders).max(1));
                    scope.spawn(move || {
                        for record in self.records.iter().skip(first).step_by(decoders) {
                            if sender.send(self.prepare(record)).is_err() {
                                // The consumer has failed and nobody listens any more.
                                break;
                            }
                        }
                    });
                    receiver
                })
                .collect();
            for (record, queue) in self.records.iter().zip(queues.iter().cycle()) {
                let Ok(prepared) = queue.recv() else { break };
                consume(record, prepared)?;
            }
            Ok(())
        })
    }

    fn decode(&self, record: &ImageRecord) -> Result<Decoded, Failure> {
        let file = self.manifest.file(record);
        let failed = |error: DecodeError| Failure { reason: error.to_string(), permanent: error.is_permanent() };
        if record.is_part() {
            // Nobody reads a stack of frames, or an image of patches, again to see whether it is still the same.
            return decode(&file).map_err(failed);
        }
        let bytes = std::fs::read(file).map_err(|error| failed(error.into()))?;
        if record.tile.is_none() && ImageId::of_bytes(&bytes) != record.id {
            return Err(Failure { reason: "the file changed after it was scanned".to_owned(), permanent: false });
        }
        decode_bytes(&bytes).map_err(failed)
    }

    fn prepare(&self, record: &ImageRecord) -> Result<Prepared, Failure> {
        let decoded = self.decode(record)?;
        catch_unwind(AssertUnwindSafe(|| prepare(self.extractor, &decoded, self.depth)))
            .map_err(|_| Failure { reason: "the feature extractor refused it".to_owned(), permanent: false })
    }
}
