//! What a recipe holds: every hyper-parameter of a command, with its default.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{DatasetRecipe, PatchesRecipe, SweepRecipe};
use crate::backbones::BackboneName;
use crate::clusterers::ClusterSection;
use crate::data::{NonNegative, Positive, nonzero};
use crate::detector_frames::FrameFeatures;
use crate::features::HandMadeBlock;
use crate::images::{Enhancement, Resize};
use crate::reducers::{Reduction, Tsne};
use crate::separation::SeparationRecipe;
use crate::training::{
    CalibrateRecipe, ClassifierRecipe, FinetuneRecipe, KnnRecipe, LinearRecipe, MlpRecipe, RejectRecipe, SplitRecipe,
};

/// Everything `rails cluster` is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterRecipe {
    /// Part of the run folder's name.
    pub name: String,
    /// The same seed gives the same run.
    pub seed: u64,
    /// Which images.
    pub dataset: DatasetRecipe,
    /// How an image becomes numbers.
    pub features: FeaturesRecipe,
    /// How many numbers become few.
    pub reduce: Reduction,
    /// How numbers become groups.
    pub cluster: ClusterSection,
    /// How images are laid out in the plane.
    pub tsne: Tsne,
    /// What is drawn.
    pub report: ReportRecipe,
    /// Features to try against each other instead of clustering once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid: Option<GridRecipe>,
    /// Slice large images and cluster their patches instead of whole images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<PatchesRecipe>,
    /// Separate tiles one defect after another instead of clustering once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separate: Option<SeparationRecipe>,
}

impl Default for ClusterRecipe {
    fn default() -> Self {
        Self {
            name: "images".to_owned(),
            seed: 42,
            dataset: DatasetRecipe::default(),
            features: FeaturesRecipe::default(),
            reduce: Reduction::default(),
            cluster: ClusterSection::default(),
            tsne: Tsne::default(),
            report: ReportRecipe::default(),
            grid: None,
            patches: None,
            separate: None,
        }
    }
}

/// Everything `rails train` is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainRecipe {
    /// Part of the run folder's and the checkpoint's name.
    pub name: String,
    /// The same seed gives the same classifier.
    pub seed: u64,
    /// Which images, where no curated run says so.
    pub dataset: DatasetRecipe,
    /// How an image becomes numbers; absent: as the curated run did, else the defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<FeaturesRecipe>,
    /// The classifier and how it learns: a multilayer perceptron.
    pub mlp: MlpRecipe,
    /// Classifies linearly instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear: Option<LinearRecipe>,
    /// Classifies by the nearest training images instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knn: Option<KnnRecipe>,
    /// Which images it learns from, which stop it and which judge it.
    pub split: SplitRecipe,
    /// How confidences are made believable.
    pub calibrate: CalibrateRecipe,
    /// When an image is `unknown`.
    pub reject: RejectRecipe,
    /// Training the network too, after the classifier on its features; absent: the network stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finetune: Option<FinetuneRecipe>,
    /// Recipes to try against each other with `--sweep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepRecipe>,
}

impl Default for TrainRecipe {
    fn default() -> Self {
        Self {
            name: "mlp".to_owned(),
            seed: 42,
            dataset: DatasetRecipe::default(),
            features: None,
            mlp: MlpRecipe::default(),
            linear: None,
            knn: None,
            split: SplitRecipe::default(),
            calibrate: CalibrateRecipe::default(),
            reject: RejectRecipe::default(),
            finetune: None,
            sweep: None,
        }
    }
}

impl TrainRecipe {
    /// The kind of classifier it asks for.
    #[must_use]
    pub fn head(&self) -> ClassifierRecipe {
        match (&self.knn, &self.linear) {
            (Some(knn), _) => knn.clone().into(),
            (None, Some(linear)) => linear.clone().into(),
            (None, None) => self.mlp.clone().into(),
        }
    }
}

/// What turns images into numbers: a network, hand-made features, or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeaturesRecipe {
    /// Numbers of a detector's frames instead of a network: `mean_flux`, `relative_flux` or `statistics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<FrameFeatures>,
    /// Which network.
    pub backbone: BackboneName,
    /// Which of its layers, concatenated in this order; empty: the network's usual one.
    pub layers: Vec<String>,
    /// A weights file instead of the imported or embedded ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// How an image is brought to the network's input size.
    pub resize: Resize,
    /// Images per step through the network.
    pub batch_size: std::num::NonZeroUsize,
    /// Corrections of brightness and noise, made in this order before the image is resized; none by default.
    pub enhance: Vec<Enhancement>,
    /// Weight of the network where there are hand-made blocks beside it; 0 leaves it out.
    #[serde(skip_serializing_if = "is_one")]
    pub network: NonNegative,
    /// Hand-made blocks and their weights. With any, every column is standardised, and every block counts by its weight
    /// whatever the number of its columns.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hand_made: BTreeMap<HandMadeBlock, Positive>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_one(weight: &NonNegative) -> bool {
    weight.get() == 1.0
}

impl FeaturesRecipe {
    /// Whether images go through the network.
    #[must_use]
    pub fn uses_network(&self) -> bool {
        self.network.get() > 0.0
    }
}

impl Default for FeaturesRecipe {
    fn default() -> Self {
        Self {
            frame: None,
            backbone: BackboneName::default(),
            layers: Vec::new(),
            weights: None,
            resize: Resize::default(),
            batch_size: nonzero::<32>(),
            enhance: Vec::new(),
            network: const { NonNegative::constant(1.0) },
            hand_made: BTreeMap::new(),
        }
    }
}

/// Combinations of features to try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridRecipe {
    /// Lists of enhancements, each tried with every network and layer; absent: none.
    #[serde(default)]
    pub enhance: Vec<Vec<Enhancement>>,
    /// Networks and their layers.
    pub features: Vec<GridFeatures>,
}

/// A network of the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridFeatures {
    /// Which network.
    pub backbone: BackboneName,
    /// Each list of layers is concatenated and tried.
    pub layers: Vec<Vec<String>>,
}

/// What is drawn for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportRecipe {
    /// Example images per cluster and kind (typical, atypical, random).
    pub examples: usize,
    /// The name field that plays the part of the tenant; absent: the first with 2 to 50 values.
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
