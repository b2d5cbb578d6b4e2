//! The choice of a classifier in a recipe: one table, whose `kind` says which of the others belong there.

use serde::{Deserialize, Serialize};

use super::knn::KnnRecipe;
use super::linear::LinearRecipe;
use super::mlp::MlpRecipe;
use crate::memory::bytes_of;

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

impl ClassifierRecipe {
    /// Bytes that learning takes, about, from `n` images of `n_features` features in `n_classes` classes, beside the
    /// features themselves.
    #[must_use]
    pub fn memory(&self, n: usize, n_features: usize, n_classes: usize) -> u64 {
        let copies = bytes_of::<f32>(&[n, n_features]).saturating_mul(2);
        let learned = match self {
            Self::Mlp(recipe) => {
                let hidden = recipe.hidden.iter().map(|width| width.get());
                let widths: Vec<usize> = [n_features].into_iter().chain(hidden).chain([n_classes]).collect();
                // Weights, their gradients, both moments of Adam, the best so far, and a copy on its way.
                let weights = widths.windows(2).map(|pair| bytes_of::<f32>(&[pair[0] + 1, pair[1], 6]));
                let rows = recipe.batch_size.get().min(n);
                let activations = widths.iter().map(|&width| bytes_of::<f32>(&[rows, width, 3]));
                weights.chain(activations).fold(0, u64::saturating_add)
            }
            // The weights and the last steps of L-BFGS, in 64 bits.
            Self::Linear(_) => bytes_of::<f64>(&[n_features + 1, n_classes, 24]),
            Self::Knn(_) => 0,
        };
        copies.saturating_add(learned)
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
    fn absurd_sizes_are_refused_where_they_are_read_and_large_ones_are_counted() {
        for text in ["hidden = [4294967295]", "batch_size = 4294967295", "epochs = 4294967295", "patience = 1e9"] {
            assert!(read(&format!("kind = \"mlp\"\n{text}")).is_err(), "{text}");
        }
        let wide = read("kind = \"mlp\"\nhidden = [8192, 8192, 8192]").unwrap();
        assert!((3_000_000_000..5_000_000_000).contains(&wide.memory(100, 1280, 5)), "{}", wide.memory(100, 1280, 5));
        assert!(ClassifierRecipe::default().memory(10_000, 1280, 5) < 200_000_000);
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
