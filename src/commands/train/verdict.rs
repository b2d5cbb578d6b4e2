//! How a trained classifier fares on images it did not learn from.

use std::borrow::Cow;

use ndarray::{Array2, Axis};

use super::lesson::Lesson;
use super::trusting::{Learned, Trust};
use crate::commands::CommandError;
use crate::commands::evaluate::{Evaluation, Judged, JudgedImage, Strangeness, Strangers, Withheld};
use crate::progress::Stage;
use crate::runs::TrainRecipe;
use crate::training::{Trained, softmax};
use crate::workflow::{Context, Run};

/// What may be said of a classifier.
pub(super) struct Verdict<'a> {
    /// Which part judges: `test`, or `validation` where there are no test images.
    pub part: &'static str,
    pub trust: Trust,
    pub judged: Judged<'a>,
    pub evaluation: Evaluation,
    /// When an image is `unknown`.
    pub withheld: Withheld,
    /// Of all images, `[n_images, n_classes]`, calibrated.
    pub probabilities: Array2<f32>,
}

impl<'a> Verdict<'a> {
    pub fn of(
        recipe: &TrainRecipe,
        lesson: &'a Lesson,
        trained: &Trained,
        run: &mut Run<'_>,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let (set, divisible) = (lesson.set(), lesson.divisible());
        let (split, numbers) = (&lesson.split, &lesson.numbers);
        let trust =
            Trust::earn(&Learned { recipe, set: &set, divisible: &divisible, split, trained, numbers }, context)?;
        run.lap("calibrate");
        let without_test = split.test.is_empty();
        let (part, rows) = if without_test { ("validation", &split.validation) } else { ("test", &split.test) };
        let judge = if without_test { trained.before_refit() } else { &trained.head };
        let logits = judge.logits(numbers.x.view())?;
        let uncalibrated = softmax(logits.clone());
        let probabilities = trust.calibration.probabilities(logits);
        let judged = select(lesson, [&uncalibrated, &probabilities], &trust, rows)?;
        let stage = context.observer.stage(Stage::Evaluate, 0);
        let evaluation = Evaluation::of(&judged, trust.calibration.temperature, recipe.seed);
        drop(stage);
        let withheld = Withheld::of(&trust.reject, &judged, &Strangers::default());
        run.lap("evaluate");
        Ok(Self { part, trust, judged, evaluation, withheld, probabilities })
    }
}

/// The images of `rows` with what is known and what was said of them.
fn select<'a>(
    lesson: &'a Lesson,
    [uncalibrated, probabilities]: [&Array2<f32>; 2],
    trust: &Trust,
    rows: &[usize],
) -> Result<Judged<'a>, CommandError> {
    let numbers = &lesson.numbers;
    let image = |&row: &usize| JudgedImage {
        id: numbers.ids[row],
        file: numbers.files[row].clone(),
        fields: numbers.manifest.records[row].fields.clone(),
    };
    let probabilities = probabilities.select(Axis(0), rows);
    let confidences: Vec<f32> = probabilities.rows().into_iter().map(|row| row.fold(0.0, |a, &b| b.max(a))).collect();
    let strangeness = Strangeness::of_all(&trust.reject, trust.unfamiliarity(numbers, rows, &confidences)?);
    Ok(Judged {
        classes: lesson.classes(),
        images: rows.iter().map(image).collect(),
        truth: rows.iter().map(|row| lesson.y[*row]).collect(),
        features: Cow::Owned(numbers.x.select(Axis(0), rows)),
        uncalibrated: uncalibrated.select(Axis(0), rows),
        probabilities,
        strangeness,
    })
}
