//! The choice of a classifier in a recipe: one table, whose `kind` says which of the others belong there.

use serde::{Deserialize, Serialize};

use super::knn::KnnRecipe;
use super::linear::LinearRecipe;
use super::mlp::MlpRecipe;

/// Kind of classifier and its settings: a multilayer perceptron by default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ClassifierRecipe {
    /// Multilayer perceptron.
    Mlp(MlpRecipe),
    /// Multinomial logistic regression.
    Linear(LinearRecipe),
    /// k nearest neighbours.
    Knn(KnnRecipe),
}

impl Default for ClassifierRecipe {
    fn default() -> Self {
        Self::Mlp(MlpRecipe::default())
    }
}

impl From<MlpRecipe> for ClassifierRecipe {
    fn from(recipe: MlpRecipe) -> Self {
        Self::Mlp(recipe)
    }
}

impl From<LinearRecipe> for ClassifierRecipe {
    fn from(recipe: LinearRecipe) -> Self {
        Self::Linear(recipe)
    }
}

impl From<KnnRecipe> for ClassifierRecipe {
    fn from(recipe: KnnRecipe) -> Self {
        Self::Knn(recipe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClassifierRecipe, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    #[test]
    fn each_kind_has_its_own_settings_and_defaults() {
        assert_eq!(read("kind = \"mlp\""), Ok(ClassifierRecipe::default()));
        assert_eq!(read("kind = \"linear\""), Ok(LinearRecipe::default().into()));
        let knn = KnnRecipe { k: crate::data::nonzero::<3>(), ..KnnRecipe::default() };
        assert_eq!(read("kind = \"knn\"\nk = 3"), Ok(knn.into()));
        assert!(read("kind = \"knn\"\nl2 = 0.1").unwrap_err().contains("unknown field `l2`"));
        assert!(read("kind = \"forest\"").unwrap_err().contains("unknown variant `forest`"));
    }

    #[test]
    fn what_is_written_is_read() {
        let recipes: [ClassifierRecipe; 3] =
            [MlpRecipe::default().into(), LinearRecipe::default().into(), KnnRecipe::default().into()];
        for recipe in recipes {
            assert_eq!(read(&toml::to_string(&recipe).unwrap()), Ok(recipe));
        }
    }
}
