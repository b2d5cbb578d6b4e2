//! Writes what training came to: the folder of the run, and the checkpoint.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::finetune::Tuned;
use super::lesson::Lesson;
use super::verdict::Verdict;
use crate::commands::CommandError;
use crate::commands::evaluate::{Dossier, Explainer, Strangers, write_predictions};
use crate::report::{Block, EpochScores, Figure, LearningCurves, Results, Section};
use crate::runs::{BACKBONE_FILE, BUNDLE_FORMAT, Bundle, DatasetSummary, RunDir, TrainRecipe, TrainedOn, to_toml};
use crate::training::{Split, Trained, most_likely};
use crate::workflow::{Context, Run};

/// All there is to write.
pub(super) struct Outcome<'a> {
    pub recipe: &'a TrainRecipe,
    pub lesson: &'a Lesson,
    pub trained: &'a Trained,
    /// Where the network learned too.
    pub tuned: Option<&'a Tuned>,
    pub verdict: &'a Verdict<'a>,
}

impl Outcome<'_> {
    /// Fills both folders, the run's and the checkpoint's; each appears whole or not at all once it is finished.
    pub fn write(&self, run: &Run<'_>, context: &Context<'_>) -> Result<(RunDir, RunDir), CommandError> {
        let Self { recipe, lesson, trained, verdict, .. } = self;
        let folder = run.create_folder()?;
        let name = format!("{}-{}", recipe.name, run.stamp());
        let checkpoint = RunDir::create(&context.workspace.checkpoints, &name)?;
        let mut results = run.results(&DatasetSummary::of(&lesson.numbers.manifest));
        self.measure(&mut results);
        results.write(&checkpoint.file("results.json")?)?;
        write_split(&folder.file("split.csv")?, lesson, verdict)?;
        write_predictions(&checkpoint.file("predictions.csv")?, &verdict.judged, &Strangers::default())?;
        let file = self.tuned.and_then(|tuned| tuned.backbone.as_deref());
        self.bundle(run).write(&trained.head, &verdict.trust.neighbours, file, &checkpoint)?;
        let mut chain = lesson.numbers.chain.clone();
        if file.is_some() {
            chain.recipe.weights = Some(checkpoint.path().join(BACKBONE_FILE));
        }
        let samples = self.tuned.map(|tuned| tuned.samples.show(&folder)).transpose()?.flatten();
        let dossier = Dossier {
            run: &folder,
            title: format!("rails train: {}", recipe.name),
            part: verdict.part,
            judged: &verdict.judged,
            strangers: &Strangers::default(),
            evaluation: &verdict.evaluation,
            withheld: Some(&verdict.withheld),
            depth: lesson.numbers.chain.depth,
            explainer: Explainer::of(&trained.head, &chain, context.workspace)?,
            facts: facts(lesson, trained),
            first: Vec::new(),
            more: learning(&folder, trained)?.into_iter().chain(samples).collect(),
            settings: to_toml(recipe).unwrap_or_default().lines().map(str::to_owned).collect(),
        };
        dossier.write(context.observer)?;
        Ok((folder, checkpoint))
    }

    /// Puts into `results` what `rails compare` reads.
    pub fn measure(&self, results: &mut Results) {
        let Self { lesson, trained, verdict, .. } = self;
        results.set("judged_on", verdict.part);
        results.set("disjointness", &lesson.disjointness);
        measure(results, &lesson.split, trained);
        verdict.evaluation.fill(results);
        results.set("calibration", verdict.trust.calibration);
        verdict.withheld.fill(results);
        if let Some(tuned) = self.tuned {
            results.set("frozen_network", &tuned.frozen);
        }
    }

    fn bundle(&self, run: &Run<'_>) -> Bundle {
        let Lesson { numbers, .. } = self.lesson;
        Bundle {
            format: BUNDLE_FORMAT,
            name: self.recipe.name.clone(),
            created: run.created(),
            classes: self.lesson.classes().to_vec(),
            features: numbers.chain.clone(),
            input_size: numbers.input_size,
            calibration: self.verdict.trust.calibration,
            reject: Some(self.verdict.trust.reject.clone()),
            training_set: TrainedOn { fingerprint: self.lesson.fingerprint(), n_images: numbers.ids.len() },
            files: BTreeMap::new(),
        }
    }
}

