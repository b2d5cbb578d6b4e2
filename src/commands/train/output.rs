//! Output of a training: the run folder and the checkpoint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::assessment::Assessment;
use super::finetune::FineTunedNetwork;
use super::training_data::TrainingData;
use super::{TrainFindings, TrainSummary};
use crate::commands::CommandError;
use crate::data::path_text;
use crate::evaluation::NovelImages;
use crate::files::split_csv::{self, SplitRow};
use crate::files::{Results, results_json};
use crate::recipes::{TrainRecipe, to_toml};
use crate::report::{EpochScores, LearningCurves, PageSection};
use crate::runs::{BACKBONE_FILE, BUNDLE_FORMAT, Bundle, DatasetSummary, RunDir, TrainedOn};
use crate::training::{Split, Trained, most_likely};
use crate::workflow::evaluation_report::{
    EvaluationReport, GradCamExplainer, record_evaluation, record_rejection, write_predictions,
};
use crate::workflow::feature_table::FeatureTable;
use crate::workflow::{Context, Run, RunInputs, report_blocks};

/// All there is to write.
pub(super) struct TrainOutput<'a> {
    pub recipe: &'a TrainRecipe,
    pub data: &'a TrainingData,
    pub trained: &'a Trained,
    /// Where the network learned too.
    pub network: Option<&'a FineTunedNetwork>,
    pub assessment: &'a Assessment<'a>,
}

impl TrainOutput<'_> {
    /// Writes both folders, the run's and the checkpoint's; each appears whole or not at all.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, run: Run<'_>, context: &Context<'_>) -> Result<TrainSummary, CommandError> {
        let folder = run.create_folder()?;
        let name = format!("{}-{}", self.recipe.name, run.stamp());
        let checkpoint = RunDir::create(&context.workspace.checkpoints, &name)?;
        let dataset = DatasetSummary::of(&self.data.features.manifest);
        self.fill_checkpoint(&checkpoint, &run, &dataset)?;
        write_split(&folder.file(split_csv::FILE)?, self.data, self.assessment)?;
        self.report(&folder, &checkpoint, context)?;
        let findings = self.findings(checkpoint.whole());
        let FeatureTable { manifest, chain, .. } = &self.data.features;
        let inputs = RunInputs { dataset: &dataset, skipped: &manifest.skipped, chain, methods: Vec::new() };
        Ok(run.finish_with(Some(checkpoint), folder, &inputs, findings, |_, results| self.record(results))?)
    }

    fn findings(&self, checkpoint: PathBuf) -> TrainFindings {
        let Self { data, trained, assessment, .. } = self;
        TrainFindings {
            checkpoint,
            classes: data.class_counts(),
            split: data.split.parts().map(<[usize]>::len),
            disjointness: data.disjointness.clone(),
            epochs: trained.history.last().map_or(0, |epoch| epoch.epoch),
            best_epoch: trained.best_epoch,
            calibration: assessment.confidence.calibration,
            evaluation: assessment.evaluation.clone(),
            rejection: assessment.rejection.clone(),
            judged: assessment.part,
            conflicts: data.labelled.conflicts.clone(),
            unlabelled: data.labelled.unlabelled,
            n_skipped: data.features.manifest.skipped.len(),
        }
    }

    /// bundle.json with its files, results.json and predictions.csv.
    fn fill_checkpoint(
        &self,
        checkpoint: &RunDir,
        run: &Run<'_>,
        dataset: &DatasetSummary,
    ) -> Result<(), CommandError> {
        let mut results = run.results(dataset);
        self.record(&mut results);
        results.write(&checkpoint.file(results_json::FILE)?)?;
        write_predictions(checkpoint, &self.assessment.labelled, &NovelImages::default())?;
        let weights = self.network.and_then(|network| network.weights.as_deref());
        let neighbours = &self.assessment.confidence.neighbours;
        self.bundle(run).write(&self.trained.head, neighbours, weights, checkpoint)?;
        Ok(())
    }

    /// Tables, plots and the page of the run.
    fn report(&self, folder: &RunDir, checkpoint: &RunDir, context: &Context<'_>) -> Result<(), CommandError> {
        let Self { recipe, data, trained, assessment, .. } = self;
        let mut chain = data.features.chain.clone();
        let tuned = self.network.is_some_and(|network| network.weights.is_some());
        if let Some(network) = chain.recipe.network_mut().filter(|_| tuned) {
            // They lie in a folder that is not yet where the chain says.
            network.weights = Some(checkpoint.path().join(BACKBONE_FILE));
        }
        let samples = self.network.map(|network| network.samples.show(folder)).transpose()?.flatten();
        let report = EvaluationReport {
            run: folder,
            title: format!("rails train: {}", recipe.name),
            part: assessment.part,
            labelled: &assessment.labelled,
            novel: &NovelImages::default(),
            novel_classes: &[],
            evaluation: &assessment.evaluation,
            rejection: Some(&assessment.rejection),
            depth: data.features.chain.depth,
            explainer: GradCamExplainer::of(&trained.head, &chain, context)?,
            facts: facts(data, trained),
            first: Vec::new(),
            more: learning_curves(folder, trained)?.into_iter().chain(samples).collect(),
            settings: to_toml(recipe).unwrap_or_default().lines().map(str::to_owned).collect(),
        };
        Ok(report.write(context.observer)?)
    }

    /// Puts into `results` what `rails compare` reads.
    fn record(&self, results: &mut Results) {
        let Self { data, trained, assessment, .. } = self;
        results.set("judged_on", assessment.part);
        results.set("disjointness", &data.disjointness);
        record_learning(results, &data.split, trained);
        record_evaluation(&assessment.evaluation, results);
        results.set("calibration", assessment.confidence.calibration);
        record_rejection(&assessment.rejection, results);
        if let Some(network) = self.network {
            results.set("frozen_network", &network.frozen);
        }
    }

    fn bundle(&self, run: &Run<'_>) -> Bundle {
        let (features, confidence) = (&self.data.features, &self.assessment.confidence);
        Bundle {
            format: BUNDLE_FORMAT,
            name: self.recipe.name.clone(),
            created: run.created(),
            sequence: run.checkpoint_sequence(),
            classes: self.data.classes().to_vec(),
            features: features.chain.clone(),
            input_size: features.input_size,
            calibration: confidence.calibration,
            reject: Some(confidence.reject.clone()),
            training_set: TrainedOn { fingerprint: self.data.fingerprint(), n_images: features.ids.len() },
            files: BTreeMap::new(),
        }
    }
}

