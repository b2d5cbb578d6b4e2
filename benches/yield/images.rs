//! Images with their features and what they truly show.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis};
use rails::backbones::Backbone;
use rails::curation::LabelTable;
use rails::data::ImageId;
use rails::device::Device;
use rails::embeddings::Store;
use rails::features::{BackboneFeatures, FeatureExtractor};
use rails::images::{DepthPolicy, DepthRange, ScanOptions, scan};
use rails::progress::Silent;
use rails::recipes::NetworkRecipe;

/// Row `i` of everything belongs to the same image.
pub struct Images {
    pub ids: Vec<ImageId>,
    /// Embeddings, shape `[n_images, n_features]`.
    pub x: Array2<f32>,
    /// Position in `classes`.
    pub truth: Vec<usize>,
    pub classes: Vec<String>,
}

impl Images {
    /// The images of `folder` that `truth` names; the embedding store is `.rails` in the working folder.
    pub fn open(folder: &Path, truth: &Path, backbone: Option<(&str, PathBuf)>) -> Self {
        let options = ScanOptions::default();
        let manifest = scan(folder, &options, &Silent).expect("a folder of images");
        let mut recipe = NetworkRecipe::default();
        if let Some((name, weights)) = backbone {
            recipe.backbone = serde_json::from_value(name.into()).expect("a backbone");
            recipe.weights = Some(weights);
        }
        let backbone = match &recipe.weights {
            Some(path) => Backbone::open(recipe.backbone, path, None),
            None => Backbone::embedded(),
        };
        let layers = [recipe.backbone.default_layer().to_owned()];
        let extractor =
            BackboneFeatures::new(&backbone.expect("weights"), &layers, recipe.resize, Device::Cpu).expect("a layer");
        let extractor = FeatureExtractor::Network(Box::new(extractor));
        let depth = DepthRange::fit(&manifest, DepthPolicy::default(), &Silent);
        let store = Store::open(Path::new(".rails"));
        let done = store.embed(&manifest, &extractor, &depth, recipe.batch_size, &Silent).expect("embeddings");
        let manifest = done.align(&manifest);
        let labels = LabelTable::read(truth, &Silent).expect("a label table").match_to(&manifest).labels;
        let mut classes: Vec<String> = labels.values().map(|(class, _)| class.to_string()).collect();
        classes.sort();
        classes.dedup();
        let rows: Vec<usize> = labels.keys().copied().collect();
        let truth = labels
            .values()
            .map(|(class, _)| classes.partition_point(|known| known.as_str() < class.as_str()))
            .collect();
        let ids = rows.iter().map(|&row| manifest.records[row].id).collect();
        Self { ids, x: done.embeddings.values().select(Axis(0), &rows), truth, classes }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            ids: rows.iter().map(|&row| self.ids[row]).collect(),
            x: self.x.select(Axis(0), rows),
            truth: rows.iter().map(|&row| self.truth[row]).collect(),
            classes: self.classes.clone(),
        }
    }
}
