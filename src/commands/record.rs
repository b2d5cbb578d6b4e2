//! What run.json and results.json say alike about every kind of run.

use jiff::Zoned;
use serde_json::{Value, json};

use crate::device::Device;
use crate::report::Results;
use crate::runs::{DatasetSummary, FeatureChain, Provenance, Timings};

/// A run, as its records tell of it.
pub(super) struct Record<'a> {
    /// `cluster` or `train`.
    pub kind: &'static str,
    pub name: &'a str,
    pub started: &'a Zoned,
    /// The resolved recipe.
    pub recipe: Value,
    pub seed: u64,
    pub dataset: &'a DatasetSummary,
    pub chain: &'a FeatureChain,
    /// Clustering methods, the first being meant where none is named.
    pub methods: Vec<String>,
    pub device: Device,
    pub timings: &'a Timings,
}

impl Record<'_> {
    /// results.json, without any measurement yet.
    pub fn results(&self) -> Results {
        let mut results = Results::new(self.kind, self.name, &self.started.timestamp().to_string());
        if let Value::Object(dataset) = json!(self.dataset) {
            results.dataset = dataset;
        }
        results.config = self.recipe.clone();
        results.timings.clone_from(self.timings.seconds());
        results
    }

    /// run.json.
    pub fn provenance(&self) -> Provenance {
        Provenance {
            command: self.kind.to_owned(),
            name: self.name.to_owned(),
            created: self.started.timestamp().to_string(),
            recipe: self.recipe.clone(),
            dataset: self.dataset.clone(),
            seed: self.seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            features: self.chain.clone(),
            methods: self.methods.clone(),
            device: self.device,
            host: Provenance::host(),
            threads: rayon::current_num_threads(),
            timings: self.timings.seconds().clone(),
        }
    }
}
