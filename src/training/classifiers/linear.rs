//! Logistic regression, fitted to its optimum: the result depends on nothing but the images, their labels and the
//! penalty.

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::classifier::Classifier;
use super::head::{DenseLayer, Head};
use crate::data::{BelowOne, NonNegative, Positive};
use crate::linear_model::{LogisticRegression, Stop};
use crate::progress::Observer;
use crate::training::fitting::{ClassWeights, Scaling, label_weights, standardised, targets};
use crate::training::{Split, TrainError, Trained, TrainingSet};

/// When a fit is at its optimum as far as any prediction goes; the steps are never needed on features of even scale.
const STOP: Stop = Stop { gradient: 1e-5, steps: 1000 };

/// Settings of multinomial logistic regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearRecipe {
    /// L2 penalty, above 0: half of it times the squared length of the weights joins the mean cross-entropy. The
    /// larger, the less a single image counts, and so a single wrong label.
    pub l2: Positive,
    /// Scaling of features once they are centred: `none`, `overall`, `pareto` or `unit`. They end at ±10.
    pub scaling: Scaling,
    /// Whether the classifier that is kept learns from the validation images too.
    pub refit: bool,
    /// Share of each label that is spread over all classes, below 1.
    pub label_smoothing: BelowOne,
    /// Weight of an image by its class: `"none"`, `"balanced"` or a table such as `{ fault = 3.0 }`.
    pub class_weights: ClassWeights,
    /// How much a label is doubted that contradicts the other images, 0 or more: it counts as much as a cautious
    /// classifier that never saw it agrees, to this power, whatever the share of its class. Where that makes the validation
    /// images worse, no label is doubted, and it is said.
    pub doubt: NonNegative,
}

impl Default for LinearRecipe {
    fn default() -> Self {
        Self {
            l2: const { Positive::constant(0.03) },
            scaling: Scaling::Overall,
            refit: true,
            label_smoothing: const { BelowOne::constant(0.0) },
            class_weights: ClassWeights::None,
            doubt: const { NonNegative::constant(0.0) },
        }
    }
}

/// Fits the training part of `split`, and the validation part too where the recipe says so. `seed` decides which labels
/// are doubted together, and nothing else.
///
/// # Errors
/// When class weights name what is no class.
pub fn fit(
    recipe: &LinearRecipe,
    data: &TrainingSet<'_>,
    split: &Split,
    seed: u64,
    observer: &dyn Observer,
) -> Result<Trained, TrainError> {
    let (standardizer, x) = standardised(data.x, &split.train, recipe.scaling);
    let weights = label_weights(x.view(), data, split, &recipe.class_weights, recipe.doubt.get(), seed, observer)?;
    let targets = targets(data.y, &weights, data.classes.len(), recipe.label_smoothing.get());
    let on = |rows: &[usize]| {
        let (x, targets) = (x.select(Axis(0), rows), targets.select(Axis(0), rows));
        let fitted = LogisticRegression::fit(x.view(), targets.view(), recipe.l2.get(), STOP);
        let layer = DenseLayer { weights: fitted.coefficients().t().to_owned(), bias: fitted.intercepts().clone() };
        Head::new(standardizer.clone(), vec![layer]).map(Classifier::Mlp)
    };
    let before_refit = on(&split.train)?;
    let (head, held_out) = if recipe.refit && !split.validation.is_empty() {
        let rows = [split.train.as_slice(), &split.validation].concat();
        (on(&rows)?, Some(before_refit))
    } else {
        (before_refit, None)
    };
    Ok(Trained::without_epochs(head, held_out))
}
