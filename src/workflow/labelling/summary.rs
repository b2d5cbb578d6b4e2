//! Where the curation of a run stands.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Curator;
use crate::curation::Curation;
use crate::data::{alike, path_text};

/// Where the curation of a run stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurateSummary {
    /// The run folder.
    pub run: String,
    /// Decisions that came in now.
    pub new_decisions: usize,
    /// Decisions that came again: they are in the log and would change nothing.
    pub known_decisions: usize,
    /// Decisions in all.
    pub decisions: usize,
    /// Images per class.
    pub classes: BTreeMap<String, usize>,
    /// Images per reason they were thrown out for.
    pub removed: BTreeMap<String, usize>,
    /// Images with neither class nor removal.
    pub unlabelled: usize,
    /// Labels on images that this run does not have; they wait for one that does.
    pub elsewhere: usize,
    /// Groups of classes that a reader takes for one, such as `Rust` and `rust`.
    pub alike: Vec<Vec<String>>,
    /// Edits that cannot be taken yet, in a sentence each.
    pub open: Vec<String>,
}

impl CurateSummary {
    /// With what `earlier`, another part of the same call, said of its decisions.
    #[must_use]
    pub fn after(mut self, earlier: Self) -> Self {
        self.new_decisions += earlier.new_decisions;
        self.known_decisions += earlier.known_decisions;
        self.open.splice(..0, earlier.open);
        self
    }
}

impl Curator {
    /// `new_decisions` came in now, `open` cannot be taken yet.
    pub(crate) fn summarise(&self, state: &Curation, new_decisions: usize, open: Vec<String>) -> CurateSummary {
        let mut summary = CurateSummary {
            run: path_text::to_text(&self.folder),
            new_decisions,
            known_decisions: 0,
            decisions: self.log.entries().len(),
            classes: BTreeMap::new(),
            removed: BTreeMap::new(),
            unlabelled: 0,
            elsewhere: 0,
            alike: Vec::new(),
            open,
        };
        let mut here = BTreeSet::new();
        for row in &self.table.rows {
            here.insert(row.id);
            if let Some(label) = state.labels.get(&row.id) {
                *summary.classes.entry(label.class.clone()).or_default() += 1;
            } else if let Some(removed) = state.removed.get(&row.id) {
                *summary.removed.entry(removed.reason.clone()).or_default() += 1;
            } else {
                summary.unlabelled += 1;
            }
        }
        summary.elsewhere = state.labels.keys().chain(state.removed.keys()).filter(|id| !here.contains(*id)).count();
        summary.alike = alike(summary.classes.keys());
        summary
    }
}
