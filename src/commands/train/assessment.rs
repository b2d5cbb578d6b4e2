//! Assessment of a trained classifier: its calibration, and its scores on images it did not learn from.

use std::borrow::Cow;

use ndarray::{Array2, Axis};

use super::training_data::TrainingData;
use crate::commands::CommandError;
use crate::data::path_text;
use crate::evaluation::{Evaluation, LabelledPredictions, NovelImages, Predictions, Rejection};
use crate::progress::Stage;
use crate::recipes::TrainRecipe;
use crate::training::{ConfidenceFit, ConfidenceModel, Trained, softmax};
use crate::workflow::{Context, Run};

/// The assessment of a trained classifier on images that it did not learn from.
pub(super) struct Assessment<'a> {
    /// The part of the images that tests it: `test`, or `validation` where there are no test images.
    pub part: &'static str,
    /// Calibration and rejection.
    pub confidence: ConfidenceModel,
    /// Those images and the predictions for them.
    pub labelled: LabelledPredictions<'a>,
    pub evaluation: Evaluation,
    /// When an image is `unknown`.
    pub rejection: Rejection,
    /// Of all images, shape `[n_images, n_classes]`, calibrated.
    pub probabilities: Array2<f32>,
}

impl<'a> Assessment<'a> {
    /// Fits the confidence model, and evaluates on the test images, or the validation images where there are none.
    pub fn of(
        recipe: &TrainRecipe,
        data: &'a TrainingData,
        trained: &Trained,
        run: &mut Run<'_>,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let (split, features) = (&data.split, &data.features);
        let confidence = confidence(recipe, data, trained, context)?;
        run.lap("calibrate");
        let (part, rows, classifier) = if split.test.is_empty() {
            ("validation", &split.validation, trained.before_refit())
        } else {
            ("test", &split.test, &trained.head)
        };
        let logits = classifier.logits(features.x.view())?;
        let uncalibrated = softmax(logits.clone()).select(Axis(0), rows);
        let probabilities = confidence.calibration.probabilities(logits);
        let x = features.x.select(Axis(0), rows);
        let mut predictions =
            Predictions { uncalibrated, probabilities: probabilities.select(Axis(0), rows), recognitions: Vec::new() };
        predictions.recognitions = confidence.recognise(x.view(), &predictions.confidences())?;
        let labelled = LabelledPredictions {
            classes: data.classes(),
            images: rows.iter().map(|&row| data.image(row)).collect(),
            truth: rows.iter().map(|&row| data.y[row]).collect(),
            features: Cow::Owned(x),
            predictions,
        };
        let stage = context.observer.stage(Stage::Evaluate, 0);
        let evaluation = Evaluation::of(&labelled, confidence.calibration.temperature, recipe.seed);
        drop(stage);
        let rejection = Rejection::of(&confidence.reject, &labelled, &NovelImages::default());
        run.lap("evaluate");
        Ok(Self { part, confidence, labelled, evaluation, rejection, probabilities })
    }
}

fn confidence(
    recipe: &TrainRecipe,
    data: &TrainingData,
    trained: &Trained,
    context: &Context<'_>,
) -> Result<ConfidenceModel, CommandError> {
    let training = ConfidenceFit {
        classifier: &recipe.classifier,
        calibrate: recipe.calibrate,
        reject: recipe.reject,
        seed: recipe.seed,
        finetuned: recipe.finetune.is_some(),
        set: &data.set(),
        divisible: &data.divisible(),
        split: &data.split,
        trained,
    };
    let path = |row: usize| path_text::to_text(&data.features.files[row]);
    Ok(ConfidenceModel::fit(&training, path, context.device, context.observer)?)
}
