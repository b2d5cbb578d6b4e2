//! Settings of splits; the defaults are written here and nowhere else.

use serde::{Deserialize, Serialize};

use crate::data::Fraction;

/// How labelled images are divided. The three shares sum to 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SplitShares", into = "SplitShares")]
pub struct SplitRecipe {
    shares: SplitShares,
}

/// As written in a recipe, before the sum is checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitShares {
    /// Share the weights are learned from; above 0.
    pub train: Fraction,
    /// Share that decides when to stop; 0 judges by the training loss.
    pub validation: Fraction,
    /// Share that is looked at a single time, at the end.
    pub test: Fraction,
    /// A field of the file names, such as `sid`: images of one value are never divided. Absent: every image by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<String>,
    /// Images closer than this share of the typical distance between two images are never divided; 0 keeps only files
    /// of equal bytes together. See [`super::NearDuplicates`].
    pub near_duplicates: Fraction,
    /// Another seed, another split; `None` takes the run's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Default for SplitShares {
    fn default() -> Self {
        Self {
            train: const { Fraction::constant(0.7) },
            validation: const { Fraction::constant(0.15) },
            test: const { Fraction::constant(0.15) },
            group_by: None,
            near_duplicates: const { Fraction::constant(0.15) },
            seed: None,
        }
    }
}

impl SplitRecipe {
    /// The shares, which sum to 1, and what is never divided.
    #[must_use]
    pub fn shares(&self) -> &SplitShares {
        &self.shares
    }

    /// Shares of training and validation images among those that are not tested; they sum to 1.
    #[must_use]
    pub fn without_test(&self) -> [f64; 2] {
        let [train, validation] = [self.shares.train.get(), self.shares.validation.get()];
        [train / (train + validation), validation / (train + validation)]
    }
}

impl TryFrom<SplitShares> for SplitRecipe {
    type Error = SharesError;

    fn try_from(shares: SplitShares) -> Result<Self, SharesError> {
        let sum = shares.train.get() + shares.validation.get() + shares.test.get();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(SharesError::Sum(sum));
        }
        if shares.train.get() == 0.0 {
            return Err(SharesError::NoTraining);
        }
        Ok(Self { shares })
    }
}

impl From<SplitRecipe> for SplitShares {
    fn from(recipe: SplitRecipe) -> Self {
        recipe.shares
    }
}

/// Shares that do not divide the images.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SharesError {
    /// Images would be left over, or be used twice.
    #[error("train + validation + test is `{0}`: expected 1")]
    Sum(f64),
    /// Nothing to learn from.
    #[error("train is `0`: expected a number above 0")]
    NoTraining,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_recipe_is_the_default_one() {
        assert_eq!(toml::from_str::<SplitRecipe>("").unwrap(), SplitRecipe::default());
        let text = toml::to_string(&SplitRecipe::default()).unwrap();
        assert_eq!(toml::from_str::<SplitRecipe>(&text).unwrap(), SplitRecipe::default());
        assert_eq!(SplitRecipe::try_from(SplitShares::default()), Ok(SplitRecipe::default()));
    }

    #[test]
    fn what_cannot_work_is_refused_where_it_is_read() {
        for bad in ["test = 0.5", "train = 0.0\nvalidation = 0.5\ntest = 0.5", "folds = 3", "near_duplicates = 2.0"] {
            assert!(toml::from_str::<SplitRecipe>(bad).is_err(), "{bad}");
        }
        let text = "train = 0.8\nvalidation = 0.2\ntest = 0.0\nseed = 3\ngroup_by = \"sid\"\nnear_duplicates = 0.0";
        let recipe = toml::from_str::<SplitRecipe>(text).unwrap();
        assert_eq!(recipe.without_test(), [0.8, 0.2]);
    }
}
