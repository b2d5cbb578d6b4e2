//! Settings of fine-tuning; the defaults are written here and nowhere else.

use std::num::NonZeroUsize;

use burn::tensor::FloatDType;
use serde::{Deserialize, Serialize};

use crate::backbones::trainable::NormMode;
use crate::data::{Fraction, Positive, bounds, nonzero};
use crate::training::AugmentRecipe;

/// How a backbone and the head on it learn together, starting from the head that was trained on frozen features
/// (Kumar et al., "Fine-tuning can distort pretrained features and underperform out-of-distribution", ICLR 2022).
///
/// The optimiser is `AdamW` (Loshchilov and Hutter, ICLR 2019). The epoch of lowest validation loss is kept; epoch 0, the
/// frozen network with its head, takes part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FinetuneRecipe {
    /// How much of the network learns.
    pub train: TrainedPart,
    /// Most passes over the training images; early stopping usually ends sooner.
    #[serde(deserialize_with = "bounds::epochs")]
    pub epochs: NonZeroUsize,
    /// Images per step of the optimiser.
    #[serde(deserialize_with = "bounds::images_per_step")]
    pub batch_size: NonZeroUsize,
    /// Highest step size for the backbone.
    pub learning_rate: Positive,
    /// Highest step size for the head.
    pub head_learning_rate: Positive,
    /// Epochs in which the step size rises from nothing; it falls along a half cosine afterwards.
    #[serde(deserialize_with = "bounds::epochs")]
    pub warm_up: usize,
    /// Share of each weight taken off per step of size 1, decoupled from the gradient.
    pub weight_decay: Fraction,
    /// Epochs without a lower validation loss before training stops.
    #[serde(deserialize_with = "bounds::epochs")]
    pub patience: NonZeroUsize,
    /// Mode of batch norms in the part that learns.
    pub batch_norm: NormMode,
    /// Numbers inside the part that learns.
    pub precision: Precision,
    /// Megabytes of memory for activations of the frozen part; what does not fit is computed again each epoch.
    #[serde(deserialize_with = "bounds::megabytes")]
    pub cache_mb: usize,
    /// How training images are altered; off by default.
    pub augment: AugmentRecipe,
}

impl Default for FinetuneRecipe {
    fn default() -> Self {
        Self {
            train: TrainedPart::default(),
            epochs: nonzero::<12>(),
            batch_size: nonzero::<32>(),
            learning_rate: const { Positive::constant(3e-5) },
            head_learning_rate: const { Positive::constant(1e-4) },
            warm_up: 1,
            weight_decay: const { Fraction::constant(1e-2) },
            patience: nonzero::<4>(),
            batch_norm: NormMode::default(),
            precision: Precision::default(),
            cache_mb: 2000,
            augment: AugmentRecipe::default(),
        }
    }
}

/// How much of a network learns besides its head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainedPart {
    /// Nothing: the head alone, which is worth it with altered images. Where the head that it starts from learned from
    /// the validation images at last (`refit`), it does so too.
    Head,
    /// The stage that the features come from.
    #[default]
    LastStage,
    /// Everything.
    All,
}

/// Numbers inside the part that learns; weights, sums and the loss have 32 bits always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    Full,
    /// Activations and kernels are rounded to bfloat16 for convolutions (Micikevicius et al., ICLR 2018); its range is
    /// that of 32 bits, so the loss needs no scaling.
    Mixed,
}

impl Precision {
    pub(super) const fn dtype(self) -> FloatDType {
        match self {
            Self::Full => FloatDType::F32,
            Self::Mixed => FloatDType::BF16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_recipe_is_the_default_one() {
        assert_eq!(toml::from_str::<FinetuneRecipe>("").unwrap(), FinetuneRecipe::default());
        let text = toml::to_string(&FinetuneRecipe::default()).unwrap();
        assert_eq!(toml::from_str::<FinetuneRecipe>(&text).unwrap(), FinetuneRecipe::default());
    }

    #[test]
    fn what_cannot_work_is_refused_where_it_is_read() {
        for bad in ["train = \"tail\"", "epochs = 0", "learning_rate = 0", "batch_norm = \"off\"", "augment.views = 0"]
        {
            assert!(toml::from_str::<FinetuneRecipe>(bad).is_err(), "{bad}");
        }
    }
}
