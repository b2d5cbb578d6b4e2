//! The context of every stage beside its input: where it runs and in how much memory, where things lie, and who listens.

use crate::device::Device;
use crate::memory::MemoryBudget;
use crate::progress::Observer;

use super::Workspace;

/// Where work runs, where things lie, and who hears of its progress.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Runs networks.
    pub device: Device,
    /// How much memory stages and readers may hold.
    pub memory: MemoryBudget,
    /// Folders of runs, checkpoints, data sets and features.
    pub workspace: &'a Workspace,
    /// Hears of progress and warnings.
    pub observer: &'a dyn Observer,
}
