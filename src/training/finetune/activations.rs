//! Activations of the frozen part of a network, computed once where memory allows.

use std::collections::HashMap;

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use ndarray::Array3;
use rayon::prelude::*;

use super::prefix::{Prefix, stack};
use super::{FinetuneRecipe, Pictures};
use crate::data::ImageId;
use crate::images::Image;
use crate::memory::MemoryBudget;
use crate::training::TrainError;

/// Row of the data set, and which version of its image; version 0 is the image itself.
pub(super) type Wanted = (usize, u64);

/// The answers of the frozen part.
///
/// The images themselves and, where the recipe names a number of views, their versions are kept as long as there is
/// room; everything else is computed each time it is asked for. Either way the numbers are the same.
pub(super) struct Activations<'a, B: Backend> {
    pub prefix: Prefix<B>,
    pub pictures: &'a dyn Pictures,
    pub ids: &'a [ImageId],
    pub recipe: &'a FinetuneRecipe,
    pub seed: u64,
    kept: HashMap<Wanted, Array3<f32>>,
    /// Numbers that may still be kept.
    room: usize,
}

impl<'a, B: Backend> Activations<'a, B> {
    pub fn new(
        prefix: Prefix<B>,
        pictures: &'a dyn Pictures,
        ids: &'a [ImageId],
        recipe: &'a FinetuneRecipe,
        seed: u64,
        memory: MemoryBudget,
    ) -> Self {
        // Half of what is left is for the steps.
        let most = usize::try_from(memory.left() / 2).unwrap_or(usize::MAX);
        let room = recipe.cache_mb.saturating_mul(1_000_000).min(most) / size_of::<f32>();
        Self { prefix, pictures, ids, recipe, seed, kept: HashMap::new(), room }
    }

    /// The version of a row's image that epoch `epoch`, counted from 1, learns from; views take turns, at each image from
    /// another one on, so that each epoch sees a mixture.
    pub fn version(&self, epoch: usize, row: usize) -> u64 {
        let augment = &self.recipe.augment;
        match augment.views {
            _ if augment.is_off() => 0,
            Some(views) => ((epoch - 1 + row) % views.get()) as u64,
            None => epoch as u64,
        }
    }

    /// Inputs of the part that learns, `[wanted.len(), channels, height, width]`.
    ///
    /// # Errors
    /// When an image can no longer be read.
    pub fn batch(&mut self, wanted: &[Wanted], device: &B::Device) -> Result<Tensor<B, 4>, TrainError> {
        let missing: Vec<Wanted> = wanted.iter().copied().filter(|one| !self.kept.contains_key(one)).collect();
        let images = missing.par_iter().map(|&one| self.image(one)).collect::<Result<Vec<_>, _>>()?;
        let fresh: HashMap<Wanted, Array3<f32>> = missing.iter().copied().zip(self.prefix.maps(&images)?).collect();
        let map = |one: &Wanted| fresh.get(one).or_else(|| self.kept.get(one));
        let batch = stack(&wanted.iter().filter_map(map).collect::<Vec<_>>(), device);
        for ((row, version), map) in fresh {
            let again = version == 0 || self.recipe.augment.views.is_some();
            if let Some(left) = self.room.checked_sub(map.len()).filter(|_| again) {
                self.room = left;
                self.kept.insert((row, version), map);
            }
        }
        Ok(batch)
    }

    fn image(&self, (row, version): Wanted) -> Result<Image, TrainError> {
        let image = self.pictures.picture(row).map_err(TrainError::Picture)?;
        Ok(match version {
            0 => image,
            _ => self.recipe.augment.version(image, self.ids[row], version, self.seed),
        })
    }
}
