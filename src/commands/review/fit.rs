//! What the program makes of the decisions: a guess per image, and what to look at next.

use super::catalogue::Catalogue;
use super::features::Features;
use super::view::View;
use crate::curation::{Kind, Opinion, SCREEN, Suggestion};
use crate::workflow::labelling::Trust;

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
    /// What labels.csv says about labels that nobody gave to the very image.
    pub trust: Trust,
    /// What is worth deciding next, best first.
    pub next: Vec<Suggestion>,
}

impl Fit {
    /// From the features where there are some.
    pub fn new(catalogue: &Catalogue, view: &View, features: Option<&Features>) -> Self {
        match features {
            Some(features) => {
                let opinion = features.opinion(&view.curation, &view.cluster);
                let trust = Trust::of(&opinion, &catalogue.table.rows, &view.curation);
                Self::of_opinion(view.version, opinion, trust)
            }
            None => Self::plain(catalogue, view),
        }
    }

    fn of_opinion(version: u64, opinion: Opinion, trust: Trust) -> Self {
        let thousandths = |share: f32| (share * 1000.0).round() as u16;
        // As long as everything named shows one class, that anything else shows it too is no finding.
        let tells = opinion.classes.len() > 1;
        Self {
            version,
            trust,
            class: opinion.rows.iter().map(|row| row.class.filter(|_| tells)).collect(),
            confidence: opinion.rows.iter().map(|row| thousandths(row.confidence)).collect(),
            suspicion: opinion.rows.iter().map(|row| thousandths(row.suspicion)).collect(),
            classes: opinion.classes,
            next: opinion.suggestions,
        }
    }

    /// Without features: unnamed clusters, the largest first, and images far from their centre as suspects.
    fn plain(catalogue: &Catalogue, view: &View) -> Self {
        let mut unnamed: Vec<_> =
            view.clusters.iter().filter(|c| c.name.is_none() && c.merged_into.is_none() && c.size > 0).collect();
        unnamed.sort_by_key(|cluster| (std::cmp::Reverse(cluster.size), cluster.id));
        let next = unnamed.into_iter().map(|cluster| {
            let mut rows: Vec<usize> = (0..catalogue.len())
                .filter(|&row| view.cluster[row] == Some(cluster.id) && view.removed[row].is_none())
                .collect();
            rows.sort_by_key(|&row| (std::cmp::Reverse(catalogue.typicality[row]), row));
            rows.truncate(SCREEN);
            Suggestion {
                kind: Kind::NameCluster,
                title: format!("What do the {} images of cluster {} show?", cluster.size, cluster.id),
                cluster: Some(cluster.id),
                clusters: Vec::new(),
                class: None,
                rows,
            }
        });
        Self {
            version: view.version,
            trust: Trust::default(),
            classes: Vec::new(),
            class: vec![None; catalogue.len()],
            confidence: vec![0; catalogue.len()],
            suspicion: catalogue.typicality.iter().map(|typicality| 1000 - typicality).collect(),
            next: next.collect(),
        }
    }
}
