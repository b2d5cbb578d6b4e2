//! The training loop: steps of Adam, epochs, the best weights so far, early stopping.

use std::time::Instant;

use burn::module::AutodiffModule;
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{Adam, AdamConfig, GradientsParams, Optimizer};
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Int, Tensor};
use ndarray::{Array2, Axis};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::batches::{Regularization, TensorDataset};
use super::network::Mlp;
use super::recipe::MlpRecipe;
use crate::data::ClassId;
use crate::device::OnBackend;
use crate::progress::{Observer, Stage, Warning};
use crate::training::classifiers::{DenseLayer, most_likely};
use crate::training::fitting::{is_astray, loss, losses};
use crate::training::{Epoch, StopReason, TrainError};

/// Rows through the network at once in validation.
const VALIDATED_AT_ONCE: usize = 1024;

/// Training, ready to run on any backend.
pub struct MlpTraining<'a> {
    /// Shape of the network and how it learns.
    pub recipe: &'a MlpRecipe,
    /// Features as the network sees them, `[n_images, n_features]`.
    pub x: Array2<f32>,
    /// Shares among the classes times what the image counts, `[n_images, n_classes]`.
    pub targets: Array2<f32>,
    /// Class of each image, `[n_images]`.
    pub y: &'a [ClassId],
    /// Weight of each image in the validation loss, `[n_images]`.
    pub weights: &'a [f32],
    /// Rows to learn from.
    pub train: &'a [usize],
    /// Rows to validate on.
    pub validation: &'a [usize],
    /// Whether the validation rows are learned from too, once it is known for how long.
    pub refit: bool,
    /// Decides the first weights, the order of the images and all that is random about a step.
    pub seed: u64,
    /// Hears of each epoch.
    pub observer: &'a dyn Observer,
}

/// The best weights and how they were found.
pub struct TrainedMlp {
    /// Weights of the best epoch; learned from all rows after as many epochs where a refit was asked for.
    pub layers: Vec<DenseLayer>,
    /// Weights of the best epoch, which never saw the validation rows.
    pub before_refit: Vec<DenseLayer>,
    /// Every epoch.
    pub history: Vec<Epoch>,
    /// Counted from 1.
    pub best_epoch: usize,
    /// Why training ended.
    pub stopped: StopReason,
}

impl OnBackend for MlpTraining<'_> {
    type Output = Result<TrainedMlp, TrainError>;

    fn run<B: AutodiffBackend>(mut self, device: &B::Device) -> Result<TrainedMlp, TrainError> {
        let (x, targets) = (std::mem::take(&mut self.x), std::mem::take(&mut self.targets));
        let widths: Vec<usize> = [x.ncols()]
            .into_iter()
            .chain(self.recipe.hidden.iter().map(|width| width.get()))
            .chain([targets.ncols()])
            .collect();
        let y = self.y.iter().map(|class| class.0 as u32).collect();
        let plain = TensorDataset::<B::InnerBackend>::new(x, targets, y, device);
        let examples = TensorDataset {
            x: Tensor::from_inner(plain.x.clone()),
            targets: Tensor::from_inner(plain.targets.clone()),
            y: Tensor::from_inner(plain.y.clone()),
        };
        let mut optimisation = Optimisation::<B>::new(&self, self.train, &widths, &examples, device);
        let (before_refit, history, best_epoch, stopped) = self.with_early_stopping(&mut optimisation, &plain)?;
        let layers = if self.refit {
            let all: Vec<usize> = self.train.iter().chain(self.validation).copied().collect();
            self.for_epochs(&mut Optimisation::new(&self, &all, &widths, &examples, device), best_epoch)
        } else {
            None
        };
        let before_refit = before_refit.into_layers();
        Ok(TrainedMlp {
            layers: layers.unwrap_or_else(|| before_refit.clone()),
            before_refit,
            history,
            best_epoch,
            stopped,
        })
    }
}

