//! The `[dataset]` section: the images a run looks at.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::data::path_text;
use crate::images::{BrightnessPolicy, CountsPolicy, DepthPolicy, NamingTemplate, Sample, ScanOptions};

/// The `[dataset]` section of a recipe.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatasetRecipe {
    /// The folder of images; the command line's wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(with = "path_text::serde_optional_text")]
    pub path: Option<PathBuf>,
    /// How file names are built, such as `{sensor}_{sid}_{name}_C`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naming: Option<NamingTemplate>,
    /// Whether files that do not match `naming` are left out.
    pub naming_required: bool,
    /// Images are frames of series, as their numbers say: each gets the fields `dataset` and `frame`.
    pub series: bool,
    /// Where the frames lie in files that hold several data sets, such as `entry/data/data`; absent: found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<String>,
    /// A file or folder of frames that the detector took without light: their counts are taken off; absent: what the series
    /// show.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(with = "path_text::serde_optional_text")]
    pub dark: Option<PathBuf>,
    /// How brightness is scaled to 0..255.
    pub depth: DepthPolicy,
    /// What the largest number of 16 and 32 bits means: `camera` (white), `detector` (not measured), or as the kind of file
    /// says.
    #[serde(skip_serializing_if = "CountsPolicy::is_auto")]
    pub counts: CountsPolicy,
    /// Only some of the images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
}

impl DatasetRecipe {
    /// The same, with files and their names read as in `earlier` where it does not say how.
    #[must_use]
    pub fn read_as(mut self, earlier: &Self) -> Self {
        self.naming = self.naming.or_else(|| earlier.naming.clone());
        self.series |= earlier.series;
        self.frames = self.frames.or_else(|| earlier.frames.clone());
        self
    }

    /// How brightness is scaled.
    #[must_use]
    pub fn brightness(&self) -> BrightnessPolicy {
        BrightnessPolicy { depth: self.depth, counts: self.counts }
    }

    /// Options of the scan.
    #[must_use]
    pub fn scan_options(&self) -> ScanOptions {
        ScanOptions {
            naming: self.naming.clone(),
            naming_required: self.naming_required,
            series: self.series,
            dataset: self.frames.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_before_where_nothing_else_is_said() {
        let read = |text: &str| toml::from_str::<DatasetRecipe>(text).unwrap();
        let earlier = read("naming = \"{a}_{b}\"\nseries = true\nframes = \"entry/data\"\nnaming_required = true");
        let expected = read("path = \"new\"\nnaming = \"{a}_{b}\"\nseries = true\nframes = \"entry/data\"");
        assert_eq!(read("path = \"new\"").read_as(&earlier), expected);
        let own = read("naming = \"{c}\"\nframes = \"other\"").read_as(&earlier);
        assert_eq!((own.naming, own.frames.as_deref()), (read("naming = \"{c}\"").naming, Some("other")));
    }
}