/// Fills results.json with what was measured while learning.
fn measure(results: &mut Results, split: &Split, trained: &Trained) {
    let [train, validation, test] = split.parts().map(<[usize]>::len);
    results.set("split", json!({ "train": train, "validation": validation, "test": test }));
    results.set("epochs", trained.history.last().map_or(0, |epoch| epoch.epoch));
    results.set("best_epoch", trained.best_epoch);
    results.set("stopped", trained.stopped);
    results.set("history", &trained.history);
}

/// `split.csv`: which image played which part, and what it was taken for.
fn write_split(path: &Path, lesson: &Lesson, verdict: &Verdict<'_>) -> Result<(), CommandError> {
    let Lesson { numbers, split, y, .. } = lesson;
    let (classes, probabilities) = (lesson.classes(), &verdict.probabilities);
    let predicted = most_likely(probabilities.view());
    let failed = |source: csv::Error| crate::runs::TableError::Csv { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    writer.write_record(["id", "path", "class", "part", "predicted", "confidence"]).map_err(failed)?;
    let parts = [("train", &split.train), ("validation", &split.validation), ("test", &split.test)];
    let mut rows: Vec<(usize, &str)> =
        parts.iter().flat_map(|(part, rows)| rows.iter().map(move |row| (*row, *part))).collect();
    rows.sort_unstable();
    for (row, part) in rows {
        let class = predicted[row].0;
        writer
            .write_record([
                &numbers.ids[row].to_string(),
                &numbers.files[row].display().to_string(),
                &classes[y[row].0],
                part,
                &classes[class],
                &probabilities[[row, class]].to_string(),
            ])
            .map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))?;
    Ok(())
}

/// Names and values at the top of the page.
fn facts(lesson: &Lesson, trained: &Trained) -> Vec<(String, String)> {
    let [train, validation, test] = lesson.split.parts().map(<[usize]>::len);
    let mut facts = vec![
        ("Labelled images", lesson.numbers.ids.len().to_string()),
        ("Train, validation, test", format!("{train}, {validation}, {test}")),
        ("Classes", lesson.classes().len().to_string()),
        ("Features", lesson.numbers.chain.to_string()),
    ];
    if !trained.history.is_empty() {
        facts.push(("Epochs", format!("{}, the best was {}", trained.history.len(), trained.best_epoch)));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The learning curves, as `plots/learning_curves.png` and for the page; none of a classifier that is fitted without
/// epochs.
fn learning(run: &RunDir, trained: &Trained) -> Result<Option<Section>, CommandError> {
    if trained.history.is_empty() {
        return Ok(None);
    }
    let epochs: Vec<EpochScores> = trained
        .history
        .iter()
        .map(|epoch| EpochScores {
            epoch: epoch.epoch,
            train_loss: epoch.train_loss,
            valid_loss: epoch.validation_loss,
            train_accuracy: epoch.train_accuracy,
            valid_accuracy: epoch.validation_accuracy,
        })
        .collect();
    let best = trained.history.iter().position(|epoch| epoch.epoch == trained.best_epoch);
    let path = run.file("plots/learning_curves.png")?;
    LearningCurves { title: "Learning curves", epochs: &epochs, best }.save(&path)?;
    let how = "Loss should fall and accuracy rise. Where training goes on improving and validation does not, the \
               classifier learns by heart; the weights of the best epoch (green) are those that are kept.";
    let plot = Block::plot_file(&path, how).map_err(CommandError::at(&path))?;
    Ok(Some(Section { title: "How it learned".to_owned(), blocks: vec![plot] }))
}
