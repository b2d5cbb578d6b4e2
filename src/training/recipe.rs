//! What a person may choose about training; the defaults are written here and nowhere else.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::data::{Fraction, Positive};

/// A multilayer perceptron on feature vectors and how it learns.
///
/// Loss is softmax cross-entropy, the optimiser Adam (Kingma and Ba, ICLR 2015) with its usual moments 0.9 and 0.999.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MlpRecipe {
    /// Width of each hidden layer, from the features to the classes; `[]` is a linear classifier.
    pub hidden: Vec<NonZeroUsize>,
    /// Most passes over the training images; early stopping usually ends sooner.
    pub epochs: NonZeroUsize,
    /// Images per step of the optimiser.
    pub batch_size: NonZeroUsize,
    /// Step size of Adam.
    pub learning_rate: Positive,
    /// L2 penalty, added to the gradient as this share of each weight.
    pub weight_decay: Fraction,
    /// Epochs without a lower validation loss before training stops.
    pub patience: NonZeroUsize,
    /// Whether each feature is first shifted to mean 0 and scaled to variance 1 over the training images.
    pub standardize: bool,
    /// Share of hidden units silenced at random in each step (Srivastava et al., JMLR 2014), below 1.
    pub dropout: Dropout,
}

impl Default for MlpRecipe {
    fn default() -> Self {
        Self {
            hidden: [512, 256, 128].into_iter().filter_map(NonZeroUsize::new).collect(),
            epochs: at_least_one(200),
            batch_size: at_least_one(64),
            learning_rate: checked(1e-3),
            weight_decay: checked(1e-4),
            patience: at_least_one(20),
            standardize: true,
            dropout: checked(0.3),
        }
    }
}

/// A share in `0.0..1.0`; at 1 nothing would be left to learn from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Dropout(f64);

impl Dropout {
    /// The plain number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Dropout {
    type Error = DropoutOutOfRange;

    fn try_from(share: f64) -> Result<Self, DropoutOutOfRange> {
        if (0.0..1.0).contains(&share) { Ok(Self(share)) } else { Err(DropoutOutOfRange(share)) }
    }
}

impl From<Dropout> for f64 {
    fn from(share: Dropout) -> f64 {
        share.0
    }
}

/// A dropout of 1 or more, or below 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{0}` is out of range: expected a number from 0 to below 1")]
pub struct DropoutOutOfRange(f64);

/// A default that is known to be in range.
fn checked<T: TryFrom<f64>>(default: f64) -> T {
    T::try_from(default).unwrap_or_else(|_| unreachable!("the default `{default}` is in range"))
}

fn at_least_one(default: usize) -> NonZeroUsize {
    NonZeroUsize::new(default).unwrap_or(NonZeroUsize::MIN)
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
        for bad in ["hidden = [0]", "epochs = 0", "learning_rate = -1.0", "dropout = 1.0", "momentum = 0.9"] {
            assert!(toml::from_str::<MlpRecipe>(bad).is_err(), "{bad}");
        }
    }
}
