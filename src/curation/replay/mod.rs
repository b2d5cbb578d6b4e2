//! Labels are a pure function of the log and of the run's clusters.
//!
//! A decision on an image always beats one on its cluster, whatever the order. Among decisions on the same image, and
//! among decisions on the same cluster, the latest counts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ClusterKey, Decision, LogEntry};
use crate::data::{ClusterId, ImageId};

/// Where a label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelSource {
    /// Its cluster was named.
    #[serde(rename = "named cluster")]
    NamedCluster,
    /// Somebody put this very image there.
    #[serde(rename = "moved")]
    Moved,
    /// Somebody confirmed what it was taken for.
    #[serde(rename = "accepted")]
    Accepted,
    /// Nobody decided on it; it is like images of this class. Only labels.csv knows this one, never a replay.
    #[serde(rename = "propagated")]
    Propagated,
}

impl LabelSource {
    /// As `labels.csv` writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NamedCluster => "named cluster",
            Self::Moved => "moved",
            Self::Accepted => "accepted",
            Self::Propagated => "propagated",
        }
    }
}

/// The class of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub class: String,
    /// Where it comes from.
    pub source: LabelSource,
    /// The reason; empty where none was given.
    pub reason: String,
    /// Number of the log's line that says so.
    pub seq: u64,
}

/// An image that was thrown out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The reason; empty where none was given.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// Labels and removals that the decisions lead to. No image is both labelled and removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Curation {
    /// The class of every image that has one.
    pub labels: BTreeMap<ImageId, Label>,
    /// The images thrown out.
    pub removed: BTreeMap<ImageId, Removed>,
    /// Names of clusters; those of a merge all have its name.
    pub cluster_names: BTreeMap<ClusterOf, String>,
    /// The images of the clusters that decisions speak of, as merges and splits left them.
    pub clusters: BTreeMap<ClusterOf, BTreeSet<ImageId>>,
    /// Clusters that were merged into another, and into which.
    pub merged: BTreeMap<ClusterOf, ClusterOf>,
}

/// Run, method and number of a cluster.
pub type ClusterOf = (String, String, ClusterId);

/// Replays `entries`. `members` lists the images of a cluster of this run by method and number.
///
/// Cluster decisions of the log carry their run and method; [`super::parse_requests`] sees to that.
pub fn replay(entries: &[LogEntry], members: &dyn Fn(&str, ClusterId) -> Vec<ImageId>) -> Curation {
    let mut clusters = Clusters { members, sets: BTreeMap::new(), merged: BTreeMap::new(), names: BTreeMap::new() };
    let mut by_hand: BTreeMap<ImageId, Label> = BTreeMap::new();
    let mut removed: BTreeMap<ImageId, Removed> = BTreeMap::new();
    // Later lines win: each image ends with its last decision that still counts.
    let undone = undone(entries);
    for entry in entries.iter().filter(|entry| !undone.contains(&entry.seq)) {
        let label = |class: &str, source, reason: &str| Label {
            class: class.to_owned(),
            source,
            reason: reason.to_owned(),
            seq: entry.seq,
        };
        match &entry.decision {
            Decision::NameCluster { method, cluster, class, run, members } => {
                clusters.learn(run.as_deref(), method.as_deref(), members);
                let key = clusters.key(run.as_deref(), method.as_deref(), *cluster);
                clusters.names.insert(key, (entry.seq, class.clone()));
            }
            Decision::MergeClusters { method, clusters: merged, run, members } => {
                clusters.learn(run.as_deref(), method.as_deref(), members);
                clusters.merge(merged.iter().map(|id| (of(run.as_deref()), of(method.as_deref()), *id)).collect());
            }
            Decision::SplitCluster { method, cluster, into, run, members } => {
                clusters.learn(run.as_deref(), method.as_deref(), members);
                clusters.split(&(of(run.as_deref()), of(method.as_deref()), *cluster), into);
            }
            Decision::Move { images, class, reason } => {
                let reason = reason.clone().unwrap_or_default();
                for image in images {
                    removed.remove(image);
                    by_hand.insert(*image, label(class, LabelSource::Moved, &reason));
                }
            }
            Decision::Accept { images, class } => {
                for (image, class) in images.iter().zip(class.iter().cycle()) {
                    removed.remove(image);
                    by_hand.insert(*image, label(class, LabelSource::Accepted, ""));
                }
            }
            Decision::Remove { images, reason } => {
                let why =
                    Removed { reason: reason.clone().unwrap_or_default(), by: entry.by.clone(), at: entry.at.clone() };
                removed.extend(images.iter().map(|image| (*image, why.clone())));
            }
            Decision::Restore { images } => images.iter().for_each(|image| {
                removed.remove(image);
            }),
            Decision::Undo { .. } | Decision::Redo { .. } => {}
        }
    }
    // What a person said of one image counts more than the name of its cluster, and removal more than both.
    let mut labels = clusters.labels();
    labels.extend(by_hand);
    labels.retain(|image, _| !removed.contains_key(image));
    // A merged cluster shows the name of the one it went into.
    let merged: BTreeMap<ClusterOf, ClusterOf> =
        clusters.merged.keys().map(|key| (key.clone(), clusters.resolve(key.clone()))).collect();
    for (key, target) in &merged {
        if let Some(name) = clusters.names.get(target).cloned() {
            clusters.names.insert(key.clone(), name);
        }
    }
    let cluster_names = clusters.names.into_iter().map(|(key, (_, class))| (key, class)).collect();
    Curation { labels, removed, cluster_names, clusters: clusters.sets, merged }
}