/// Split, epochs and learning curves.
fn record_learning(results: &mut Results, split: &Split, trained: &Trained) {
    let [train, validation, test] = split.parts().map(<[usize]>::len);
    results.set("split", json!({ "train": train, "validation": validation, "test": test }));
    results.set("epochs", trained.history.last().map_or(0, |epoch| epoch.epoch));
    results.set("best_epoch", trained.best_epoch);
    results.set("stopped", trained.stopped);
    results.set("history", &trained.history);
}

/// `split.csv`: which image played which part, and what it was taken for.
fn write_split(path: &Path, data: &TrainingData, assessment: &Assessment<'_>) -> Result<(), CommandError> {
    let TrainingData { features, split, y, .. } = data;
    let (classes, probabilities) = (data.classes(), &assessment.probabilities);
    let predicted = most_likely(probabilities.view());
    let parts = [("train", &split.train), ("validation", &split.validation), ("test", &split.test)];
    let mut rows: Vec<(usize, &str)> =
        parts.iter().flat_map(|(part, rows)| rows.iter().map(move |row| (*row, *part))).collect();
    rows.sort_unstable();
    let rows = rows.into_iter().map(|(row, part)| SplitRow {
        id: features.ids[row],
        path: path_text::to_text(&features.files[row]),
        class: &classes[y[row].0],
        part,
        predicted: &classes[predicted[row].0],
        confidence: probabilities[[row, predicted[row].0]],
    });
    Ok(split_csv::write(path, rows)?)
}

/// Names and values at the top of the page.
fn facts(data: &TrainingData, trained: &Trained) -> Vec<(String, String)> {
    let [train, validation, test] = data.split.parts().map(<[usize]>::len);
    let mut facts = vec![
        ("Labelled images", data.features.ids.len().to_string()),
        ("Train, validation, test", format!("{train}, {validation}, {test}")),
        ("Classes", data.classes().len().to_string()),
        ("Features", data.features.chain.to_string()),
    ];
    if !trained.history.is_empty() {
        facts.push(("Epochs", format!("{}, the best was {}", trained.history.len(), trained.best_epoch)));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The learning curves, as `plots/learning_curves.png` and for the page; `None` for a classifier that is not trained in
/// epochs.
fn learning_curves(run: &RunDir, trained: &Trained) -> Result<Option<PageSection>, CommandError> {
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
    let how = "Loss should fall and accuracy rise. Where training goes on improving and validation does not, the \
               classifier learns by heart; the weights of the best epoch (green) are those that are kept.";
    let curves = LearningCurves { title: "Learning curves", epochs: &epochs, best };
    let plot = report_blocks::plot(run, "learning_curves", how, &curves)?;
    Ok(Some(PageSection { title: "How it learned".to_owned(), blocks: vec![plot] }))
}
