//! What the program makes of the decisions: a guess per image, and what to look at next.

use serde::Serialize;

use super::catalogue::Catalogue;
use super::view::View;

/// Suggestions, computed from one version of the log.
pub(super) struct Fit {
    /// The version.
    pub version: u64,
    /// Names of the guessed classes.
    pub classes: Vec<String>,
    /// Per row the index into `classes` of what an undecided image probably shows.
    pub class: Vec<Option<usize>>,
    /// Per row how sure that is, `0..=1000`.
    pub confidence: Vec<u16>,
    /// Per row how likely it is in the wrong place, `0..=1000`.
    pub suspicion: Vec<u16>,
    /// What is worth deciding next, best first.
    pub next: Vec<Next>,
}

/// Something worth deciding.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Next {
    pub kind: &'static str,
    /// One sentence.
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// In the order to show them.
    pub rows: Vec<usize>,
}

/// Most rows a suggestion shows.
const SHOWN: usize = 60;

/// Suggestions without features: unnamed clusters, the largest first, and images far from the centre as suspects.
pub(super) fn fit(catalogue: &Catalogue, view: &View) -> Fit {
    let mut unnamed: Vec<_> =
        view.clusters.iter().filter(|c| c.name.is_none() && c.merged_into.is_none() && c.size > 0).collect();
    unnamed.sort_by_key(|cluster| (std::cmp::Reverse(cluster.size), cluster.id));
    let next = unnamed.into_iter().map(|cluster| {
        let mut rows: Vec<usize> = (0..catalogue.len())
            .filter(|&row| view.cluster[row] == Some(cluster.id) && view.removed[row].is_none())
            .collect();
        rows.sort_by_key(|&row| (std::cmp::Reverse(catalogue.typicality[row]), row));
        rows.truncate(SHOWN);
        Next {
            kind: "name_cluster",
            title: format!("Cluster {} is the largest without a name: {} images.", cluster.id, cluster.size),
            cluster: Some(cluster.id.0),
            clusters: Vec::new(),
            class: None,
            rows,
        }
    });
    Fit {
        version: view.version,
        classes: Vec::new(),
        class: vec![None; catalogue.len()],
        confidence: vec![0; catalogue.len()],
        suspicion: catalogue.typicality.iter().map(|typicality| 1000 - typicality).collect(),
        next: next.collect(),
    }
}
