//! The epochs of a fine-tuning.

use burn::module::{AutodiffModule, Module};
use burn::optim::{AdamWConfig, GradientsParams, Optimizer};
use burn::tensor::activation::log_softmax;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Int, Tensor, TensorData};
use ndarray::{Array2, ArrayView1};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::activations::{Activations, Wanted};
use super::head::LearningHead;
use super::schedule::Schedule;
use super::state::{self, Progress};
use super::{FineTune, FineTuned, TrainedPart, prefix};
use crate::backbones::trainable::Trainable;
use crate::device::{Device, OnBackend};
use crate::progress::{Event, Observer};
use crate::training::{Epoch, Stopped, TrainError, Trained, normalise};

/// A fine-tuning, ready to run on any backend.
pub(super) struct Learner<'a> {
    pub job: FineTune<'a>,
    pub on: Device,
    pub observer: &'a dyn Observer,
}

/// Sums over some images.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    loss: f64,
    right: usize,
    images: usize,
}

/// What learns: the network's part and the head.
struct Model<B: Backend> {
    part: Trainable<B>,
    head: LearningHead<B>,
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
        let mut inputs = Activations::new(frozen, self.job.pictures, self.job.ids, recipe, seed);
        let mut weights = self.job.weights.to_vec();
        normalise(&mut weights, &split.train);
        normalise(&mut weights, &split.validation);
        let mut model = Model { part, head: LearningHead::new(self.job.head, device) };
        let adam = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(recipe.weight_decay.get() as f32);
        let (mut part_adam, mut head_adam) = (adam.init::<B, Trainable<B>>(), adam.init::<B, LearningHead<B>>());
        let judges = if split.validation.is_empty() { &split.train } else { &split.validation };

        let began = std::time::Instant::now();
        let mut best = model.valid();
        let mut progress = Progress::default();
        let found = self.job.resume.then(|| state::load::<B, _>(self.job.state, device)).flatten();
        if let Some((known, (part, head, part_state, head_state, best_part, best_head))) = found {
            model = Model { part: model.part.load_record(part), head: model.head.load_record(head) };
            best = Model {
                part: Trainable::<B>::from_inner(best.part).load_record(best_part),
                head: LearningHead::<B>::from_inner(best.head).load_record(best_head),
            }
            .valid();
            (part_adam, head_adam) = (part_adam.load_record(part_state), head_adam.load_record(head_state));
            progress = known;
            let done = progress.history.len() - 1;
            self.observer.on(Event::Note { text: &format!("going on after epoch {done}") });
            self.observer.on(Event::Advanced { by: done });
        } else {
            let train = self.judged(&best, &mut inputs, &split.train, &weights, device)?;
            let validation = self.judged(&best, &mut inputs, judges, &weights, device)?;
            progress.history.push(epoch(0, train, validation, began));
        }

        let steps = split.train.len().div_ceil(recipe.batch_size.get());
        let schedule = Schedule { steps: steps * recipe.epochs.get(), warm_up: steps * recipe.warm_up };
        let mut stopped = Stopped::Epochs;
        for number in progress.history.len()..=recipe.epochs.get() {
            if number - 1 - progress.best_epoch >= recipe.patience.get() {
                stopped = Stopped::Patience;
                break;
            }
            let began = std::time::Instant::now();
            let mut order = split.train.clone();
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(number as u64);
            order.shuffle(&mut random);
            let mut train = Sums::default();
            for (step, rows) in order.chunks(recipe.batch_size.get()).enumerate() {
                let wanted: Vec<Wanted> = rows.iter().map(|&row| (row, inputs.version(number, row))).collect();
                let input = inputs.batch(&wanted, device)?;
                let logits = model.logits(Tensor::from_inner(input), recipe.precision.dtype());
                train.add(&array(logits.clone()), rows, self.job.y, &weights);
                let mut gradients = loss(logits, rows, self.job.y, &weights, device).backward();
                let rate = schedule.at((number - 1) * steps + step);
                let of_part = GradientsParams::from_module(&mut gradients, &model.part);
                let of_head = GradientsParams::from_module(&mut gradients, &model.head);
                model.part = part_adam.step(rate * recipe.learning_rate.get(), model.part, of_part);
                model.head = head_adam.step(rate * recipe.head_learning_rate.get(), model.head, of_head);
            }
            let now = model.valid();
            let validation = self.judged(&now, &mut inputs, judges, &weights, device)?;
            if !(train.loss.is_finite() && validation.loss.is_finite()) {
                stopped = Stopped::Diverged { epoch: number };
                break;
            }
            let best_loss = progress.history[progress.best_epoch].validation_loss;
            progress.history.push(epoch(number, train, validation, began));
            if validation.mean() < best_loss {
                (progress.best_epoch, best) = (number, now);
            }
            let record = (
                model.part.clone().into_record(),
                model.head.clone().into_record(),
                part_adam.to_record(),
                head_adam.to_record(),
                Trainable::<B>::from_inner(best.part.clone()).into_record(),
                LearningHead::<B>::from_inner(best.head.clone()).into_record(),
            );
            state::save::<B, _>(self.job.state, &progress, record)?;
            self.observer.on(Event::Advanced { by: 1 });
        }

        let learned = (recipe.train != TrainedPart::Head).then(|| best.part.into_weights(self.job.backbone.weights()));
        let head = best.head.into_head(self.job.head.standardizer())?;
        let Progress { history, best_epoch } = progress;
        Ok(FineTuned {
            trained: Trained { head: head.into(), held_out: None, history, best_epoch, stopped },
            weights: learned,
        })
    }
}

impl Learner<'_> {
    /// How `model` does on the images of `rows` themselves.
    fn judged<B: Backend>(
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

impl<B: AutodiffBackend> Model<B> {
    fn valid(&self) -> Model<B::InnerBackend> {
        Model { part: self.part.valid(), head: self.head.valid() }
    }
}

impl Sums {
    fn add(&mut self, logits: &Array2<f32>, rows: &[usize], y: &[crate::data::ClassId], weights: &[f32]) {
        for (logits, row) in logits.rows().into_iter().zip(rows) {
            let truth = y[*row].0;
            self.loss += f64::from(weights[*row]) * cross_entropy(logits, truth);
            self.right += usize::from(logits.iter().all(|&logit| logit <= logits[truth]));
            self.images += 1;
        }
    }

    /// Mean loss; in nats.
    fn mean(self) -> f64 {
        self.loss / self.images.max(1) as f64
    }

    fn accuracy(self) -> f64 {
        self.right as f64 / self.images.max(1) as f64
    }
}

fn epoch(number: usize, train: Sums, validation: Sums, began: std::time::Instant) -> Epoch {
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
fn loss<B: Backend>(
    logits: Tensor<B, 2>,
    rows: &[usize],
    y: &[crate::data::ClassId],
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

fn array<B: Backend>(logits: Tensor<B, 2>) -> Array2<f32> {
    let shape = logits.dims();
    let values = logits.into_data().convert::<f32>().into_vec().expect("converted to f32");
    Array2::from_shape_vec(shape, values).expect("burn gives row-major data")
}
