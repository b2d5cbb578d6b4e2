//! Inference on the CPU.
//!
//! Maps are `[height, width, channels]`; batch norms are folded, additions and activations happen while a convolution's
//! answer is still in registers. Images are independent and shared out among rayon's threads, so an image's features
//! have the same bits whatever its batch and whatever the number of threads.
#![expect(unsafe_code, reason = "SIMD kernels read and write through pointers")]
#![expect(clippy::inline_always, reason = "kernels must be inlined into the function that enables their instructions")]

mod convolution;
mod depthwise;
mod kernels;
mod map;
mod plan;
mod pool;
mod simd;
mod stem;
mod tile;

use std::sync::{Mutex, PoisonError};

use ndarray::{Array2, Array3, ArrayView3};
use rayon::prelude::*;

use super::BackboneError;
use super::architecture::{Architecture, SMALLEST};
use super::weights::{Weights, WeightsSpec};
use convolution::{Convolution, Window};
use depthwise::Depthwise;
use kernels::Kernels;
use map::Map;
use plan::{Form, Plan, PlanStep, Work};

/// A network that runs on the CPU.
#[derive(Debug)]
pub struct Native {
    plan: Plan,
    kernels: Kernels,
    /// Memory of the threads that are not computing now.
    idle: Mutex<Vec<Scratch>>,
}

/// Buffers of one thread for computing one image.
#[derive(Debug, Default)]
struct Scratch {
    padded: Map,
    maps: Vec<Map>,
    offsets: Vec<u32>,
    sums: Vec<f64>,
}

impl Native {
    /// Prepares every layer of `architecture` (see [`Architecture::up_to`]).
    ///
    /// # Errors
    /// When a tensor is missing.
    pub fn new(architecture: &Architecture, weights: &Weights, spec: &WeightsSpec) -> Result<Self, BackboneError> {
        let plan = Plan::new(architecture, weights, spec)?;
        Ok(Self { plan, kernels: Kernels::detect(), idle: Mutex::default() })
    }

