//! Recipes: TOML files that hold every hyper-parameter of a command; `--set key=value` overrides one.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::recipe_error::plain;
use super::{DatasetRecipe, RecipeError};
use crate::backbones::BackboneName;
use crate::clusterers::ClusterSection;
use crate::images::{Enhancement, Resize};
use crate::reducers::{Reduction, Tsne};
use crate::training::{MlpRecipe, SplitRecipe};

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
    /// The classifier and how it learns.
    pub mlp: MlpRecipe,
    /// Which images it learns from, which stop it and which judge it.
    pub split: SplitRecipe,
}

impl Default for TrainRecipe {
    fn default() -> Self {
        Self {
            name: "mlp".to_owned(),
            seed: 42,
            dataset: DatasetRecipe::default(),
            features: None,
            mlp: MlpRecipe::default(),
            split: SplitRecipe::default(),
        }
    }
}

/// The network that turns images into numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeaturesRecipe {
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
}

impl Default for FeaturesRecipe {
    fn default() -> Self {
        Self {
            backbone: BackboneName::default(),
            layers: Vec::new(),
            weights: None,
            resize: Resize::default(),
            batch_size: std::num::NonZeroUsize::new(32).expect("not zero"),
            enhance: Vec::new(),
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

/// Reads a recipe, `path` as given or under `experiments/`, and applies `settings` of the form `key.path=value`.
/// Without a path the defaults are the recipe.
///
/// # Errors
/// [`RecipeError`] names file, line and column, or the setting at fault.
pub fn load<R: DeserializeOwned>(path: Option<&Path>, settings: &[String]) -> Result<R, RecipeError> {
    let (path, text) = match path {
        None => (PathBuf::from("<defaults>"), String::new()),
        Some(path) => {
            let path = find(path)?;
            let text = std::fs::read_to_string(&path)
                .map_err(|source| RecipeError::Unreadable { path: path.clone(), source })?;
            (path, text)
        }
    };
    let recipe: R = toml::from_str(&text).map_err(|error| RecipeError::in_file(&path, &text, &error))?;
    if settings.is_empty() {
        return Ok(recipe);
    }
    let mut table: Table = toml::from_str(&text).map_err(|error| RecipeError::in_file(&path, &text, &error))?;
    let mut recipe = recipe;
    for setting in settings {
        let refuse = |message: String| RecipeError::Setting { setting: setting.clone(), message };
        let (key, value) = setting.split_once('=').ok_or_else(|| refuse("expected `key=value`".to_owned()))?;
        insert(&mut table, key.trim(), parse_value(value.trim())).map_err(refuse)?;
        recipe = table.clone().try_into().map_err(|error: toml::de::Error| refuse(plain(error.message())))?;
    }
    Ok(recipe)
}

/// The recipe as TOML, as `--print-config` shows it.
///
/// # Errors
/// When a value has no TOML form; recipes made by [`load`] always have one.
pub fn to_toml<R: Serialize>(recipe: &R) -> Result<String, toml::ser::Error> {
    toml::to_string(recipe)
}

fn find(path: &Path) -> Result<PathBuf, RecipeError> {
    [path.to_owned(), Path::new("experiments").join(path)]
        .into_iter()
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| RecipeError::Missing(path.to_owned()))
}

/// A TOML value, or else the text itself, so that `--set features.backbone=resnet50` needs no quotes.
fn parse_value(text: &str) -> Value {
    toml::from_str::<Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn insert(table: &mut Table, key: &str, value: Value) -> Result<(), String> {
    match key.split_once('.') {
        _ if key.is_empty() || key.starts_with('.') || key.ends_with('.') => Err("the key is empty".to_owned()),
        None => {
            table.insert(key.to_owned(), value);
            Ok(())
        }
        Some((section, rest)) => match table.entry(section).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => insert(inner, rest, value),
            _ => Err(format!("`{section}` is a value, not a section")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str, settings: &[&str]) -> Result<ClusterRecipe, RecipeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let settings: Vec<String> = settings.iter().map(|s| (*s).to_owned()).collect();
        load(Some(file.path()), &settings)
    }

    #[test]
    fn settings_win_over_the_file() {
        let recipe = load_text("seed = 1\n[report]\nexamples = 3\n", &["report.examples=9", "name=a b"]).unwrap();
        assert_eq!((recipe.seed, recipe.report.examples, recipe.name.as_str()), (1, 9, "a b"));
    }

    #[test]
    fn errors_name_line_and_column() {
        let error = load_text("seed = 1\n\n[report]\nexmples = 3\n", &[]).unwrap_err();
        let RecipeError::Invalid { line, column, message, .. } = error else { panic!("{error}") };
        assert_eq!((line, column), (4, 1));
        assert!(message.contains("exmples") && message.contains("examples"), "{message}");
    }

    #[test]
    fn a_bad_setting_is_named() {
        let error = load_text("", &["seed.x=1"]).unwrap_err().to_string();
        assert!(error.contains("--set seed.x=1"), "{error}");
        let error = load_text("", &["seed"]).unwrap_err().to_string();
        assert!(error.contains("key=value"), "{error}");
    }

    #[test]
    fn the_printed_recipe_reads_back() {
        let recipe = ClusterRecipe::default();
        assert_eq!(toml::from_str::<ClusterRecipe>(&to_toml(&recipe).unwrap()).unwrap(), recipe);
        let recipe = TrainRecipe::default();
        assert_eq!(toml::from_str::<TrainRecipe>(&to_toml(&recipe).unwrap()).unwrap(), recipe);
        let mut recipe = ClusterRecipe::default();
        recipe.features.enhance = Enhancement::all().to_vec();
        assert_eq!(toml::from_str::<ClusterRecipe>(&to_toml(&recipe).unwrap()).unwrap(), recipe);
        let recipe = load_text("", &["features.enhance=[\"clahe\", { gamma = 0.5 }]"]).unwrap();
        let names: Vec<_> = recipe.features.enhance.iter().map(Enhancement::name).collect();
        assert_eq!(names, ["clahe", "gamma"]);
    }
}
