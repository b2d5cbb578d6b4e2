//! The `[report]` section: what is drawn.

use serde::{Deserialize, Serialize};

use crate::data::bounds;

/// Pictures and examples of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportRecipe {
    /// Example images per cluster and kind (typical, atypical, random).
    #[serde(deserialize_with = "bounds::shown")]
    pub examples: usize,
    /// The name field that is shown beside the clusters; absent: the first with 2 to 50 values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How images are laid out in the plane.
    pub layout: LayoutChoice,
}

/// How images are laid out in the plane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LayoutChoice {
    /// By t-SNE up to [`LayoutChoice::MOST_BY_TSNE`] images, by the first two components beyond.
    #[default]
    Auto,
    /// By t-SNE, however long it takes.
    Tsne,
    /// By the first two components.
    Pca,
}

impl LayoutChoice {
    /// Where `auto` stops to use t-SNE, which takes minutes there.
    pub const MOST_BY_TSNE: usize = 50_000;

    /// Whether `n` images are laid out by t-SNE.
    #[must_use]
    pub fn uses_tsne(self, n: usize) -> bool {
        match self {
            Self::Auto => n <= Self::MOST_BY_TSNE,
            Self::Tsne => true,
            Self::Pca => false,
        }
    }
}

impl Default for ReportRecipe {
    fn default() -> Self {
        Self { examples: 6, field: None, layout: LayoutChoice::default() }
    }
}
