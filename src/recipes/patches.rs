//! Recipes of `rails patches`: large images are sliced, and their patches clustered.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::document::{RecipeMistake, RecipeTable};
use super::{DatasetRecipe, EnhanceRecipe, Mode, Recipe};
use crate::clusterers::{Counts, SingleClusterSection};
use crate::data::bounds::{self, Numbers};
use crate::data::{Fraction, Positive, nonzero};
use crate::features::{Ignore, Statistic};
use crate::images::FieldOfViewRecipe;
use crate::reducers::Reduction;

/// Recipe of `rails patches` and `rails explore`: all their settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatchesRecipe {
    /// Part of the run folder's name.
    pub name: String,
    /// The same seed gives the same run.
    pub seed: u64,
    /// Which images.
    pub dataset: DatasetRecipe,
    /// Corrections before images are sliced.
    pub features: EnhanceRecipe,
    /// How many statistics become few.
    pub reduce: Reduction,
    /// Clustering algorithms and their settings.
    pub cluster: SingleClusterSection,
    /// Slices, statistics and pictures.
    pub patches: PatchesSection,
}

impl Default for PatchesRecipe {
    fn default() -> Self {
        Self {
            name: "images".to_owned(),
            seed: 42,
            dataset: DatasetRecipe::default(),
            features: EnhanceRecipe::default(),
            reduce: Reduction::default(),
            cluster: SingleClusterSection::default(),
            patches: PatchesSection::default(),
        }
    }
}

impl Recipe for PatchesRecipe {
    const MODE: Mode = Mode::Patches;

    fn read(document: RecipeTable<'_>) -> Result<Self, RecipeMistake> {
        for key in ["cluster.kmeans.k", "cluster.dbscan.eps", "cluster.dbscan.min_samples"] {
            let several =
                document.find(key).filter(|(_, value)| value.get_ref().is_array() || value.get_ref().is_table());
            if let Some((at, _)) = several {
                let hint = "numbers of clusters to try are `clusters` in `[patches.search]`";
                return Err(RecipeMistake::value(at, format!("`{key}` is one number for patches"), Some(hint)));
            }
        }
        for key in ["cluster.kmeans.final_n_init", "cluster.dbscan.pick"] {
            if let Some((at, _)) = document.find(key) {
                let message = format!("`{key}` belongs to `rails cluster`, not to `rails patches`");
                return Err(RecipeMistake::key(at, message, "leave it out: nothing is picked among several"));
            }
        }
        document.read()
    }

    fn name_and_dataset(&mut self) -> (&mut String, &mut DatasetRecipe) {
        (&mut self.name, &mut self.dataset)
    }
}

/// The `[patches]` section: how images are sliced, which statistics count, and how the answer is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatchesSection {
    /// Patches from top to bottom and from left to right: one number for both, or two.
    #[serde(deserialize_with = "bounds::slices")]
    pub slices: Slices,
    /// Which statistics are clustered, at least one, each once.
    #[serde(deserialize_with = "distinct")]
    pub statistics: Vec<Statistic>,
    /// Standardised statistics are cut at this many standard deviations, where the recipe standardises: the long tails
    /// of skewness and kurtosis would draw clusters to themselves. A large number cuts nothing.
    pub clip: Positive,
    /// Whether the patches of all images are clustered together.
    pub fit_per: FitPer,
    /// Patches that are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<Ignore>,
    /// Where images show something: `"auto"`, a circle or a mask; patches of which more than half lies outside are left
    /// out, in others the pixels outside do not count. Absent: everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldOfViewRecipe>,
    /// Share of a patch that must be brighter, darker or rougher than the background around it for the patch to show an object.
    /// Then cluster 0 is the background, and only the other patches are clustered, into one cluster less. Absent: the clusters
    /// alone tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_share: Option<Fraction>,
    /// Images side by side in a picture.
    #[serde(deserialize_with = "bounds::shown")]
    pub mosaic: Mosaic,
    /// How much of an image its cluster's colour hides.
    pub opacity: Fraction,
    /// A search over settings beside the recipe's own; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<PatchSearch>,
}

impl Default for PatchesSection {
    fn default() -> Self {
        use Statistic::{Kurtosis, Mode, RelativeStd, Skewness, Std};
        Self {
            slices: Slices { rows: some(16), columns: some(16) },
            statistics: vec![Std, RelativeStd, Skewness, Kurtosis, Mode],
            clip: const { Positive::constant(2.0) },
            fit_per: FitPer::default(),
            ignore: None,
            field: None,
            object_share: None,
            mosaic: Mosaic { rows: some(2), columns: some(2) },
            opacity: const { Fraction::constant(0.2) },
            search: None,
        }
    }
}