    /// Number of features of an image: the channels of all layers.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.plan.features
    }

    /// The averages of the layers, one after the other; shape `[images.len(), n_features]`.
    ///
    /// Images have shape `[size, size, channels]` with 1 (grey) or 3 (RGB) channels and values in `0.0..=255.0`; grey
    /// ones give what three equal channels would. Any size from [`SMALLEST`] on works, weights expect
    /// [`WeightsSpec::size`].
    ///
    /// # Errors
    /// When an image has another shape.
    pub fn features(&self, images: &[ArrayView3<'_, f32>]) -> Result<Array2<f32>, BackboneError> {
        images.iter().try_for_each(|image| fitting(image.dim()))?;
        let mut features = vec![0.0; images.len() * self.plan.features];
        features.par_chunks_mut(self.plan.features).zip(images).for_each(|(features, image)| {
            let mut scratch = self.idle().pop().unwrap_or_default();
            self.run(*image, &mut scratch, features);
            self.idle().push(scratch);
        });
        Ok(Array2::from_shape_fn((images.len(), self.plan.features), |(i, j)| features[i * self.plan.features + j]))
    }

    /// The maps of the deepest layer, `[channels, height, width]` each, for images as in [`Self::features`].
    ///
    /// # Errors
    /// When an image has another shape.
    pub fn maps(&self, images: &[ArrayView3<'_, f32>]) -> Result<Vec<Array3<f32>>, BackboneError> {
        images.iter().try_for_each(|image| fitting(image.dim()))?;
        let last = self.plan.steps.last().map_or(0, |step| step.output);
        let map = |image: &ArrayView3<'_, f32>| {
            let mut scratch = self.idle().pop().unwrap_or_default();
            self.run(*image, &mut scratch, &mut vec![0.0; self.plan.features]);
            let map = &scratch.maps[last];
            let (channels, width) = (map.channels(), map.width());
            let at = |(c, y, x): (usize, usize, usize)| map.values()[(y * width + x) * channels + c];
            let planes = Array3::from_shape_fn((channels, map.height(), width), at);
            self.idle().push(scratch);
            planes
        };
        Ok(images.par_iter().map(map).collect())
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        // Scratch holds no invariant that a panicking thread could break.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, image: ArrayView3<'_, f32>, scratch: &mut Scratch, features: &mut [f32]) {
        scratch.maps.resize_with(self.plan.slots, Map::default);
        for step in &self.plan.steps {
            let mut output = std::mem::take(&mut scratch.maps[step.output]);
            self.run_step(step, image, scratch, &mut output);
            for range in &step.features {
                pool::average(&output, &mut scratch.sums, &mut features[range.clone()]);
            }
            scratch.maps[step.output] = output;
        }
    }

    fn run_step(&self, step: &PlanStep, image: ArrayView3<'_, f32>, scratch: &mut Scratch, output: &mut Map) {
        let Scratch { padded, maps, offsets, sums } = scratch;
        let bounds = step.bounds;
        match &step.work {
            Work::Stem { stem } => {
                let (height, _, channels) = image.dim();
                let (window, after) = window(step.form, height);
                stem.fill(image, window.before, after, padded);
                let window = Window { before: 0, ..window };
                let packed = stem.packed(channels);
                let job = Convolution { input: padded, packed, window, row_runs: true, residual: None, bounds };
                job.run(self.kernels, output, offsets);
            }
            Work::Dense { input, packed, residual } => {
                let input = &maps[*input];
                let (window, _) = window(step.form, input.height());
                let residual = residual.map(|slot| &maps[slot]);
                let job = Convolution { input, packed, window, row_runs: false, residual, bounds };
                job.run(self.kernels, output, offsets);
            }
            Work::Depthwise { input, weights, bias } => {
                let input = &maps[*input];
                let (window, _) = window(step.form, input.height());
                Depthwise { input, weights, bias, window, bounds }.run(self.kernels, output);
            }
            Work::MaxPool { input, pool } => pool::max_pool(&maps[*input], *pool, output),
            Work::Add { shortcut, branch } => pool::add(&maps[*shortcut], &maps[*branch], bounds, output),
            Work::GlobalPool { input } => {
                output.reshape(1, 1, maps[*input].channels());
                pool::average(&maps[*input], sums, output.values_mut());
                output.close();
            }
        }
    }
}

/// # Errors
/// When an image of this shape is not a square of grey or RGB pixels.
pub(super) fn fitting((height, width, channels): (usize, usize, usize)) -> Result<(), BackboneError> {
    if height != width || height < SMALLEST || ![1, 3].contains(&channels) {
        return Err(BackboneError::WrongInput { found: [height, width, channels] });
    }
    Ok(())
}

/// The windows of a convolution on a square map of this size, and the zeros they need behind its last row and column.
fn window(form: Form, size: usize) -> (Window, usize) {
    let Form { kernel, stride, padding } = form;
    let (before, after) = padding.around(size, kernel, stride);
    let outputs = (size + before + after - kernel) / stride + 1;
    (Window { kernel, stride, before, height: outputs, width: outputs }, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbones::tests::worst;
    use crate::backbones::{Backbone, BackboneName, Variant, seeded};

    #[test]
    fn every_instruction_set_gives_the_same_features() {
        let images = seeded::images();
        let views: Vec<_> = images.iter().map(Array3::view).collect();
        for backbone in [Backbone::embedded().unwrap(), seeded::backbone(BackboneName::Resnet50, Variant::Torchvision)]
        {
            let mut native = backbone.native(&backbone.layers()).unwrap();
            let widest = native.features(&views).unwrap();
            for kernels in Kernels::available() {
                native.kernels = kernels;
                let error = worst(&native.features(&views).unwrap(), &widest);
                assert!(error < 1e-5, "{kernels:?}: {error}");
            }
        }
    }

    #[test]
    fn images_of_another_shape_are_refused() {
        let native = Backbone::embedded().unwrap().native(&["head".to_owned()]).unwrap();
        for shape in [(64, 64, 2), (64, 65, 1), (31, 31, 3), (0, 0, 1)] {
            assert!(native.features(&[Array3::zeros(shape).view()]).is_err(), "{shape:?}");
        }
        assert_eq!(native.features(&[]).unwrap().dim(), (0, 1280));
    }
}
