//! The state of a training after an epoch, to resume it as if nothing had happened: written after each epoch, whole or
//! not at all.

use std::fs;
use std::io;
use std::path::Path;

use burn::record::{FullPrecisionSettings, NamedMpkBytesRecorder, Record, Recorder};
use burn::tensor::backend::Backend;
use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::training::{Epoch, TrainError};

/// First bytes of the file; the number changes with its form.
const MAGIC: &[u8; 8] = b"rails\0f1";
const HASH: usize = blake3::OUT_LEN;

/// How far training is; the weights are beside it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Progress {
    /// From epoch 0 on.
    pub history: Vec<Epoch>,
    pub best_epoch: usize,
}

/// An [`Epoch`] as bits: text would round.
#[derive(Serialize, Deserialize)]
struct StoredProgress {
    best_epoch: usize,
    history: Vec<(usize, [u64; 5])>,
}

/// Writes `progress` and `record` in place of what is at `path`.
///
/// # Errors
/// When the disk refuses; what was there before is then still there.
pub(super) fn save<B: Backend, R: Record<B>>(path: &Path, progress: &Progress, record: R) -> Result<(), TrainError> {
    let numbers = |epoch: &Epoch| {
        let Epoch { train_loss, train_accuracy, validation_loss, validation_accuracy, seconds, .. } = *epoch;
        let values = [train_loss, train_accuracy, validation_loss, validation_accuracy, seconds];
        (epoch.epoch, values.map(f64::to_bits))
    };
    let stored =
        StoredProgress { best_epoch: progress.best_epoch, history: progress.history.iter().map(numbers).collect() };
    let failed = |error: String| TrainError::Checkpoint(error);
    let about = serde_json::to_vec(&stored).map_err(|error| failed(error.to_string()))?;
    let recorder = NamedMpkBytesRecorder::<FullPrecisionSettings>::default();
    let weights = Recorder::<B>::record(&recorder, record, ()).map_err(|error| failed(error.to_string()))?;
    let length = (about.len() as u64).to_le_bytes();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&length).update(&about).update(&weights);

    let at = |error: io::Error| failed(format!("{error}: `{}`", path.display()));
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at)?;
    atomic_file::write_with(path, |file| {
        let hash = hasher.finalize();
        let parts = [MAGIC.as_slice(), hash.as_bytes(), length.as_slice(), &about, &weights];
        parts.into_iter().try_for_each(|part| file.write_all(part))
    })
    .map_err(at)
}

/// Reads a state that [`save`] wrote; `None` where there is nothing, or nothing whole.
pub(super) fn load<B: Backend, R: Record<B>>(path: &Path, device: &B::Device) -> Option<(Progress, R)> {
    let bytes = fs::read(path).ok()?;
    let rest = bytes.strip_prefix(MAGIC)?;
    let (hash, rest) = rest.split_at_checked(HASH)?;
    if blake3::hash(rest).as_bytes() != hash {
        return None;
    }
    let (length, rest) = rest.split_first_chunk()?;
    let (about, weights) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let StoredProgress { best_epoch, history } = serde_json::from_slice(about).ok()?;
    let epoch = |(epoch, bits): (usize, [u64; 5])| {
        let [train_loss, train_accuracy, validation_loss, validation_accuracy, seconds] = bits.map(f64::from_bits);
        Epoch { epoch, train_loss, train_accuracy, validation_loss, validation_accuracy, seconds }
    };
    let progress = Progress { history: history.into_iter().map(epoch).collect(), best_epoch };
    let recorder = NamedMpkBytesRecorder::<FullPrecisionSettings>::default();
    Some((progress, Recorder::<B>::load(&recorder, weights.to_vec(), device).ok()?))
}