/// The best weights, all epochs, the number of the best, and why training ended.
type Found<B> = (Mlp<B>, Vec<Epoch>, usize, StopReason);

impl MlpTraining<'_> {
    /// Learns until the recipe's epochs are over or nothing gets better.
    fn with_early_stopping<B: AutodiffBackend>(
        &self,
        optimisation: &mut Optimisation<'_, B>,
        plain: &TensorDataset<B::InnerBackend>,
    ) -> Result<Found<B::InnerBackend>, TrainError> {
        let epochs = self.recipe.epochs.get();
        let stage = self.observer.stage(Stage::Train, epochs);
        let mut history: Vec<Epoch> = Vec::new();
        let mut best: Option<(Mlp<B::InnerBackend>, usize, f64)> = None;
        let mut stopped = StopReason::Epochs;
        for epoch in 1..=epochs {
            let began = Instant::now();
            let (train_loss, train_accuracy) = optimisation.epoch();
            let model = optimisation.model.valid();
            let (validation_loss, validation_accuracy) = self.validate(&model, plain);
            stage.advance(1);
            if !(train_loss.is_finite() && validation_loss.is_finite()) {
                stopped = StopReason::Diverged { epoch };
                break;
            }
            let seconds = began.elapsed().as_secs_f64();
            history.push(Epoch { epoch, train_loss, train_accuracy, validation_loss, validation_accuracy, seconds });
            // Weights astray may still do well on a few validation images, by chance.
            if !optimisation.is_astray(train_loss)
                && best.as_ref().is_none_or(|(_, _, lowest)| validation_loss < *lowest)
            {
                best = Some((model, epoch, validation_loss));
            } else if best.as_ref().is_some_and(|(_, best, _)| epoch - best >= self.recipe.patience.get()) {
                stopped = StopReason::Patience;
                break;
            }
        }
        let (model, best_epoch, _) = best.ok_or(TrainError::Diverged(self.recipe.learning_rate.get()))?;
        Ok((model, history, best_epoch, stopped))
    }

    /// Learns for so many epochs; `None` where that diverged.
    fn for_epochs<B: AutodiffBackend>(
        &self,
        optimisation: &mut Optimisation<'_, B>,
        epochs: usize,
    ) -> Option<Vec<DenseLayer>> {
        let stage = self.observer.stage(Stage::Train, epochs);
        let mut last = 0.0;
        let finite = (0..epochs).all(|_| {
            (last, _) = optimisation.epoch();
            stage.advance(1);
            last.is_finite()
        });
        drop(stage);
        let layers = optimisation.model.valid().into_layers();
        let finite = finite
            && !optimisation.is_astray(last)
            && layers.iter().all(|layer| layer.weights.iter().chain(&layer.bias).all(|number| number.is_finite()));
        if !finite {
            self.observer.warn(&Warning::RefitDiverged);
        }
        finite.then_some(layers)
    }

    /// Mean loss, without smoothing, and share right over the validation rows.
    fn validate<B: burn::tensor::backend::Backend>(&self, model: &Mlp<B>, examples: &TensorDataset<B>) -> (f64, f64) {
        let (mut sum, mut right) = (0.0, 0);
        for rows in self.validation.chunks(VALIDATED_AT_ONCE) {
            let logits = model.forward(examples.features(rows), &[]);
            let [n, n_classes] = logits.dims();
            let numbers = logits.into_data().convert::<f32>().into_vec::<f32>().expect("converted to f32");
            let logits = Array2::from_shape_vec((n, n_classes), numbers).expect("burn gives row-major data");
            let predicted = most_likely(logits.view());
            for ((&row, predicted), logits) in rows.iter().zip(predicted).zip(logits.axis_iter(Axis(0))) {
                sum += f64::from(self.weights[row]) * loss(logits, self.y[row], self.recipe.robustness.get());
                right += usize::from(predicted == self.y[row]);
            }
        }
        let n = self.validation.len().max(1) as f64;
        (sum / n, right as f64 / n)
    }
}

