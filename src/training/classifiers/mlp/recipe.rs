//! Settings of the multilayer perceptron; the defaults are written here and nowhere else.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::data::{BelowOne, Fraction, NonNegative, Positive, bounds, nonzero};
use crate::training::fitting::{ClassWeights, Scaling, Schedule};

/// A multilayer perceptron on feature vectors, and how it learns.
///
/// The optimiser is Adam (Kingma and Ba, ICLR 2015) with its usual moments 0.9 and 0.999.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MlpRecipe {
    /// Width of each hidden layer, from the features to the classes; `[]` is a linear classifier, better learned as
    /// `kind = "linear"`.
    #[serde(deserialize_with = "bounds::units")]
    pub hidden: Vec<NonZeroUsize>,
    /// Most passes over the training images; early stopping may end sooner.
    #[serde(deserialize_with = "bounds::epochs")]
    pub epochs: NonZeroUsize,
    /// Images per step of the optimiser.
    #[serde(deserialize_with = "bounds::rows_per_step")]
    pub batch_size: NonZeroUsize,
    /// Highest step size of Adam.
    pub learning_rate: Positive,
    /// How the step size changes over the epochs: `cosine` or `constant`.
    pub schedule: Schedule,
    /// Share of all steps over which the step size rises to the highest.
    pub warm_up: Fraction,
    /// L2 penalty: this share of each weight is added to its gradient.
    pub weight_decay: Fraction,
    /// Epochs without a lower validation loss before training stops.
    #[serde(deserialize_with = "bounds::epochs")]
    pub patience: NonZeroUsize,
    /// Whether the classifier that is kept learns from the validation images too, for as many epochs as were best
    /// without them.
    pub refit: bool,
    /// Scaling of features once they are centred: `none`, `overall`, `pareto` or `unit`. They end at ±10.
    pub scaling: Scaling,
    /// Share of hidden units silenced at random in each step (Srivastava et al., JMLR 2014), below 1.
    pub dropout: BelowOne,
    /// Share of each label that is spread over all classes, below 1.
    pub label_smoothing: BelowOne,
    /// How evenly pairs of images are mixed: the parameter of mixup's beta distribution, from 0 (not at all) to 1 (all
    /// mixtures alike).
    pub mixup: Fraction,
    /// Weight of an image by its class: `"none"`, `"balanced"` or a table such as `{ fault = 3.0 }`.
    pub class_weights: ClassWeights,
    /// How little a label is believed that contradicts the others: the `q` of generalised cross-entropy, from 0 (plain
    /// cross-entropy) to 1 (mean absolute error).
    pub robustness: Fraction,
    /// How much a label is doubted that contradicts the other images, 0 or more: it counts as much as a cautious
    /// classifier that never saw it agrees, to this power, whatever the share of its class. Where that makes
    /// the validation images worse, no label is doubted, and it is said.
    pub doubt: NonNegative,
}

impl Default for MlpRecipe {
    fn default() -> Self {
        Self {
            hidden: vec![nonzero::<512>(), nonzero::<256>(), nonzero::<128>()],
            epochs: nonzero::<30>(),
            batch_size: nonzero::<64>(),
            learning_rate: const { Positive::constant(1e-3) },
            schedule: Schedule::Cosine,
            warm_up: const { Fraction::constant(0.05) },
            weight_decay: const { Fraction::constant(1e-4) },
            patience: nonzero::<10>(),
            refit: true,
            scaling: Scaling::Pareto,
            dropout: const { BelowOne::constant(0.3) },
            label_smoothing: const { BelowOne::constant(0.0) },
            mixup: const { Fraction::constant(0.2) },
            class_weights: ClassWeights::None,
            robustness: const { Fraction::constant(0.0) },
            doubt: const { NonNegative::constant(0.0) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_recipe_is_the_default_one() {
        assert_eq!(toml::from_str::<MlpRecipe>("").unwrap(), MlpRecipe::default());
    }

    #[test]
    fn what_cannot_work_is_refused_where_it_is_read() {
        for bad in
            ["hidden = [0]", "epochs = 0", "learning_rate = -1.0", "dropout = 1.0", "momentum = 0.9", "mixup = 1.1"]
        {
            assert!(toml::from_str::<MlpRecipe>(bad).is_err(), "{bad}");
        }
    }
}
