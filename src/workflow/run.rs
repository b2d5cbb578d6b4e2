//! A run from its first moment to its folder: the clock, the name, and the files that every run has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Context, WorkflowError};
use crate::data::{Skipped, path_text};
use crate::files::{Results, results_json, skipped_csv};
use crate::runs::{
    DatasetSummary, FeatureChain, ImagesPlace, Provenance, RUN_SCHEMA, RunDir, RunKind, Timings, next_checkpoint,
    next_sequence, timestamp,
};

/// A run that has begun. Nothing of it is on the disk until [`Run::create_folder`].
pub(crate) struct Run<'a> {
    kind: RunKind,
    name: String,
    seed: u64,
    recipe: Value,
    started: Zoned,
    timings: Timings,
    context: Context<'a>,
}

/// The images and features that a run was made from, as its records tell of them.
pub(crate) struct RunInputs<'a> {
    pub dataset: &'a DatasetSummary,
    /// Files left out, for skipped.csv.
    pub skipped: &'a [Skipped],
    pub chain: &'a FeatureChain,
    /// Clustering methods, the first being meant where none is named.
    pub methods: Vec<String>,
}

/// The outcome of a run: its findings, where they lie and how long they took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary<F> {
    /// The run folder.
    #[serde(serialize_with = "path_text::serde_text::serialize")]
    pub run: PathBuf,
    /// Whatever the command found.
    #[serde(flatten)]
    pub findings: F,
    /// Seconds per stage.
    pub timings: BTreeMap<String, f64>,
}

impl<'a> Run<'a> {
    /// Starts the clock of a run of `recipe`, which goes into its records as it is.
    pub fn begin(kind: RunKind, name: &str, seed: u64, recipe: &impl Serialize, context: &Context<'a>) -> Self {
        let (started, timings) = (Zoned::now(), Timings::start());
        Self { kind, name: name.to_owned(), seed, recipe: json!(recipe), started, timings, context: *context }
    }

    /// The time since the last lap went into `stage`.
    pub fn lap(&mut self, stage: &str) {
        self.timings.lap(stage);
    }

    /// When it began, as file names carry it.
    pub fn stamp(&self) -> String {
        timestamp(&self.started)
    }

    /// When it began, RFC 3339.
    pub fn created(&self) -> String {
        self.started.timestamp().to_string()
    }

    /// The number of the checkpoint that it leaves.
    pub fn checkpoint_sequence(&self) -> u64 {
        next_checkpoint(&self.context.workspace.checkpoints)
    }

    /// A folder among the runs, to be filled; it appears with [`Run::finish`] and leaves nothing behind otherwise.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create_folder(&self) -> Result<RunDir, WorkflowError> {
        let name = format!("{}-{}-{}", self.stamp(), self.kind, self.name);
        Ok(RunDir::create(&self.context.workspace.runs, &name)?)
    }

    /// The same exactly at `folder`.
    ///
    /// # Errors
    /// When there is one already, or the disk refuses.
    pub fn create_folder_at(folder: &Path) -> Result<RunDir, WorkflowError> {
        let parent = folder.parent().unwrap_or(Path::new(""));
        let Some(name) = folder.file_name() else {
            let text = format!("the output folder needs a name of its own: `{}`", folder.display());
            return Err(WorkflowError::Usage(text));
        };
        Ok(RunDir::exactly(parent, name)?)
    }

    /// results.json without a measurement yet.
    pub fn results(&self, dataset: &DatasetSummary) -> Results {
        let mut results = Results::new(self.kind.name(), &self.name, &self.created());
        if let Value::Object(dataset) = json!(dataset) {
            results.dataset = dataset;
        }
        results.config = self.recipe.clone();
        results.timings.clone_from(self.timings.seconds());
        results
    }

    /// Writes skipped.csv, run.json and results.json, with what `measured` puts into it, and makes `folder` appear.
    ///
    /// # Errors
    /// When the disk refuses; then no folder appears.
    pub fn finish<F>(
        self,
        folder: RunDir,
        inputs: &RunInputs<'_>,
        findings: F,
        measured: impl FnOnce(&F, &mut Results),
    ) -> Result<RunSummary<F>, WorkflowError> {
        self.finish_with(None, folder, inputs, findings, measured)
    }

    /// The same for a run that leaves a `checkpoint` too: both are complete before the first of them appears.
    ///
    /// # Errors
    /// When the disk refuses; then neither appears.
    pub fn finish_with<F>(
        self,
        checkpoint: Option<RunDir>,
        folder: RunDir,
        inputs: &RunInputs<'_>,
        findings: F,
        measured: impl FnOnce(&F, &mut Results),
    ) -> Result<RunSummary<F>, WorkflowError> {
        skipped_csv::write(&folder.file(skipped_csv::FILE)?, inputs.skipped)?;
        let mut results = self.results(inputs.dataset);
        measured(&findings, &mut results);
        results.write(&folder.file(results_json::FILE)?)?;
        let provenance = Provenance {
            schema: RUN_SCHEMA.to_owned(),
            command: self.kind,
            name: self.name,
            created: self.started.timestamp().to_string(),
            recipe: self.recipe,
            dataset: inputs.dataset.clone(),
            images: ImagesPlace::of(&inputs.dataset.root, &folder.whole()),
            sequence: next_sequence(&self.context.workspace.runs),
            seed: self.seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            features: inputs.chain.clone(),
            methods: inputs.methods.clone(),
            device: self.context.device,
            host: Provenance::host(),
            threads: rayon::current_num_threads(),
            timings: self.timings.seconds().clone(),
            files: Provenance::hashes(folder.path())?,
        };
        folder.write_json("run.json", &provenance)?;
        checkpoint.map(RunDir::finish).transpose()?;
        Ok(RunSummary { run: folder.finish()?, findings, timings: self.timings.seconds().clone() })
    }
}