/// Numbers of the decisions that do not count. Of several undos and redos of a decision the latest that itself counts
/// decides, so an undo can be undone.
#[must_use]
pub fn undone(entries: &[LogEntry]) -> BTreeSet<u64> {
    let mut counts: BTreeMap<u64, bool> = BTreeMap::new();
    for entry in entries.iter().rev() {
        let (of, is_done) = match entry.decision {
            Decision::Undo { of } => (of, false),
            Decision::Redo { of } => (of, true),
            _ => continue,
        };
        if counts.get(&entry.seq).copied().unwrap_or(true) {
            counts.entry(of).or_insert(is_done);
        }
    }
    counts.into_iter().filter(|(_, counts)| !counts).map(|(seq, _)| seq).collect()
}

fn of(name: Option<&str>) -> String {
    name.unwrap_or_default().to_owned()
}

/// Clusters as merges and splits leave them.
struct Clusters<'a> {
    members: &'a dyn Fn(&str, ClusterId) -> Vec<ImageId>,
    sets: BTreeMap<ClusterOf, BTreeSet<ImageId>>,
    merged: BTreeMap<ClusterOf, ClusterOf>,
    names: BTreeMap<ClusterOf, (u64, String)>,
}

impl Clusters<'_> {
    /// The cluster that `key` was merged into, or itself.
    fn resolve(&self, mut key: ClusterOf) -> ClusterOf {
        while let Some(next) = self.merged.get(&key) {
            key = next.clone();
        }
        key
    }

    fn key(&mut self, run: Option<&str>, method: Option<&str>, cluster: ClusterId) -> ClusterOf {
        let key = self.resolve((of(run), of(method), cluster));
        self.load(&key);
        key
    }

    fn load(&mut self, key: &ClusterOf) {
        if !self.sets.contains_key(key) {
            self.sets.insert(key.clone(), (self.members)(&key.1, key.2).into_iter().collect());
        }
    }

    /// Takes over the members of another run's clusters as the decision recorded them.
    fn learn(&mut self, run: Option<&str>, method: Option<&str>, members: &BTreeMap<ClusterKey, Vec<ImageId>>) {
        for (cluster, images) in members {
            let key = (of(run), of(method), cluster.0);
            self.sets.entry(key).or_insert_with(|| images.iter().copied().collect());
        }
    }

    fn merge(&mut self, keys: Vec<ClusterOf>) {
        let mut keys = keys.into_iter().map(|key| self.resolve(key)).collect::<Vec<_>>().into_iter();
        let Some(target) = keys.next() else { return };
        self.load(&target);
        for key in keys.filter(|key| *key != target).collect::<BTreeSet<_>>() {
            self.load(&key);
            let images = self.sets.remove(&key).unwrap_or_default();
            self.sets.entry(target.clone()).or_default().extend(images);
            if let Some(name) = self.names.remove(&key) {
                let kept = self.names.entry(target.clone()).or_insert_with(|| name.clone());
                if name.0 > kept.0 {
                    *kept = name;
                }
            }
            self.merged.insert(key, target.clone());
        }
    }

    fn split(&mut self, key: &ClusterOf, into: &BTreeMap<ClusterKey, Vec<ImageId>>) {
        let key = self.resolve(key.clone());
        self.load(&key);
        for (part, images) in into {
            let images: BTreeSet<ImageId> = images.iter().copied().collect();
            if let Some(rest) = self.sets.get_mut(&key) {
                rest.retain(|image| !images.contains(image));
            }
            self.sets.insert((key.0.clone(), key.1.clone(), part.0), images);
        }
    }

    /// Labels of the named clusters; where clusters of different runs or methods overlap, the latest name counts.
    fn labels(&self) -> BTreeMap<ImageId, Label> {
        let mut named: Vec<_> = self.names.iter().collect();
        named.sort_by_key(|(_, (seq, _))| *seq);
        let label = |class: &String, seq| Label {
            class: class.clone(),
            source: LabelSource::NamedCluster,
            reason: String::new(),
            seq,
        };
        named
            .into_iter()
            .flat_map(|(key, (seq, class))| {
                self.sets.get(key).into_iter().flatten().map(move |image| (*image, label(class, *seq)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