/// Whether all patches are clustered together or those of each image by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FitPer {
    /// The patches of one image.
    Image,
    /// The patches of all images.
    #[default]
    Set,
}

/// Searches, each drawn as a plot; absent ones are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatchSearch {
    /// Numbers of clusters to try.
    #[serde(deserialize_with = "bounds::clusters")]
    pub clusters: Counts,
    /// Whether every number of principal components is tried, from one to one less than there are statistics.
    pub components: bool,
    /// Numbers of slices to try, each in both directions.
    #[serde(deserialize_with = "bounds::slices")]
    pub slices: Vec<NonZeroU32>,
}

impl Default for PatchSearch {
    fn default() -> Self {
        let slices = [2, 4, 6, 8, 10, 12, 14, 16, 20, 32].map(some).to_vec();
        Self { clusters: Counts::Range { from: nonzero::<2>(), to: nonzero::<6>() }, components: true, slices }
    }
}

/// Patches from top to bottom and from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "SlicesToml", into = "SlicesToml")]
pub struct Slices {
    pub rows: NonZeroU32,
    pub columns: NonZeroU32,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum SlicesToml {
    Both(NonZeroU32),
    Each([NonZeroU32; 2]),
}

impl From<SlicesToml> for Slices {
    fn from(written: SlicesToml) -> Self {
        match written {
            SlicesToml::Both(n) => Self { rows: n, columns: n },
            SlicesToml::Each([rows, columns]) => Self { rows, columns },
        }
    }
}

impl From<Slices> for SlicesToml {
    fn from(Slices { rows, columns }: Slices) -> Self {
        if rows == columns { Self::Both(rows) } else { Self::Each([rows, columns]) }
    }
}

impl Numbers for Slices {
    fn largest(&self) -> u64 {
        self.rows.max(self.columns).largest()
    }
}

/// Images side by side, written `"2x2"`: rows × columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mosaic {
    pub rows: NonZeroU32,
    pub columns: NonZeroU32,
}

impl TryFrom<String> for Mosaic {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let sides = text.split_once('x').and_then(|(rows, columns)| Some((rows.parse().ok()?, columns.parse().ok()?)));
        let (rows, columns) = sides.ok_or_else(|| format!("expected rows x columns, such as \"2x2\", got `{text}`"))?;
        Ok(Self { rows, columns })
    }
}

impl From<Mosaic> for String {
    fn from(Mosaic { rows, columns }: Mosaic) -> Self {
        format!("{rows}x{columns}")
    }
}

impl Numbers for Mosaic {
    fn largest(&self) -> u64 {
        self.rows.max(self.columns).largest()
    }
}

fn distinct<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Statistic>, D::Error> {
    let statistics = Vec::<Statistic>::deserialize(deserializer)?;
    let mut sorted = statistics.clone();
    sorted.sort();
    sorted.dedup();
    match (statistics.len(), sorted.len()) {
        (0, _) => Err(serde::de::Error::custom("expected at least one statistic, such as [\"std\"]")),
        (all, distinct) if distinct < all => Err(serde::de::Error::custom("a statistic stands twice in the list")),
        _ => Ok(statistics),
    }
}

fn some(n: u32) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(n - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let text = "slices = [8, 12]\nstatistics = [\"mean\"]\nfit_per = \"image\"\nignore = { below = 5, share = 0.95 }\n\
                    mosaic = \"1x3\"\nopacity = 0.5\n[search]\nclusters = { from = 2, to = 4 }\n";
        let recipe: PatchesSection = toml::from_str(text).unwrap();
        assert_eq!((recipe.slices.rows.get(), recipe.slices.columns.get()), (8, 12));
        assert_eq!(recipe, toml::from_str(&toml::to_string(&recipe).unwrap()).unwrap());
        assert_eq!(PatchesSection::default(), toml::from_str("").unwrap());
    }

    #[test]
    fn slips_are_refused() {
        for text in
            ["slices = 0", "statistics = []", "statistics = [\"std\", \"std\"]", "mosaic = \"2\"", "opacity = 2"]
        {
            assert!(toml::from_str::<PatchesSection>(text).is_err(), "{text}");
        }
    }
}
