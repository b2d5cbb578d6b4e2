//! Modes: the command a recipe is for, as its sections say.

use std::fmt;

use super::document::{RecipeMistake, RecipeTable};

/// The command a recipe is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Whole images and frames, clustered.
    Cluster,
    /// Combinations of features, tried against each other.
    Search,
    /// Patches of large images, clustered.
    Patches,
    /// Tiles, separated layer by layer.
    Separate,
    /// New images in the clusters of an earlier run.
    Assign,
    /// A classifier.
    Train,
}

use Mode::{Assign, Cluster, Patches, Search, Separate, Train};

/// Sections and keys at the top of a recipe, each with the modes that read it.
const SECTIONS: [(&str, &[Mode]); 17] = [
    ("name", &[Cluster, Search, Patches, Separate, Assign, Train]),
    ("dataset", &[Cluster, Search, Patches, Separate, Assign, Train]),
    // An assigning recipe is told that its seed is the earlier run's.
    ("seed", &[Cluster, Search, Patches, Separate, Assign, Train]),
    ("features", &[Cluster, Search, Patches, Separate, Train]),
    ("reduce", &[Cluster, Search, Patches, Separate]),
    ("cluster", &[Cluster, Search, Patches]),
    ("tsne", &[Cluster]),
    ("report", &[Cluster]),
    ("search", &[Search]),
    ("patches", &[Patches]),
    ("separate", &[Separate]),
    ("classifier", &[Train]),
    ("split", &[Train]),
    ("calibrate", &[Train]),
    ("reject", &[Train]),
    ("finetune", &[Train]),
    ("sweep", &[Train]),
];

impl Mode {
    /// Every mode; where a recipe suits several, the first is meant.
    pub const ALL: [Self; 6] = [Cluster, Search, Patches, Separate, Assign, Train];

    /// The command that reads such recipes.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Cluster => "rails cluster",
            Search => "rails search",
            Patches => "rails patches",
            Separate => "rails separate",
            Assign => "rails assign",
            Train => "rails train",
        }
    }

    /// Such as «separates»: what a recipe of this mode does.
    pub(super) const fn verb(self) -> &'static str {
        match self {
            Cluster => "clusters whole images",
            Search => "searches",
            Patches => "clusters patches",
            Separate => "separates",
            Assign => "assigns",
            Train => "trains",
        }
    }

    /// Whether such recipes have the section.
    fn reads(self, section: &str) -> bool {
        modes_of(section).contains(&self)
    }

    /// Refuses a recipe of another mode, or of several.
    pub(super) fn check(self, document: &RecipeTable<'_>) -> Result<(), RecipeMistake> {
        let mut known: Vec<(&str, usize)> = document.keys().filter(|(key, _)| !modes_of(key).is_empty()).collect();
        known.sort_by_key(|(_, at)| *at);
        let suits = |mode: Self| known.iter().all(|(key, _)| mode.reads(key));
        let of = |key: &str| Self::ALL.into_iter().find(|mode| mode.reads(key)).unwrap_or(self);
        let Some(&(section, at)) = known.iter().find(|(key, _)| !self.reads(key)) else { return Ok(()) };
        if let Some(mode) = Self::ALL.into_iter().find(|mode| suits(*mode)) {
            return Err(RecipeMistake::OtherMode { at, section: section.to_owned(), mode });
        }
        for (number, &(second, at_second)) in known.iter().enumerate() {
            for &(first, at_first) in &known[..number] {
                if !Self::ALL.into_iter().any(|mode| mode.reads(first) && mode.reads(second)) {
                    return Err(RecipeMistake::TwoModes {
                        places: [at_first, at_second],
                        sections: [first.to_owned(), second.to_owned()],
                        modes: [of(first), of(second)],
                    });
                }
            }
        }
        Err(RecipeMistake::OtherMode { at, section: section.to_owned(), mode: of(section) })
    }
}

/// The modes that read a section; none where nobody knows it.
fn modes_of(section: &str) -> &'static [Mode] {
    SECTIONS.iter().find(|(name, _)| *name == section).map_or(&[], |(_, modes)| modes)
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.command())
    }
}