/// Summed loss and images right so far, on the device.
type Sums<B> = (Tensor<B, 1>, Tensor<B, 1, Int>);

/// A network and its optimiser on their way through some rows, epoch by epoch.
struct Optimisation<'a, B: AutodiffBackend> {
    training: &'a MlpTraining<'a>,
    rows: Vec<usize>,
    examples: &'a TensorDataset<B>,
    regularization: Regularization,
    model: Mlp<B>,
    optimizer: OptimizerAdaptor<Adam, Mlp<B>, B>,
    epochs: u64,
    steps: usize,
}

impl<'a, B: AutodiffBackend> Optimisation<'a, B> {
    fn new(
        training: &'a MlpTraining<'a>,
        rows: &[usize],
        widths: &[usize],
        examples: &'a TensorDataset<B>,
        device: &B::Device,
    ) -> Self {
        let recipe = training.recipe;
        let decay = recipe.weight_decay.get() as f32;
        let adam = AdamConfig::new()
            .with_epsilon(1e-8)
            .with_weight_decay((decay > 0.0).then(|| WeightDecayConfig::new(decay)));
        Self {
            training,
            rows: rows.to_vec(),
            examples,
            regularization: Regularization {
                dropout: recipe.dropout.get(),
                hidden: widths[1..widths.len() - 1].to_vec(),
                mixup: recipe.mixup.get(),
            },
            model: Mlp::new(widths, training.seed, device),
            optimizer: adam.init(),
            epochs: 0,
            steps: 0,
        }
    }

    /// Whether a loss of an epoch says that the weights are of no use.
    fn is_astray(&self, loss: f64) -> bool {
        let [_, n_classes] = self.examples.targets.dims();
        is_astray(loss, n_classes, self.training.recipe.robustness.get())
    }

    /// Goes through the rows once; mean loss and share right while the weights change.
    fn epoch(&mut self) -> (f64, f64) {
        let recipe = self.training.recipe;
        let batch_size = recipe.batch_size.get();
        let steps = self.rows.len().div_ceil(batch_size) * recipe.epochs.get();
        let mut rng = ChaCha8Rng::seed_from_u64(self.training.seed);
        self.epochs += 1;
        rng.set_stream(self.epochs); // stream 0 drew the first weights
        let mut order = self.rows.clone();
        order.shuffle(&mut rng);
        // Sums stay on the device until the epoch is over: reading a number makes a GPU wait.
        let mut sums: Option<Sums<B::InnerBackend>> = None;
        for rows in order.chunks(batch_size) {
            let batch = self.examples.batch(rows, &self.regularization, &mut rng);
            let logits = self.model.forward(batch.x, &batch.masks);
            let right = logits.clone().inner().argmax(1).squeeze_dim::<1>(1).equal(batch.y.inner()).int().sum();
            let loss = losses(logits, batch.targets, recipe.robustness.get()).sum();
            let gradients = loss.clone().div_scalar(rows.len() as f64).backward();
            let rate = recipe.learning_rate.get() * recipe.schedule.factor(self.steps, steps, recipe.warm_up.get());
            let gradients = GradientsParams::from_grads(gradients, &self.model);
            self.model = self.optimizer.step(rate, self.model.clone(), gradients);
            self.steps += 1;
            let loss = loss.inner();
            sums = Some(match sums {
                None => (loss, right),
                Some((losses, rights)) => (losses + loss, rights + right),
            });
        }
        let n = order.len().max(1) as f64;
        sums.map_or((0.0, 0.0), |(loss, right)| {
            let right: i64 = burn::tensor::ElementConversion::elem(right.into_scalar());
            (burn::tensor::ElementConversion::elem::<f64>(loss.into_scalar()) / n, right as f64 / n)
        })
    }
}
