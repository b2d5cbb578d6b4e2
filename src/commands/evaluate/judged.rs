//! Images whose class is known and was predicted: what every judgement starts from.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ndarray::Array2;

use crate::data::{ClassId, ImageId};
use crate::images::{DepthRange, Image};
use crate::training::{RejectRule, most_likely};
use crate::workflow::gallery::read;

/// An image that was judged.
#[derive(Debug, Clone)]
pub(in crate::commands) struct JudgedImage {
    pub id: ImageId,
    /// Where it lies, also what tables show.
    pub file: PathBuf,
    /// What the file name says.
    pub fields: BTreeMap<String, String>,
}

impl JudgedImage {
    /// The path as tables show it.
    pub fn path(&self) -> String {
        self.file.display().to_string()
    }

    /// The file name.
    pub fn name(&self) -> String {
        self.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The image itself; `None` where it is gone meanwhile.
    pub fn read(&self, depth: &DepthRange) -> Option<Image> {
        read(&self.file, depth)
    }
}

/// Predictions beside the truth: row `i` of every list and array belongs to `images[i]`.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Judged<'a> {
    /// The classifier's classes.
    pub classes: &'a [String],
    pub images: Vec<JudgedImage>,
    pub truth: Vec<ClassId>,
    /// Features as the classifier got them, shape `[n_images, n_features]`.
    pub features: Cow<'a, Array2<f32>>,
    /// Probabilities before calibration, shape `[n_images, n_classes]`.
    pub uncalibrated: Array2<f32>,
    /// Probabilities as predictions show them, of the same shape.
    pub probabilities: Array2<f32>,
    /// One per image; empty where the classifier cannot say.
    pub strangeness: Vec<Strangeness>,
}

/// How unlike all training images an image is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::commands) struct Strangeness {
    /// In standard deviations: 0 is usual for a known image, more is stranger.
    pub unfamiliarity: f64,
    /// Whether prediction would give it no class.
    pub unknown: bool,
}

impl Strangeness {
    /// By `rule`, one for each of `unfamiliarity`.
    pub fn of_all(rule: &RejectRule, unfamiliarity: Vec<f64>) -> Vec<Self> {
        let one = |unfamiliarity| Self { unfamiliarity, unknown: rule.rejects(unfamiliarity) };
        unfamiliarity.into_iter().map(one).collect()
    }
}

impl Judged<'_> {
    /// The most likely class of each image.
    pub fn predicted(&self) -> Vec<ClassId> {
        most_likely(self.probabilities.view())
    }

    /// Rows of the images that were called wrong, the most confident first, by path where equal.
    pub fn errors(&self) -> Vec<usize> {
        self.by_confidence(|right| !right)
    }

    /// Rows of the images of `class` that were called right, the most confident first.
    pub fn right_of(&self, class: ClassId) -> Vec<usize> {
        let mut rows = self.by_confidence(|right| right);
        rows.retain(|&row| self.truth[row] == class);
        rows
    }

    /// The probability of the most likely class of an image.
    pub fn confidence(&self, row: usize) -> f32 {
        self.probabilities.row(row).fold(0.0, |highest, &p| p.max(highest))
    }

    /// Such as `grass → gravel 93 %`, true class first.
    pub fn verdict(&self, row: usize, predicted: ClassId) -> String {
        let percent = self.confidence(row) * 100.0;
        let (truth, called) = (&self.classes[self.truth[row].0], &self.classes[predicted.0]);
        if truth == called {
            format!("{called} {percent:.0} %")
        } else {
            format!("{truth} → {called} {percent:.0} %")
        }
    }

    /// Names of the fields with 2 to 50 values among the images.
    pub fn fields(&self) -> Vec<String> {
        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, value) in self.images.iter().flat_map(|image| &image.fields) {
            values.entry(name).or_default().insert(value);
        }
        values
            .into_iter()
            .filter(|(_, values)| (2..=50).contains(&values.len()))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    fn by_confidence(&self, wanted: impl Fn(bool) -> bool) -> Vec<usize> {
        let predicted = self.predicted();
        let mut rows: Vec<usize> =
            (0..self.truth.len()).filter(|&row| wanted(self.truth[row] == predicted[row])).collect();
        rows.sort_by(|&a, &b| {
            let surer = self.confidence(b).total_cmp(&self.confidence(a));
            surer.then_with(|| self.images[a].file.cmp(&self.images[b].file))
        });
        rows
    }
}
