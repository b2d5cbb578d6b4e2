//! The kinds of runs, as run folders and run.json name them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The command that made a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Whole images or frames, clustered.
    Cluster,
    /// Tiles, separated layer by layer.
    Separate,
    /// New images in the clusters of an earlier run.
    Assign,
    /// Patches of large images, clustered.
    Patches,
    /// Combinations of features, ranked.
    Search,
    /// A classifier and its scores.
    Train,
    /// Recipes of classifiers, cross-validated.
    Sweep,
    /// A classifier judged on other images.
    Evaluate,
}

impl RunKind {
    /// Kinds whose images, tiles or patches lie in clusters that people can name: what `rails curate` and `rails train` take.
    pub const CLUSTERED: [Self; 4] = [Self::Cluster, Self::Separate, Self::Assign, Self::Patches];

    /// The name of the first of `kinds`, which messages name.
    pub(super) fn usual(kinds: &[Self]) -> &'static str {
        kinds.first().map_or("", |kind| kind.name())
    }

    /// Whether a run of this kind has clusters that people can name.
    #[must_use]
    pub fn is_clustered(self) -> bool {
        Self::CLUSTERED.contains(&self)
    }

    /// As in the name of a run folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Separate => "separate",
            Self::Assign => "assign",
            Self::Patches => "patches",
            Self::Search => "search",
            Self::Train => "train",
            Self::Sweep => "sweep",
            Self::Evaluate => "evaluate",
        }
    }
}

impl fmt::Display for RunKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
