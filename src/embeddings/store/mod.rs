//! Asks for the embeddings of a manifest; computes what nobody computed before.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use ndarray::Array2;

use super::StoreError;
use super::commit::Commit;
use super::part::{EmbeddingOutcome, StoredRow};
use super::partition::StorePartition;
use super::pipeline::Pipeline;
use super::stored::{self, Prepared};
use crate::data::{Embeddings, ImageId, ImageRecord, Manifest, Skipped};
use crate::features::FeatureExtractor;
use crate::files::own_output;
use crate::images::{DepthRange, Image, Limits, READING};
use crate::memory::{MemoryBudget, Reservations, bytes_of};
use crate::progress::{Event, Observer, RunningStage, Stage};

/// The embeddings under a cache folder, for any number of extractors.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    decoders: NonZeroUsize,
    memory: MemoryBudget,
}

/// Bytes per image of a batch, about: the prepared image, and the largest activations of the widest network.
const PER_IMAGE: u64 = 32 << 20;

/// The embeddings of a manifest.
#[derive(Debug, Clone)]
pub struct ManifestEmbeddings {
    /// In manifest order, without the images that failed.
    pub embeddings: Embeddings,
    /// Which record of the manifest each row belongs to, ascending.
    pub rows: Vec<usize>,
    /// The images that failed, in manifest order.
    pub failures: Vec<Skipped>,
    /// Images embedded now; exact duplicates count once, and so do those that failed.
    pub computed: usize,
    /// Images known from before, counted likewise.
    pub reused: usize,
    /// Values that were not finite and became 0, over all rows; see [`FeatureExtractor::Shown`].
    pub replaced: usize,
}

impl ManifestEmbeddings {
    /// The manifest of exactly the images that have embeddings; the failed ones join those skipped.
    #[must_use]
    pub fn align(&self, manifest: &Manifest) -> Manifest {
        let mut skipped = manifest.skipped.clone();
        skipped.extend(self.failures.iter().cloned());
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        let records = self.rows.iter().map(|&row| manifest.records[row].clone()).collect();
        Manifest { root: manifest.root.clone(), records, skipped, unmatched: manifest.unmatched }
    }
}

impl Store {
    /// The store under `cache`, such as `.rails`; folders are made when something is written.
    #[must_use]
    pub fn open(cache: &Path) -> Self {
        let decoders = NonZeroUsize::new((cores() / 2).clamp(1, 8)).unwrap_or(NonZeroUsize::MIN);
        Self { folder: cache.join("embeddings"), decoders, memory: MemoryBudget::of_machine() }
    }

    /// Decodes on this many threads; by default on half the cores, at most 8.
    #[must_use]
    pub fn with_decoders(self, decoders: NonZeroUsize) -> Self {
        Self { decoders, ..self }
    }

    /// Holds no more than this; by default most of what is free.
    #[must_use]
    pub fn within(self, memory: MemoryBudget) -> Self {
        Self { memory, ..self }
    }

    /// The embeddings of all images of `manifest`; only images that no earlier run embedded are opened.
    ///
    /// Images are shown with the brightness scale `depth`, unless `extractor` looks at counts; a network sees them in
    /// batches of `batch_size`.
    /// An image that cannot be decoded is remembered with its error; one that cannot be read now is tried again
    /// next time. Memory is flat but for the answer, of shape `[n_images, n_features]`.
    ///
    /// # Errors
    /// When the answer does not fit in memory beside one image, before an image is opened; when the cache cannot be written or the extractor
    /// fails; what was done until then is kept.
    pub fn embed(
        &self,
        manifest: &Manifest,
        extractor: &FeatureExtractor,
        depth: &DepthRange,
        batch_size: NonZeroUsize,
        observer: &dyn Observer,
    ) -> Result<ManifestEmbeddings, StoreError> {
        let width = stored::width(extractor);
        let depth = stored::scale(extractor, *depth);
        let commit = Commit::new(extractor.features().fingerprint(), depth, width);
        let answer = bytes_of::<f32>(&[manifest.records.len(), width]);
        let at_work = if matches!(extractor, FeatureExtractor::Network(_)) { PER_IMAGE } else { 0 };
        self.memory
            .admit(answer.saturating_mul(2).saturating_add(at_work))
            .map_err(|why| StoreError::Memory { n: manifest.records.len(), why })?;
        let folder = self.folder.join(key(&commit));
        let cache = self.folder.parent().unwrap_or(&self.folder);
        own_output::make_cache(cache).map_err(|source| StoreError::Write { path: cache.to_owned(), source })?;
        let mut partition = StorePartition::open(folder, commit, observer)?;

        let mut seen = HashSet::new();
        let distinct: Vec<_> = manifest.records.iter().filter(|record| seen.insert(record.id)).collect();
        let (known, new): (Vec<&ImageRecord>, Vec<&ImageRecord>) =
            distinct.into_iter().partition(|record| partition.outcome(record.id).is_some());
        let computed = new.len();

        let stage = observer.stage(Stage::Embed, computed);
        let most = (self.memory.left() / 2 / PER_IMAGE).max(1);
        let batch_size = batch_size.get().min(usize::try_from(most).unwrap_or(usize::MAX));
        let queue = 2 * batch_size;
        let room = Reservations::of(Limits::current().room());
        let decoders = match extractor {
            FeatureExtractor::Network(_) => self.decoders.get(),
            // All the work is done where images are decoded.
            FeatureExtractor::Counts(_) | FeatureExtractor::Shown(_) => self.decoders.get().max(cores()),
        };
        let pipeline = Pipeline { manifest, records: new, extractor, depth: &depth, decoders, queue, room };
        let mut run = EmbedRun {
            partition: &mut partition,
            extractor,
            width,
            observer,
            stage: &stage,
            batch: Vec::new(),
            unread: HashMap::new(),
        };
        let done = pipeline.run(|record, prepared| match prepared {
            Ok(Prepared::Image(image)) => run.add(record, image, batch_size),
            Ok(Prepared::Row(values)) => run.measured(record, values),
            Err(failure) => run.fail(record, failure.reason, failure.permanent),
        });
        let done = done.and_then(|()| run.extract());
        let unread = run.unread;
        // Also after an error: the rows that wait were paid for.
        let flushed = partition.flush();
        done?;
        flushed?;
        drop(stage);
        let (rows, failures) = divide(manifest, &partition, &unread);
        let ids: Vec<ImageId> = rows.iter().map(|&row| manifest.records[row].id).collect();
        let (values, replaced) = stored::split_replaced(extractor, read(&ids, &partition, width)?);
        let embeddings = Embeddings::new(ids, values)?;
        Ok(ManifestEmbeddings { embeddings, rows, failures, computed, reused: known.len(), replaced })
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// State that changes while images stream by.
struct EmbedRun<'a> {
    partition: &'a mut StorePartition,
    extractor: &'a FeatureExtractor,
    /// Numbers of a stored row.
    width: usize,
    observer: &'a dyn Observer,
    stage: &'a RunningStage<'a>,
    /// Images that wait for the network.
    batch: Vec<(ImageId, String, Image)>,
    /// Failures that may pass: not stored.
    unread: HashMap<ImageId, String>,
}

impl EmbedRun<'_> {
    fn add(&mut self, record: &ImageRecord, image: Image, batch_size: usize) -> Result<(), StoreError> {
        self.batch.push((record.id, record.path.clone(), image));
        if self.batch.len() >= batch_size { self.extract() } else { Ok(()) }
    }

