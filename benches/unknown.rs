//! Our side of benches/peers/unknown.sh: what classifiers say of images of classes they never saw.
//!
//! usage: unknown `IMAGES LABELS.csv BACKBONE WEIGHTS [TEMPLATE GROUP]`
//!
//! `WEIGHTS` is a file, or `-` for those of the program. Images whose names, read by the template, agree in the field
//! `GROUP` stay in one fold. Once no class is left out, then each in turn. The rest is cross-validated in five folds;
//! prints a line per tested image: `left_out`, fold, known, right, sure (before calibration), confidence, energy, knn,
//! novelty, because (novel, unsure or empty), margin.

use std::num::NonZeroUsize;
use std::path::Path;

use ndarray::{Array2, Axis};
use rails::backbones::{Backbone, BackboneName};
use rails::curation::LabelTable;
use rails::data::{ClassId, ImageId};
use rails::device::Device;
use rails::embeddings::Store;
use rails::features::{BackboneFeatures, FeatureExtractor};
use rails::images::{DepthRange, Resize, ScanOptions, scan};
use rails::progress::Silent;
use rails::training::{
    Calibration, Divisible, Folds, Groups, HeldOut, Metric, MlpRecipe, RejectRecipe, RejectRule, Split, SplitRecipe,
    TrainingNeighbours, TrainingSet, UnknownBecause, confidences, most_likely, softmax, train,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const FOLDS: NonZeroUsize = NonZeroUsize::new(5).unwrap();

/// Labelled images as numbers.
struct Images {
    ids: Vec<ImageId>,
    x: Array2<f32>,
    classes: Vec<String>,
    groups: Option<Vec<String>>,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [folder, labels, backbone, weights, grouping @ ..] = arguments.as_slice() else {
        println!("nothing to do: run benches/peers/unknown.sh");
        return Ok(());
    };
    let name: BackboneName = serde_json::from_value(backbone.as_str().into())?;
    let backbone = match weights.as_str() {
        "-" => Backbone::load(name, Path::new("checkpoints"))?,
        weights => Backbone::open(name, Path::new(weights), None)?,
    };
    let extractor =
        BackboneFeatures::new(&backbone, &[name.default_layer().to_owned()], Resize::default(), Device::Cpu)?;
    let extractor = FeatureExtractor::Network(Box::new(extractor));
    let images = read(Path::new(folder), Path::new(labels), &extractor, grouping)?;
    let mut names: Vec<&str> = images.classes.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    println!("left_out,fold,known,right,sure,confidence,energy,knn,novelty,because,margin");
    for left_out in ["-"].into_iter().chain(names.iter().copied()) {
        let known: Vec<usize> = (0..images.ids.len()).filter(|&row| images.classes[row] != left_out).collect();
        let strange: Vec<usize> = (0..images.ids.len()).filter(|&row| images.classes[row] == left_out).collect();
        cross_validate(&images, left_out, &known, &strange)?;
    }
    Ok(())
}

fn read(folder: &Path, labels: &Path, extractor: &FeatureExtractor, grouping: &[String]) -> Outcome<Images> {
    let naming = grouping.first().map(|text| text.parse()).transpose()?;
    let manifest = scan(folder, &ScanOptions { naming, naming_required: false, ..ScanOptions::default() }, &Silent)?;
    let batch = NonZeroUsize::new(32).unwrap_or(NonZeroUsize::MIN);
    let done = Store::open(Path::new(".rails")).embed(&manifest, extractor, &DepthRange::default(), batch, &Silent)?;
    let manifest = done.align(&manifest);
    let table = LabelTable::read(labels, &Silent)?.match_to(&manifest);
    let rows: Vec<usize> = table.labels.keys().copied().collect();
    let group = |row: &usize| manifest.records[*row].fields.get(grouping.get(1)?).cloned();
    Ok(Images {
        ids: rows.iter().map(|&row| manifest.records[row].id).collect(),
        x: done.embeddings.values().select(Axis(0), &rows),
        classes: rows.iter().map(|row| table.labels[row].0.to_string()).collect(),
        groups: rows.iter().map(group).collect(),
    })
}

/// Prints what is said of every row of `known`, each tested once, and of all of `strange`, in every fold.
fn cross_validate(images: &Images, left_out: &str, known: &[usize], strange: &[usize]) -> Outcome<()> {
    let ids: Vec<ImageId> = known.iter().map(|&row| images.ids[row]).collect();
    let mut names: Vec<String> = known.iter().map(|&row| images.classes[row].clone()).collect();
    let of_rows = names.clone();
    names.sort_unstable();
    names.dedup();
    let y: Vec<ClassId> = of_rows.iter().map(|class| ClassId(names.partition_point(|name| name < class))).collect();
    let x = images.x.select(Axis(0), known);
    let novel = images.x.select(Axis(0), strange);
    let groups = images.groups.as_ref().map(|groups| Groups {
        field: "group".to_owned(),
        values: known.iter().map(|&row| groups[row].clone()).collect(),
    });
    let divisible = Divisible { ids: &ids, classes: &y, names: &names, groups: groups.as_ref(), near: None };
    let data = TrainingSet { ids: &ids, x: x.view(), y: &y, classes: &names, weights: None };
    let (folds, _) = Folds::of(&divisible, FOLDS, 42)?;
    let (inner, _) = Folds::of(&divisible, FOLDS, 43)?;
    for fold in 0..folds.k() {
        let split = folds.split(fold, &SplitRecipe::default());
        let learn = |split: &Split| train(&MlpRecipe::default().into(), &data, split, Device::Cpu, 42, &Silent);
        let classifier = learn(&split)?.head;
        let rows: Vec<usize> = split.train.iter().chain(&split.validation).copied().collect();
        let held = HeldOut::by_folds(&data, &rows, inner.of_rows(), 42, |train, held| {
            let split = Split { train: train.to_vec(), validation: held.to_vec(), test: Vec::new() };
            // The one that never saw the fold, as `rails train` does.
            learn(&split).map(|trained| trained.before_refit().clone())
        })?;
        let calibration = Calibration::fit(held.logits.view(), &held.truth, held.from);
        let held_out = confidences(calibration.probabilities(held.logits).view());
        let rule = RejectRule::fit(&held.outlier_scores, &held_out, RejectRecipe::default());
        let neighbours = TrainingNeighbours::fit(&data, |_| String::new(), &split.train, None, Metric::Cosine, 42);
        let tested = x.select(Axis(0), &split.test);
        let truth: Vec<Option<ClassId>> = split.test.iter().map(|&row| Some(y[row])).collect();
        for (x, truth) in [(tested, truth), (novel.clone(), vec![None; strange.len()])] {
            let logits = classifier.logits(x.view())?;
            let sure = confidences(softmax(logits.clone()).view());
            let probabilities = calibration.probabilities(logits.clone());
            let calibrated = confidences(probabilities.view());
            let nearest = neighbours.nearest(x.view(), 5)?;
            let scores = neighbours.outlier_scores(x.view())?;
            for (row, best) in most_likely(probabilities.view()).into_iter().enumerate() {
                let energy = -logits.row(row).iter().map(|&logit| f64::from(logit).exp()).sum::<f64>().ln();
                let found = rule.recognise(scores[row], calibrated[row]);
                println!(
                    "{left_out},{fold},{},{},{},{},{energy},{},{},{},{}",
                    u8::from(truth[row].is_some()),
                    u8::from(truth[row] == Some(best)),
                    sure[row],
                    calibrated[row],
                    nearest[row].last().map_or(0.0, |far| far.distance),
                    found.novelty.unwrap_or_default(),
                    found.unknown_because.and_then(UnknownBecause::word).unwrap_or_default(),
                    found.margin,
                );
            }
        }
    }
    Ok(())
}
