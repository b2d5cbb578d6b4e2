//! The training loop of a fine-tuning: epochs, the best weights so far, early stopping.

use burn::module::{AutodiffModule, Module};
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{AdamW, AdamWConfig, GradientsParams, Optimizer};
use burn::tensor::Tensor;
use burn::tensor::backend::{AutodiffBackend, Backend};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::activations::{Activations, Wanted};
use super::head::LearningHead;
use super::losses::{Sums, array, epoch, loss};
use super::schedule::WarmUpCosine;
use super::state::{self, Progress};
use super::{FineTune, FineTuned, FinetuneRecipe, TrainedPart, prefix};
use crate::backbones::trainable::Trainable;
use crate::device::{Device, OnBackend};
use crate::progress::{Note, Observer, RunningStage, Warning};
use crate::training::fitting::normalise;
use crate::training::{Classifier, Head, Split, StopReason, TrainError, Trained};

/// A fine-tuning, ready to run on any backend.
pub(super) struct Learner<'a> {
    pub job: FineTune<'a>,
    pub on: Device,
    pub observer: &'a dyn Observer,
    pub stage: &'a RunningStage<'a>,
}

/// The part of the network that learns, and the head.
struct Model<B: Backend> {
    part: Trainable<B>,
    head: LearningHead<B>,
}

/// A model and the state of its optimisers.
struct Learning<B: AutodiffBackend> {
    model: Model<B>,
    part_adam: OptimizerAdaptor<AdamW, Trainable<B>, B>,
    head_adam: OptimizerAdaptor<AdamW, LearningHead<B>, B>,
}

impl OnBackend for Learner<'_> {
    type Output = Result<FineTuned, TrainError>;

    fn run<B: AutodiffBackend>(self, device: &B::Device) -> Self::Output {
        let FineTune { recipe, split, seed, .. } = self.job;
        let (frozen, part) = prefix::cut::<B::InnerBackend, B>(
            self.job.backbone,
            self.job.layer,
            recipe.train,
            recipe.batch_norm,
            self.on,
            device,
        )?;
        let mut inputs = Activations::new(frozen, self.job.pictures, self.job.ids, recipe, seed, self.job.memory);
        let mut weights = self.job.weights.to_vec();
        normalise(&mut weights, &split.train);
        normalise(&mut weights, &split.validation);
        let mut learning = Learning::new(part, self.job.head, recipe, device);
        let validation_rows = if split.validation.is_empty() { &split.train } else { &split.validation };

        // Epoch 0 is the frozen network with its head: fine-tuning has to beat it to be kept.
        let began = std::time::Instant::now();
        let mut best = learning.model.valid();
        let mut progress = Progress::default();
        let found = self.job.resume.then(|| state::load::<B, _>(self.job.state, device)).flatten();
        if let Some((known, (part, head, part_state, head_state, best_part, best_head))) = found {
            let Learning { model, part_adam, head_adam } = learning;
            learning = Learning {
                model: Model { part: model.part.load_record(part), head: model.head.load_record(head) },
                part_adam: part_adam.load_record(part_state),
                head_adam: head_adam.load_record(head_state),
            };
            best = Model {
                part: Trainable::<B>::from_inner(best.part).load_record(best_part),
                head: LearningHead::<B>::from_inner(best.head).load_record(best_head),
            }
            .valid();
            progress = known;
            let done = progress.history.len() - 1;
            self.observer.note(&Note::Resumed { epoch: done });
            self.stage.advance(done);
        } else {
            let train = self.measure(&best, &mut inputs, &split.train, &weights, device)?;
            let validation = self.measure(&best, &mut inputs, validation_rows, &weights, device)?;
            progress.history.push(epoch(0, train, validation, began));
        }

        let mut stopped = StopReason::Epochs;
        for number in progress.history.len()..=recipe.epochs.get() {
            if number - 1 - progress.best_epoch >= recipe.patience.get() {
                stopped = StopReason::Patience;
                break;
            }
            let began = std::time::Instant::now();
            let train;
            (learning, train) = self.pass(learning, &mut inputs, number, &split.train, &weights, device)?;
            let now = learning.model.valid();
            let validation = self.measure(&now, &mut inputs, validation_rows, &weights, device)?;
            if !(train.loss.is_finite() && validation.loss.is_finite()) {
                stopped = StopReason::Diverged { epoch: number };
                break;
            }
            let best_loss = progress.history[progress.best_epoch].validation_loss;
            progress.history.push(epoch(number, train, validation, began));
            if validation.mean() < best_loss {
                (progress.best_epoch, best) = (number, now);
            }
            // After every epoch everything is saved that an interrupted training needs to go on to the bit.
            let record = (
                learning.model.part.clone().into_record(),
                learning.model.head.clone().into_record(),
                learning.part_adam.to_record(),
                learning.head_adam.to_record(),
                Trainable::<B>::from_inner(best.part.clone()).into_record(),
                LearningHead::<B>::from_inner(best.head.clone()).into_record(),
            );
            state::save::<B, _>(self.job.state, &progress, record)?;
            self.stage.advance(1);
        }

        let Progress { history, best_epoch } = progress;
        // For as many epochs as were best, now with the validation images too.
        let refitted = match self.job.refit.filter(|_| best_epoch > 0) {
            Some(head) => {
                let part = Trainable::<B>::from_inner(best.part.clone());
                self.for_epochs(Learning::new(part, head, recipe, device), &mut inputs, best_epoch, &weights, device)?
            }
            None => None,
        };
        let learned = (recipe.train != TrainedPart::Head).then(|| best.part.into_weights(self.job.backbone.weights()));
        let head = Classifier::from(best.head.into_head(self.job.head.standardizer())?);
        let (head, held_out) = match refitted {
            Some(refitted) => (refitted.into(), Some(head)),
            None => (head, None),
        };
        Ok(FineTuned { trained: Trained { head, held_out, history, best_epoch, stopped }, weights: learned })
    }
}

