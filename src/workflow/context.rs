//! The context of every stage beside its input: where it runs, where things lie, and who listens.

use crate::device::Device;
use crate::progress::Observer;

use super::Workspace;

/// Where work runs, where things lie, and who hears of its progress.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Runs networks.
    pub device: Device,
    /// Folders of runs, checkpoints, data sets and features.
    pub workspace: &'a Workspace,
    /// Hears of progress and warnings.
    pub observer: &'a dyn Observer,
}
