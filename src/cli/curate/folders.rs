//! Options of folders that were sorted with a file manager.

use crate::curation::Emptied;

/// What was done to the cluster folders.
#[derive(Debug, clap::Args)]
pub(super) struct FolderArguments {
    /// Take over what was done with a file manager inside clusters/<method>/: folders renamed to a class, images moved
    /// between folders or into _removed/<reason>/, images deleted
    #[arg(long)]
    from_folders: bool,
    /// Take the images of cluster folders that were emptied or deleted as removed, as with single images
    #[arg(long, requires = "from_folders")]
    remove_emptied: bool,
}

impl FolderArguments {
    /// What becomes of emptied folders; `None` where the folders are not looked at.
    pub fn edited(&self) -> Option<Emptied> {
        let emptied = if self.remove_emptied { Emptied::Removed } else { Emptied::Left };
        self.from_folders.then_some(emptied)
    }
}