impl Learner<'_> {
    /// Goes once through `rows`, as epoch `number`, counted from 1.
    fn pass<B: AutodiffBackend>(
        &self,
        mut learning: Learning<B>,
        inputs: &mut Activations<'_, B::InnerBackend>,
        number: usize,
        rows: &[usize],
        weights: &[f32],
        device: &B::Device,
    ) -> Result<(Learning<B>, Sums), TrainError> {
        let FineTune { recipe, seed, y, .. } = self.job;
        let steps = rows.len().div_ceil(recipe.batch_size.get());
        let schedule = WarmUpCosine { steps: steps * recipe.epochs.get(), warm_up: steps * recipe.warm_up };
        let mut order = rows.to_vec();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(number as u64);
        order.shuffle(&mut random);
        let mut sums = Sums::default();
        for (step, rows) in order.chunks(recipe.batch_size.get()).enumerate() {
            let Learning { model, part_adam, head_adam } = &mut learning;
            let wanted: Vec<Wanted> = rows.iter().map(|&row| (row, inputs.version(number, row))).collect();
            let input = inputs.batch(&wanted, device)?;
            let logits = model.logits(Tensor::from_inner(input), recipe.precision.dtype());
            sums.add(&array(logits.clone()), rows, y, weights);
            let mut gradients = loss(logits, rows, y, weights, device).backward();
            let rate = schedule.at((number - 1) * steps + step);
            let of_part = GradientsParams::from_module(&mut gradients, &model.part);
            let of_head = GradientsParams::from_module(&mut gradients, &model.head);
            model.part = part_adam.step(rate * recipe.learning_rate.get(), model.part.clone(), of_part);
            model.head = head_adam.step(rate * recipe.head_learning_rate.get(), model.head.clone(), of_head);
        }
        Ok((learning, sums))
    }

    /// Learns for so many epochs from the validation images too; `None` where that diverged.
    fn for_epochs<B: AutodiffBackend>(
        &self,
        mut learning: Learning<B>,
        inputs: &mut Activations<'_, B::InnerBackend>,
        epochs: usize,
        weights: &[f32],
        device: &B::Device,
    ) -> Result<Option<Head>, TrainError> {
        let Split { train, validation, .. } = self.job.split;
        let all: Vec<usize> = train.iter().chain(validation).copied().collect();
        for number in 1..=epochs {
            let sums;
            (learning, sums) = self.pass(learning, inputs, number, &all, weights, device)?;
            if !sums.loss.is_finite() {
                self.observer.warn(&Warning::RefitDiverged);
                return Ok(None);
            }
        }
        Ok(Some(learning.model.valid().head.into_head(self.job.head.standardizer())?))
    }

    /// Loss and accuracy of `model` on the images of `rows`, unaltered.
    fn measure<B: Backend>(
        &self,
        model: &Model<B>,
        inputs: &mut Activations<'_, B>,
        rows: &[usize],
        weights: &[f32],
        device: &B::Device,
    ) -> Result<Sums, TrainError> {
        let mut sums = Sums::default();
        for rows in rows.chunks(self.job.recipe.batch_size.get()) {
            let input = inputs.batch(&rows.iter().map(|&row| (row, 0)).collect::<Vec<_>>(), device)?;
            sums.add(&array(model.logits(input, self.job.recipe.precision.dtype())), rows, self.job.y, weights);
        }
        Ok(sums)
    }
}

impl<B: Backend> Model<B> {
    /// `[batch, n_classes]`
    fn logits(&self, input: Tensor<B, 4>, dtype: burn::tensor::FloatDType) -> Tensor<B, 2> {
        self.head.logits(self.part.features(input, dtype))
    }
}

impl<B: AutodiffBackend> Learning<B> {
    fn new(part: Trainable<B>, head: &Head, recipe: &FinetuneRecipe, device: &B::Device) -> Self {
        let adam = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(recipe.weight_decay.get() as f32);
        let model = Model { part, head: LearningHead::new(head, device) };
        Self { model, part_adam: adam.init(), head_adam: adam.init() }
    }
}

impl<B: AutodiffBackend> Model<B> {
    fn valid(&self) -> Model<B::InnerBackend> {
        Model { part: self.part.valid(), head: self.head.valid() }
    }
}
