//! Hands the network, the batches and the judge to burn-train's learner and takes the best weights back.
//!
//! Nothing is printed and nothing is left behind: the learner's log file and metric files are replaced, its panic hook
//! and tracing subscriber not installed, and its checkpoints live in a temporary folder.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;

use burn::module::Module;
use burn::optim::AdamConfig;
use burn::optim::decay::WeightDecayConfig;
use burn::record::{BinFileRecorder, FullPrecisionSettings, Recorder};
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Int, Tensor, TensorData};
use burn::train::logger::InMemoryMetricLogger;
use burn::train::metric::{AccuracyMetric, LossMetric};
use burn::train::{Interrupter, Learner, SupervisedTraining};
use ndarray::Array2;

use super::head::Layer;
use super::judge::Judge;
use super::loader::{Loader, Random};
use super::mlp::{Mlp, MlpRecord};
use super::recipe::MlpRecipe;
use super::renderer::Reporter;
use super::{Epoch, Stopped, TrainError};
use crate::device::OnBackend;
use crate::progress::{Event, Observer};

/// Training, ready to run on any backend.
pub struct Fit<'a> {
    /// Shape of the network and how it learns.
    pub recipe: &'a MlpRecipe,
    /// Features as the network sees them, `[n_images, n_features]`.
    pub x: Array2<f32>,
    /// Class of each image, `[n_images]`.
    pub y: Vec<u32>,
    /// What each image counts in the loss, `[n_images]`.
    pub weights: Vec<f32>,
    /// Number of classes.
    pub n_classes: usize,
    /// Rows to learn from.
    pub train: &'a [usize],
    /// Rows to judge by.
    pub validation: &'a [usize],
    /// Decides the first weights, the order of the images and the dropout.
    pub seed: u64,
    /// Hears `Advanced { by: 1 }` after each epoch.
    pub observer: &'a dyn Observer,
}

/// The best weights and how they were found.
pub struct Fitted {
    /// Weights of the best epoch.
    pub layers: Vec<Layer>,
    /// Every epoch.
    pub history: Vec<Epoch>,
    /// Counted from 1.
    pub best_epoch: usize,
    /// Why training ended.
    pub stopped: Stopped,
}

impl OnBackend for Fit<'_> {
    type Output = Result<Fitted, TrainError>;

    fn run<B: AutodiffBackend>(self, device: &B::Device) -> Result<Fitted, TrainError> {
        let (progress, epochs) = mpsc::channel();
        let observer = self.observer;
        std::thread::scope(|scope| {
            scope.spawn(move || epochs.iter().for_each(|()| observer.on(Event::Advanced { by: 1 })));
            self.learn::<B>(progress, device)
        })
    }
}

impl Fit<'_> {
    fn learn<B: AutodiffBackend>(self, progress: mpsc::Sender<()>, device: &B::Device) -> Result<Fitted, TrainError> {
        let folder = tempfile::tempdir()?;
        let recorder = BinFileRecorder::<FullPrecisionSettings>::new();
        let (measured, epochs) = mpsc::channel();
        let interrupter = Interrupter::new();
        let judge = Judge::new(self.recipe.patience.get(), epochs, interrupter.clone());

        let widths = self.widths();
        let model = Mlp::<B>::new(&widths, self.seed, device);
        let decay = self.recipe.weight_decay.get() as f32;
        let adam = AdamConfig::new()
            .with_epsilon(1e-8)
            .with_weight_decay((decay > 0.0).then(|| WeightDecayConfig::new(decay)))
            .init();
        let recipe = self.recipe;
        let (train, validation) = self.loaders::<B>(device);
        let result = SupervisedTraining::new(folder.path(), Arc::new(train), Arc::new(validation))
            .metrics((LossMetric::new(), AccuracyMetric::new()))
            .num_epochs(recipe.epochs.get())
            .renderer(Reporter::new(measured, progress))
            .with_metric_logger(InMemoryMetricLogger::new())
            .with_application_logger(None)
            .with_interrupter(interrupter.clone())
            .with_file_checkpointer(recorder.clone())
            .with_checkpointing_strategy(judge.clone())
            .early_stopping(judge.clone())
            .launch(Learner::new(model, adam, recipe.learning_rate.get()));

        if let Some(why) = interrupter.get_message() {
            return Err(TrainError::Checkpoint(why));
        }
        let verdict = judge.verdict();
        let best_epoch = verdict.best_epoch.ok_or(TrainError::Diverged(recipe.learning_rate.get()))?;
        let file = folder.path().join("checkpoint").join(format!("model-{best_epoch}"));
        let record: MlpRecord<B::InnerBackend> =
            recorder.load(file, device).map_err(|e| TrainError::Checkpoint(e.to_string()))?;
        let layers = result.model.load_record(record).into_layers();
        Ok(Fitted { layers, history: verdict.history.clone(), best_epoch, stopped: verdict.stopped })
    }

    /// Features, hidden layers, classes.
    fn widths(&self) -> Vec<usize> {
        let hidden = self.recipe.hidden.iter().map(|width| width.get());
        [self.x.ncols()].into_iter().chain(hidden).chain([self.n_classes]).collect()
    }

    /// Batches to learn from and to judge by, drawn from one copy of the features on the device.
    fn loaders<B: AutodiffBackend>(self, device: &B::Device) -> (Loader<B>, Loader<B::InnerBackend>) {
        let widths = self.widths();
        let random = Random {
            seed: self.seed,
            dropout: self.recipe.dropout.get(),
            hidden: widths[1..widths.len() - 1].to_vec(),
        };
        let (n, n_features) = self.x.dim();
        let x: Vec<f32> = if self.x.is_standard_layout() {
            self.x.into_raw_vec_and_offset().0
        } else {
            self.x.iter().copied().collect()
        };
        let x: Tensor<B::InnerBackend, 2> = Tensor::from_data(TensorData::new(x, [n, n_features]), device);
        let y: Tensor<B::InnerBackend, 1, Int> = Tensor::from_data(TensorData::new(self.y, [n]), device);
        let weights: Tensor<B::InnerBackend, 1> = Tensor::from_data(TensorData::new(self.weights, [n]), device);
        let train = Loader {
            x: Tensor::from_inner(x.clone()),
            y: Tensor::from_inner(y.clone()),
            weights: Tensor::from_inner(weights.clone()),
            rows: self.train.to_vec(),
            batch_size: self.recipe.batch_size.get(),
            random: Some(random),
            epoch: AtomicU64::new(0),
        };
        let validation = Loader {
            x,
            y,
            weights,
            rows: self.validation.to_vec(),
            batch_size: self.recipe.batch_size.get().max(256),
            random: None,
            epoch: AtomicU64::new(0),
        };
        (train, validation)
    }
}
