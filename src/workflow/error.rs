//! Errors of the stages that commands share.

use std::error::Error;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::backbones::BackboneError;
use crate::clusterers::{AssignerFileError, ClusterError};
use crate::curation::{ApplyError, FoldersError, LabelTableError, LogError};
use crate::data::EmbeddingsError;
use crate::device::DeviceError;
use crate::embeddings::StoreError;
use crate::features::FeatureError;
use crate::files::{ResultsError, TableError};
use crate::images::ImageError;
use crate::memory::StageOverBudget;
use crate::reducers::{ProjectionFileError, ReduceError};
use crate::report::PlotError;
use crate::runs::{BundleError, RunError};
use crate::separation::SeparationError;
use crate::server::ServerError;
use crate::training::{ClassifierError, TrainError};

/// Why a stage could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    /// The command line asks for something that does not fit together.
    #[error("{0}")]
    Usage(String),
    /// The command line was right, but what it names is not as it must be.
    #[error("{message}")]
    Failed { message: String, hint: Option<String> },
    /// Reading or writing failed.
    #[error("{source}: `{}`", .path.display())]
    Io { path: PathBuf, source: io::Error },
    /// A file of decisions cannot be taken.
    #[error("{source}: `{}`", .path.display())]
    Apply { path: PathBuf, source: ApplyError },
    #[error(transparent)]
    Memory(#[from] StageOverBudget),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    #[error(transparent)]
    Feature(#[from] FeatureError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Embeddings(#[from] EmbeddingsError),
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    #[error(transparent)]
    Projection(#[from] ProjectionFileError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Separation(#[from] SeparationError),
    #[error(transparent)]
    Assigner(#[from] AssignerFileError),
    #[error(transparent)]
    Folders(#[from] FoldersError),
    #[error(transparent)]
    LabelTable(#[from] LabelTableError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Plot(#[from] PlotError),
    #[error(transparent)]
    Results(#[from] ResultsError),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A result has no JSON form; none is known.
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Head(#[from] ClassifierError),
    #[error(transparent)]
    Train(#[from] TrainError),
}

impl WorkflowError {
    /// A hint: what to do about it, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Failed { hint, .. } => hint.clone(),
            Self::Apply { .. } => Some("nothing of the file was applied; mend the line and apply it again".to_owned()),
            Self::Memory(error) => Some(error.hint()),
            Self::Device(error) => Some(error.hint()),
            Self::Reduce(error) => error.hint(),
            Self::Image(error) => error.hint(),
            Self::Backbone(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Bundle(error) => error.hint(),
            Self::Cluster(error) => error.hint(),
            Self::Separation(error) => error.hint(),
            Self::Run(error) => error.hint(),
            Self::Log(error) => error.hint().map(str::to_owned),
            Self::Server(error) => error.hint(),
            Self::Results(error) => error.hint(),
            Self::Train(error) => error.hint(),
            Self::Head(error) => Some(error.hint()),
            _ => None,
        };
        hint.or_else(|| atomic_file::advice(self).map(str::to_owned))
    }

    /// The message and its causes in one sentence, for a warning.
    #[must_use]
    pub(crate) fn with_causes(&self) -> String {
        [self.to_string()].into_iter().chain(unsaid_causes(self)).collect::<Vec<_>>().join(": ")
    }

    /// Whether the command line or the recipe is at fault: exit code 2.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Usage(_)
                | Self::Separation(SeparationError::NoColumn { .. })
                | Self::Backbone(BackboneError::UnknownLayer { .. })
                | Self::Image(ImageError::UnknownField { .. })
                | Self::Table(TableError::FieldClash { .. })
        )
    }

    /// For `map_err`: the failure happened at `path`.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }

    /// A failure with something to do about it.
    pub(crate) fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), hint: Some(hint.into()) }
    }
}

/// The causes of `error`, outermost first, but those whose words it or a cause before has said.
pub(crate) fn unsaid_causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut said = error.to_string();
    let mut causes = Vec::new();
    for cause in iter::successors(error.source(), |&cause| cause.source()) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            said += &cause;
            causes.push(cause);
        }
    }
    causes
}
