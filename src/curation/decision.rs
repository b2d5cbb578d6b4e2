//! One decision of a person, as it stands in `decisions.jsonl`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::data::{ClusterId, ImageId};

/// A decision about a cluster or an image. `I` is how images are named: by path or id in a request, by [`ImageId`] in
/// the log.
///
/// A cluster decision means the clusters of `method` in `run`. `members` is filled in where the decision was taken on
/// another run than the one whose log it stands in: there it carries over as those images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields, bound(deserialize = "I: Deserialize<'de>"))]
pub enum Decision<I = ImageId> {
    /// The images of a cluster show `class`.
    NameCluster {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        method: Option<String>,
        cluster: ClusterId,
        class: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<String>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        members: BTreeMap<ClusterKey, Vec<I>>,
    },
    /// These clusters are one; it goes by the first one's number and keeps the latest name.
    MergeClusters {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        method: Option<String>,
        clusters: Vec<ClusterId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<String>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        members: BTreeMap<ClusterKey, Vec<I>>,
    },
    /// Images leave `cluster` for new clusters, which are unnamed at first.
    SplitCluster {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        method: Option<String>,
        cluster: ClusterId,
        into: BTreeMap<ClusterKey, Vec<I>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<String>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        members: BTreeMap<ClusterKey, Vec<I>>,
    },
    /// These images show `class`, whatever their cluster is called.
    Move {
        images: Vec<I>,
        class: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// These images do not belong into a training set.
    Remove {
        images: Vec<I>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Takes back a removal.
    Restore { images: Vec<I> },
    /// Confirms the class these images have; in the log the class is always written out.
    Accept {
        images: Vec<I>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<String>,
    },
    /// The decision with number `of` does not count.
    Undo { of: u64 },
    /// The decision with number `of` counts again.
    Redo { of: u64 },
}

/// A cluster number as a JSON object's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterKey(pub ClusterId);

impl TryFrom<String> for ClusterKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(|id| Self(ClusterId(id))).map_err(|_| format!("expected a cluster number, got `{text}`"))
    }
}

impl From<ClusterKey> for String {
    fn from(key: ClusterKey) -> String {
        key.0.to_string()
    }
}

/// A line of `decisions.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Counted from 1, without gaps.
    pub seq: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub by: String,
    /// The decision itself.
    pub decision: Decision,
}

impl LogEntry {
    /// The line without its end.
    ///
    /// # Errors
    /// Never in practice: every decision has a JSON form.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        let mut object = Map::new();
        object.insert("seq".to_owned(), self.seq.into());
        object.insert("at".to_owned(), self.at.clone().into());
        object.insert("by".to_owned(), self.by.clone().into());
        if let Value::Object(decision) = serde_json::to_value(&self.decision)? {
            object.extend(decision);
        }
        serde_json::to_string(&object)
    }

    /// # Errors
    /// A message when the line is not an entry.
    pub fn from_line(line: &str) -> Result<Self, String> {
        let mut object: Map<String, Value> = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let seq = object.remove("seq").and_then(|seq| seq.as_u64()).ok_or("no number `seq`")?;
        let mut text = |key: &str| match object.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("no text `{key}`")),
        };
        let (at, by) = (text("at")?, text("by")?);
        let decision = serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())?;
        Ok(Self { seq, at, by, decision })
    }
}

impl<I> Decision<I> {
    /// The same decision with its images named otherwise.
    ///
    /// # Errors
    /// The first error of `name`.
    pub fn try_map<J, E>(self, name: &mut dyn FnMut(I) -> Result<J, E>) -> Result<Decision<J>, E> {
        let mut list = |images: Vec<I>| images.into_iter().map(&mut *name).collect::<Result<Vec<J>, E>>();
        let mut lists = |map: BTreeMap<ClusterKey, Vec<I>>| {
            map.into_iter().map(|(key, images)| Ok((key, list(images)?))).collect::<Result<BTreeMap<_, _>, E>>()
        };
        Ok(match self {
            Self::NameCluster { method, cluster, class, run, members } => {
                Decision::NameCluster { method, cluster, class, run, members: lists(members)? }
            }
            Self::MergeClusters { method, clusters, run, members } => {
                Decision::MergeClusters { method, clusters, run, members: lists(members)? }
            }
            Self::SplitCluster { method, cluster, into, run, members } => {
                Decision::SplitCluster { method, cluster, into: lists(into)?, run, members: lists(members)? }
            }
            Self::Move { images, class, reason } => Decision::Move { images: list(images)?, class, reason },
            Self::Remove { images, reason } => Decision::Remove { images: list(images)?, reason },
            Self::Restore { images } => Decision::Restore { images: list(images)? },
            Self::Accept { images, class } => Decision::Accept { images: list(images)?, class },
            Self::Undo { of } => Decision::Undo { of },
            Self::Redo { of } => Decision::Redo { of },
        })
    }

    /// The clusters a cluster decision is about; empty for the others.
    #[must_use]
    pub fn clusters(&self) -> Vec<ClusterId> {
        match self {
            Self::NameCluster { cluster, .. } | Self::SplitCluster { cluster, .. } => vec![*cluster],
            Self::MergeClusters { clusters, .. } => clusters.clone(),
            _ => Vec::new(),
        }
    }

    /// The class a decision speaks of, if it speaks of one.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        match self {
            Self::NameCluster { class, .. } | Self::Move { class, .. } => Some(class),
            Self::Accept { class, .. } => class.as_deref(),
            _ => None,
        }
    }

    /// The same to be written otherwise.
    pub(super) fn class_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::NameCluster { class, .. } | Self::Move { class, .. } => Some(class),
            Self::Accept { class, .. } => class.as_mut(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back() {
        let image = ImageId::of_bytes(b"a");
        let decisions = [
            Decision::NameCluster {
                method: Some("kmeans".to_owned()),
                cluster: ClusterId(0),
                class: "gravel".to_owned(),
                run: Some("run".to_owned()),
                members: BTreeMap::from([(ClusterKey(ClusterId(0)), vec![image])]),
            },
            Decision::SplitCluster {
                method: None,
                cluster: ClusterId(3),
                into: BTreeMap::from([(ClusterKey(ClusterId(12)), vec![image])]),
                run: None,
                members: BTreeMap::new(),
            },
            Decision::Undo { of: 1 },
        ];
        for decision in decisions {
            let entry = LogEntry { seq: 3, at: "2026-11-21T20:43:00Z".to_owned(), by: "me".to_owned(), decision };
            assert_eq!(LogEntry::from_line(&entry.to_line().unwrap()).unwrap(), entry);
        }
    }
}
