//! Recipes of `rails train`.

use serde::{Deserialize, Serialize};

use super::document::{RecipeMistake, RecipeTable};
use super::{DatasetRecipe, FeaturesRecipe, Mode, Recipe, SweepRecipe};
use crate::training::{CalibrateRecipe, ClassifierRecipe, FinetuneRecipe, RejectRecipe, SplitRecipe};

/// Recipe of `rails train`: all its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainRecipe {
    /// Part of the run folder's and the checkpoint's name.
    pub name: String,
    /// The same seed gives the same classifier.
    pub seed: u64,
    /// Which images, where no curated run says so.
    pub dataset: DatasetRecipe,
    /// Features of each image; absent: as the curated run did, else the defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<FeaturesRecipe>,
    /// The classifier and how it learns: `kind = "mlp"` (the default), `"linear"` or `"knn"`.
    pub classifier: ClassifierRecipe,
    /// Which images it learns from, which stop it and which judge it.
    pub split: SplitRecipe,
    /// Calibration of confidences.
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
            classifier: ClassifierRecipe::default(),
            split: SplitRecipe::default(),
            calibrate: CalibrateRecipe::default(),
            reject: RejectRecipe::default(),
            finetune: None,
            sweep: None,
        }
    }
}

impl Recipe for TrainRecipe {
    const MODE: Mode = Mode::Train;

    fn read(mut document: RecipeTable<'_>) -> Result<Self, RecipeMistake> {
        let contradiction = finetuned_against(&document);
        let features = document.take("features")?.map(FeaturesRecipe::read).transpose()?;
        let classifier = document.take("classifier")?.map(classifier).transpose()?.unwrap_or_default();
        let recipe = Self { features, classifier, ..document.read()? };
        contradiction.map_or(Ok(recipe), Err)
    }

    fn name_and_dataset(&mut self) -> (&mut String, &mut DatasetRecipe) {
        (&mut self.name, &mut self.dataset)
    }
}

/// A key that rules out `[finetune]`, which trains one layer of a network alone from a classifier that has weights.
///
/// Where the recipe says no features, those of the curated run count, which are not known here.
fn finetuned_against(document: &RecipeTable<'_>) -> Option<RecipeMistake> {
    let (section, _) = document.find("finetune")?;
    let kind = |path: &str, kinds: &[&str]| {
        let (at, value) = document.find(path)?;
        let kind = value.get_ref().as_str().filter(|kind| kinds.contains(kind))?;
        Some((at, format!("`{path} = \"{kind}\"`")))
    };
    let classifier = || Some((kind("classifier.kind", &["knn"])?, "use a classifier of kind `mlp` or `linear`"));
    let features = || Some((kind("features.kind", &["frame", "hand_made"])?, "use features of `kind = \"network\"`"));
    let beside = || {
        let (at, _) = document.find("features.hand_made")?;
        Some(((at, "`features.hand_made`".to_owned()), "leave out the hand-made blocks"))
    };
    let layers = || {
        let (at, value) = document.find("features.layers")?;
        value.get_ref().as_array().filter(|layers| layers.len() > 1)?;
        Some(((at, "several `features.layers`".to_owned()), "name one layer"))
    };
    let ((at, against), instead) = classifier().or_else(features).or_else(beside).or_else(layers)?;
    Some(RecipeMistake::Contradiction {
        places: [section, at],
        message: format!("`[finetune]` does not go with {against}"),
        hint: format!("{instead}, or leave out `[finetune]`"),
    })
}

/// Reads the `[classifier]` section, whose `kind` says which keys it has.
fn classifier(section: RecipeTable<'_>) -> Result<ClassifierRecipe, RecipeMistake> {
    section.read_kind(&[
        ("mlp", |section| section.read().map(ClassifierRecipe::Mlp)),
        ("linear", |section| section.read().map(ClassifierRecipe::Linear)),
        ("knn", |section| section.read().map(ClassifierRecipe::Knn)),
    ])
}
