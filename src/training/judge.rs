//! Decides after each epoch whether its weights are the best so far and whether to go on.
//!
//! burn-train's own strategies ask its event store, which a second thread may still be filling: in 0.21 the last batch
//! of an epoch can be missing from the mean they see, and the mean is then remembered. So this one waits for the sums
//! of the [reporter](super::renderer), and the same seed stops at the same epoch.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use burn::train::checkpoint::{CheckpointingAction, CheckpointingStrategy};
use burn::train::metric::store::EventStoreClient;
use burn::train::{EarlyStoppingStrategy, Interrupter};

use super::renderer::Measured;
use super::{Epoch, Stopped};

/// Keeps the best epoch and stops when nothing gets better; clones share what they know.
#[derive(Clone)]
pub struct Judge(Arc<Mutex<Verdict>>);

/// What is known so far.
pub struct Verdict {
    /// Every epoch whose losses were finite.
    pub history: Vec<Epoch>,
    /// The epoch of lowest validation loss, counted from 1.
    pub best_epoch: Option<usize>,
    /// Why training ended; [`Stopped::Epochs`] until something else ends it.
    pub stopped: Stopped,
    best_loss: f64,
    patience: usize,
    measured: Receiver<Measured>,
    interrupter: Interrupter,
    epoch_began: Instant,
}

impl Judge {
    /// A judge that hears of epochs from `measured` and gives up waiting where `interrupter` says so.
    pub fn new(patience: usize, measured: Receiver<Measured>, interrupter: Interrupter) -> Self {
        Self(Arc::new(Mutex::new(Verdict {
            history: Vec::new(),
            best_epoch: None,
            stopped: Stopped::Epochs,
            best_loss: f64::INFINITY,
            patience,
            measured,
            interrupter,
            epoch_began: Instant::now(),
        })))
    }

    /// What is known so far.
    pub fn verdict(&self) -> MutexGuard<'_, Verdict> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Verdict {
    /// Waits for the sums of the epoch that just ended; `None` where the learner was interrupted and none will come.
    fn hear(&self) -> Option<Measured> {
        loop {
            match self.measured.recv_timeout(Duration::from_millis(100)) {
                Ok(measured) => return Some(measured),
                Err(RecvTimeoutError::Timeout) if !self.interrupter.should_stop() => {}
                Err(_) => return None,
            }
        }
    }
}

impl CheckpointingStrategy for Judge {
    fn checkpointing(&mut self, _: usize, _: &EventStoreClient) -> Vec<CheckpointingAction> {
        let mut verdict = self.verdict();
        let Some(Measured { epoch, train, validation }) = verdict.hear() else { return Vec::new() };
        let seconds = verdict.epoch_began.elapsed().as_secs_f64();
        verdict.epoch_began = Instant::now();
        if !(train.loss.is_finite() && validation.loss.is_finite()) {
            verdict.stopped = Stopped::Diverged { epoch };
            return Vec::new();
        }
        verdict.history.push(Epoch {
            epoch,
            train_loss: train.loss,
            train_accuracy: train.accuracy,
            validation_loss: validation.loss,
            validation_accuracy: validation.accuracy,
            seconds,
        });
        if validation.loss < verdict.best_loss {
            verdict.best_loss = validation.loss;
            let previous = verdict.best_epoch.replace(epoch);
            // The new best is on disk before the old one goes.
            return [CheckpointingAction::Save].into_iter().chain(previous.map(CheckpointingAction::Delete)).collect();
        }
        if verdict.best_epoch.is_some_and(|best| epoch - best >= verdict.patience) {
            verdict.stopped = Stopped::Patience;
        }
        Vec::new()
    }
}

impl EarlyStoppingStrategy for Judge {
    fn should_stop(&mut self, _: usize, _: &EventStoreClient) -> bool {
        self.verdict().stopped != Stopped::Epochs
    }
}
