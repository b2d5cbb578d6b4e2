//! Clusters that are gone from the folders as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{EarlierDecisions, FolderEdits, FolderImage};
use crate::curation::Curation;
use crate::data::{ClusterId, ImageId};

/// What becomes of images of whose cluster none is in the folders any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Emptied {
    /// They stay as they are, and it is said.
    #[default]
    Left,
    /// They are removed like any image that was deleted.
    Removed,
}

/// The images of clusters of which none is in the folders any more: a folder that was emptied, deleted or not mounted is
/// no decision on each of its images unless somebody says so. One image that was a cluster of its own was meant.
pub(super) fn emptied_clusters(
    method: &str,
    images: &[&FolderImage],
    places: &BTreeMap<ImageId, BTreeSet<usize>>,
    before: &EarlierDecisions,
    state: &Curation,
    edits: &mut FolderEdits,
) -> BTreeSet<ImageId> {
    let mut clusters: BTreeMap<Option<ClusterId>, BTreeSet<ImageId>> = BTreeMap::new();
    for image in images {
        clusters.entry(image.cluster).or_default().insert(image.id);
    }
    let mut left = BTreeSet::new();
    for (cluster, members) in clusters {
        // Nobody misses those that were removed already.
        let known = |id: &ImageId| state.removed.contains_key(id) || before.removed.contains_key(id);
        let missing: Vec<ImageId> = members.iter().copied().filter(|id| !known(id)).collect();
        if missing.len() < 2 || members.iter().any(|id| places.contains_key(id)) {
            continue;
        }
        let folder = cluster.map_or_else(|| "noise".to_owned(), |cluster| format!("cluster_{cluster}"));
        edits.open.push(format!(
            "none of the {} images of `{method}/{folder}` is in the folders any more, and they were left as they are: put \
             them into `_removed`, or say `--remove-emptied`",
            missing.len()
        ));
        left.extend(missing);
    }
    left
}
