//! Earlier decisions that were read from a method's folders.

use std::collections::BTreeMap;

use super::super::{Decision, LogEntry};
use crate::data::ImageId;

/// Why an image was removed whose file is gone from the folders of `method`. It names the method, since the folders of
/// another one still hold the image and must not bring it back.
pub(super) fn deleted(method: &str) -> String {
    format!("deleted from clusters/{method}")
}

/// Why an image was moved, likewise.
pub(super) fn moved_in(method: &str) -> String {
    format!("moved in clusters/{method}")
}

/// Classes and removals that these folders gave images before, whether they still count or not.
pub(super) struct EarlierDecisions {
    /// The reason that images moved between the folders of the method carry.
    pub moved_in: String,
    /// The reason that images deleted from them carry.
    pub deleted: String,
    pub moved: BTreeMap<ImageId, String>,
    pub removed: BTreeMap<ImageId, String>,
}

impl EarlierDecisions {
    pub fn before(log: &[LogEntry], method: &str) -> Self {
        let mut said = Self {
            moved_in: moved_in(method),
            deleted: deleted(method),
            moved: BTreeMap::new(),
            removed: BTreeMap::new(),
        };
        for entry in log {
            match &entry.decision {
                Decision::Move { images, class, reason: Some(reason) } if *reason == said.moved_in => {
                    said.moved.extend(images.iter().map(|image| (*image, class.clone())));
                }
                Decision::Remove { images, reason: Some(reason) } => {
                    said.removed.extend(images.iter().map(|image| (*image, reason.clone())));
                }
                Decision::Restore { images } => images.iter().for_each(|image| drop(said.removed.remove(image))),
                _ => {}
            }
        }
        said
    }
}
