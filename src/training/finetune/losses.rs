//! Weighted cross-entropy, which is minimised, and the sums an epoch measures.

use burn::tensor::activation::log_softmax;
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};
use ndarray::{Array2, ArrayView1};

use crate::data::ClassId;
use crate::training::Epoch;

/// Sums over some images.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub loss: f64,
    right: usize,
    images: usize,
}

impl Sums {
    pub fn add(&mut self, logits: &Array2<f32>, rows: &[usize], y: &[ClassId], weights: &[f32]) {
        for (logits, row) in logits.rows().into_iter().zip(rows) {
            let truth = y[*row].0;
            self.loss += f64::from(weights[*row]) * cross_entropy(logits, truth);
            self.right += usize::from(logits.iter().all(|&logit| logit <= logits[truth]));
            self.images += 1;
        }
    }

    /// Mean loss; in nats.
    pub fn mean(self) -> f64 {
        self.loss / self.images.max(1) as f64
    }

    fn accuracy(self) -> f64 {
        self.right as f64 / self.images.max(1) as f64
    }
}

/// Measured since `began`.
pub(super) fn epoch(number: usize, train: Sums, validation: Sums, began: std::time::Instant) -> Epoch {
    Epoch {
        epoch: number,
        train_loss: train.mean(),
        train_accuracy: train.accuracy(),
        validation_loss: validation.mean(),
        validation_accuracy: validation.accuracy(),
        seconds: began.elapsed().as_secs_f64(),
    }
}

/// Negative log-probability of class `truth`, in nats.
fn cross_entropy(logits: ArrayView1<'_, f32>, truth: usize) -> f64 {
    let highest = logits.fold(f32::NEG_INFINITY, |highest, &logit| highest.max(logit));
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit - highest).exp()).sum();
    sum.ln() - f64::from(logits[truth] - highest)
}

/// Mean weighted cross-entropy of a batch.
pub(super) fn loss<B: Backend>(
    logits: Tensor<B, 2>,
    rows: &[usize],
    y: &[ClassId],
    weights: &[f32],
    device: &B::Device,
) -> Tensor<B, 1> {
    let n = rows.len();
    let classes: Vec<u32> = rows.iter().map(|row| y[*row].0 as u32).collect();
    let classes = Tensor::<B, 2, Int>::from_data(TensorData::new(classes, [n, 1]), device);
    let weights: Vec<f32> = rows.iter().map(|row| weights[*row]).collect();
    let weights = Tensor::<B, 2>::from_data(TensorData::new(weights, [n, 1]), device);
    (log_softmax(logits, 1).gather(1, classes) * weights).mean().neg()
}

/// As `ndarray` has it.
pub(super) fn array<B: Backend>(logits: Tensor<B, 2>) -> Array2<f32> {
    let shape = logits.dims();
    let values = logits.into_data().convert::<f32>().into_vec().expect("converted to f32");
    Array2::from_shape_vec(shape, values).expect("burn gives row-major data")
}
