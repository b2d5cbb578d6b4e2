//! What burn-train would draw on the terminal, told to us instead.
//!
//! The learner measures on a thread of its own and calls a [`MetricsRenderer`]. This one adds the batches of an epoch
//! up, in `f64`, and sends the sums on when the last validation batch is in: to the [judge](super::judge), which waits
//! for them, and to whoever draws the progress.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use burn::train::metric::{MetricDefinition, MetricId};
use burn::train::renderer::{
    EvaluationName, EvaluationProgress, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining, ProgressType, TrainingProgress,
};

/// Means over the images of one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Counted from 1.
    pub epoch: usize,
    /// Over the training images, while the weights change.
    pub train: Means,
    /// Over the validation images, with the weights at the end of the epoch.
    pub validation: Means,
}

/// Means over some images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// Mean loss.
    pub loss: f64,
    /// Share of images classified right, in `0.0..=1.0`.
    pub accuracy: f64,
}

/// Adds up what the learner measures and sends it on, an epoch at a time.
pub struct Reporter {
    judge: Sender<Measured>,
    progress: Sender<()>,
    loss: MetricId,
    train: Tally,
    validation: Tally,
}

/// Sums over the batches of an epoch: of value times images, and of images.
#[derive(Default)]
struct Tally {
    loss: (f64, usize),
    accuracy_percent: (f64, usize),
}

impl Tally {
    fn add(&mut self, state: &MetricState, loss: &MetricId) {
        let MetricState::Numeric(entry, value) = state else { return };
        let burn::train::metric::NumericEntry::Aggregated { aggregated_value, count } = value else { return };
        let sum = if entry.metric_id == *loss { &mut self.loss } else { &mut self.accuracy_percent };
        sum.0 += aggregated_value * *count as f64;
        sum.1 += count;
    }

    fn means(&self) -> Means {
        let mean = |(sum, count): (f64, usize)| sum / count.max(1) as f64;
        Means { loss: mean(self.loss), accuracy: mean(self.accuracy_percent) / 100.0 }
    }
}

impl Reporter {
    /// Reports epochs to `judge` and that one is over to `progress`.
    pub fn new(judge: Sender<Measured>, progress: Sender<()>) -> Self {
        let loss = MetricId::new(Arc::new("Loss".to_owned()));
        Self { judge, progress, loss, train: Tally::default(), validation: Tally::default() }
    }
}

impl MetricsRendererTraining for Reporter {
    fn update_train(&mut self, state: MetricState) {
        self.train.add(&state, &self.loss);
    }

    fn update_valid(&mut self, state: MetricState) {
        self.validation.add(&state, &self.loss);
    }

    fn render_train(&mut self, _: TrainingProgress, _: Vec<ProgressType>) {}

    fn render_valid(&mut self, item: TrainingProgress, _: Vec<ProgressType>) {
        if item.progress.is_some_and(|batches| batches.items_processed == batches.items_total) {
            let epoch = item.global_progress.items_processed;
            let [train, validation] =
                [&mut self.train, &mut self.validation].map(|tally| std::mem::take(tally).means());
            // Nobody listens any more once training was given up: nothing is lost.
            let _ = self.judge.send(Measured { epoch, train, validation });
            let _ = self.progress.send(());
        }
    }
}

impl MetricsRendererEvaluation for Reporter {
    fn update_test(&mut self, _: EvaluationName, _: MetricState) {}

    fn render_test(&mut self, _: EvaluationProgress, _: Vec<ProgressType>) {}
}

impl MetricsRenderer for Reporter {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, _: MetricDefinition) {}
}