    fn measured(&mut self, record: &ImageRecord, values: Vec<f32>) -> Result<(), StoreError> {
        let (got, expected) = ((1, values.len()), (1, self.width));
        if got != expected {
            return Err(StoreError::Shape { got, expected });
        }
        self.stage.advance(1);
        self.keep(record.id, record.path.clone(), values)
    }

    fn fail(&mut self, record: &ImageRecord, reason: String, permanent: bool) -> Result<(), StoreError> {
        self.observer.on(Event::Skipped { path: Path::new(&record.path), why: &reason });
        self.stage.advance(1);
        if permanent {
            return self.partition.push(StoredRow { id: record.id, path: record.path.clone(), outcome: Err(reason) });
        }
        self.unread.insert(record.id, reason);
        Ok(())
    }

    /// Shows the waiting images to the network; statistics never wait.
    fn extract(&mut self) -> Result<(), StoreError> {
        let FeatureExtractor::Network(network) = self.extractor else { return Ok(()) };
        if self.batch.is_empty() {
            return Ok(());
        }
        let mut names = Vec::with_capacity(self.batch.len());
        let mut images = Vec::with_capacity(self.batch.len());
        for (id, path, image) in self.batch.drain(..) {
            names.push((id, path));
            images.push(image);
        }
        let features = network.extract(&images)?;
        let expected = (images.len(), self.width);
        if features.dim() != expected {
            return Err(StoreError::Shape { got: features.dim(), expected });
        }
        self.stage.advance(images.len());
        for ((id, path), features) in names.into_iter().zip(features.rows()) {
            self.keep(id, path, features.to_vec())?;
        }
        Ok(())
    }

    fn keep(&mut self, id: ImageId, path: String, values: Vec<f32>) -> Result<(), StoreError> {
        let outcome = if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            let reason = "its features are not finite numbers".to_owned();
            self.observer.on(Event::Skipped { path: Path::new(&path), why: &reason });
            Err(reason)
        };
        self.partition.push(StoredRow { id, path, outcome })
    }
}

/// Names the folder: 32 hexadecimal digits that change whenever the numbers would.
fn key(commit: &Commit) -> String {
    let mut hasher = blake3::Hasher::new();
    let depth = serde_json::to_vec(&commit.depth).unwrap_or_default();
    let [format, reading] = [commit.format, READING].map(u32::to_le_bytes);
    for part in [&format[..], &reading, commit.fingerprint.as_bytes(), &depth, &commit.columns.to_le_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Positions of the records of `manifest` that have a row, and the records without.
fn divide(
    manifest: &Manifest,
    partition: &StorePartition,
    unread: &HashMap<ImageId, String>,
) -> (Vec<usize>, Vec<Skipped>) {
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for (row, record) in manifest.records.iter().enumerate() {
        let reason = match partition.outcome(record.id) {
            Some(EmbeddingOutcome::Embedded) => {
                rows.push(row);
                continue;
            }
            Some(EmbeddingOutcome::Failed(reason)) => reason.clone(),
            None => unread.get(&record.id).cloned().unwrap_or_default(),
        };
        failures.push(Skipped { path: record.path.clone(), reason });
    }
    (rows, failures)
}

/// Reads the rows of `ids` straight into their matrix, shape `[ids.len(), width]`; exact duplicates are read once.
fn read(ids: &[ImageId], partition: &StorePartition, width: usize) -> Result<Array2<f32>, StoreError> {
    let mut first = HashMap::with_capacity(ids.len());
    for (row, id) in ids.iter().enumerate() {
        first.entry(*id).or_insert(row);
    }
    let mut values = Array2::zeros((ids.len(), width));
    partition.fill(&first, values.view_mut())?;
    for (row, id) in ids.iter().enumerate().filter(|(row, id)| first[id] != *row) {
        let features = values.row(first[id]).to_owned();
        values.row_mut(row).assign(&features);
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
