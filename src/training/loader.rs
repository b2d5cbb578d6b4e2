//! Feeds batches to the learner from one matrix that stays on the device.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::mlp::{Batch, dropout_masks};

/// Batches of some rows of the feature matrix; each call of `iter` is the next epoch.
#[derive(Debug)]
pub struct Loader<B: Backend> {
    /// Features of all images, `[n_images, n_features]`.
    pub x: Tensor<B, 2>,
    /// Class of all images, `[n_images]`.
    pub y: Tensor<B, 1, Int>,
    /// What each image counts in the loss, `[n_images]`.
    pub weights: Tensor<B, 1>,
    /// The rows to draw from.
    pub rows: Vec<usize>,
    /// Images per batch; the last of an epoch may be smaller.
    pub batch_size: usize,
    /// How rows are drawn; `None` goes through them in order.
    pub random: Option<Random>,
    /// Epochs begun.
    pub epoch: AtomicU64,
}

/// What is random about an epoch: the order, and which hidden units are silenced.
#[derive(Debug, Clone)]
pub struct Random {
    /// With the number of the epoch, decides everything.
    pub seed: u64,
    /// Share of hidden units silenced.
    pub dropout: f64,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
}

impl<B: Backend> Clone for Loader<B> {
    fn clone(&self) -> Self {
        Self {
            x: self.x.clone(),
            y: self.y.clone(),
            weights: self.weights.clone(),
            rows: self.rows.clone(),
            batch_size: self.batch_size,
            random: self.random.clone(),
            epoch: AtomicU64::new(self.epoch.load(Ordering::Relaxed)),
        }
    }
}

impl<B: Backend> DataLoader<B, Batch<B>> for Loader<B> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch<B>> + 'a> {
        let mut order = self.rows.clone();
        let mut rng = ChaCha8Rng::seed_from_u64(self.random.as_ref().map_or(0, |random| random.seed));
        rng.set_stream(self.epoch.fetch_add(1, Ordering::Relaxed) + 1); // stream 0 drew the first weights
        if self.random.is_some() {
            order.shuffle(&mut rng);
        }
        Box::new(Epoch { loader: self, order, next: 0, rng })
    }

    fn num_items(&self) -> usize {
        self.rows.len()
    }

    fn to_device(&self, device: &B::Device) -> Arc<dyn DataLoader<B, Batch<B>>> {
        let mut moved = self.clone();
        moved.x = moved.x.to_device(device);
        moved.y = moved.y.to_device(device);
        moved.weights = moved.weights.to_device(device);
        Arc::new(moved)
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<B, Batch<B>>> {
        let mut part = self.clone();
        part.rows = part.rows[start..end].to_vec();
        Arc::new(part)
    }
}

/// One pass over the rows of a [`Loader`].
struct Epoch<'a, B: Backend> {
    loader: &'a Loader<B>,
    order: Vec<usize>,
    next: usize,
    rng: ChaCha8Rng,
}

impl<B: Backend> Iterator for Epoch<'_, B> {
    type Item = Batch<B>;

    fn next(&mut self) -> Option<Batch<B>> {
        let loader = self.loader;
        let end = (self.next + loader.batch_size).min(self.order.len());
        let rows: Vec<u32> = self.order[self.next..end].iter().map(|&row| row as u32).collect();
        self.next = end;
        if rows.is_empty() {
            return None;
        }
        let device = loader.x.device();
        let n = rows.len();
        let rows = Tensor::<B, 1, Int>::from_data(TensorData::new(rows, [n]), &device);
        let masks = loader
            .random
            .as_ref()
            .map_or_else(Vec::new, |random| dropout_masks(&random.hidden, n, random.dropout, &mut self.rng, &device));
        Some(Batch {
            x: loader.x.clone().select(0, rows.clone()),
            y: loader.y.clone().select(0, rows.clone()),
            weights: loader.weights.clone().select(0, rows),
            masks,
        })
    }
}

impl<B: Backend> DataLoaderIterator<Batch<B>> for Epoch<'_, B> {
    fn progress(&self) -> Progress {
        Progress::new(self.next, self.order.len())
    }
}
