//! Every summary as the terminal shows it, rendered from hand-made findings.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use ndarray::array;

use super::*;
use crate::commands::{
    AssignFindings, ClusterFindings, CombinationRow, EvaluateFindings, FeatureStatistics, FlatFieldEffect, ImageInView,
    InView, LayerRow, PatchesFindings, PatchesMethod, SearchFindings, SearchResults, SearchRow, SeparateFindings,
    SweepFindings, SweepRow, TrainFindings,
};
use crate::data::{ClassId, Skipped};
use crate::evaluation::{
    Evaluation, FoldScores, FoldStatistics, KeptImages, LabelledImage, LabelledPredictions, NovelClass,
    NovelClassDetection, Predictions, RankBy, RejectedImages, Rejection,
};
use crate::images::{Circle, Enhancement};
use crate::metrics::RiskCoverage;
use crate::recipes::Slices;
use crate::runs::{DatasetSummary, Placed};
use crate::training::{Calibration, Disjointness, GroupProof, HeldOutFrom, NearProof, TemperatureFit};
use crate::workflow::RunSummary;
use crate::workflow::clustering::{ClusterRow, MethodSummary};

fn run<F>(kind: &str, findings: F) -> RunSummary<F> {
    let timings = [("scan", 0.25), ("embed", 1.5)].map(|(stage, seconds)| (stage.to_owned(), seconds));
    RunSummary {
        run: format!("experiments/runs/20260101_120000-{kind}-mine").into(),
        findings,
        timings: timings.into(),
    }
}

fn counts(pairs: &[(&str, usize)]) -> Vec<(String, usize)> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn dataset() -> DatasetSummary {
    let fields = BTreeMap::from([("site".to_owned(), counts(&[("north", 7), ("south", 3)]).into_iter().collect())]);
    DatasetSummary {
        root: "datasets/stones".into(),
        fingerprint: "0f".repeat(16),
        n_images: 10,
        n_duplicates: 2,
        n_unmatched: 1,
        n_skipped: 1,
        field_names: vec!["site".to_owned()],
        fields,
    }
}

fn clusters() -> Vec<ClusterRow> {
    let row = |(cluster, size, values): (u32, usize, &[(&str, usize)])| ClusterRow {
        cluster,
        size,
        field_values: counts(values),
    };
    [(0, 6, &[("north", 5), ("south", 1)][..]), (1, 3, &[("north", 2), ("south", 1)])].map(row).to_vec()
}

/// Six images of grass and stone, one of them wrong.
fn evaluation() -> Evaluation {
    let classes = ["grass", "stone"].map(str::to_owned);
    let image = |row: u8| LabelledImage {
        id: crate::data::ImageId::of_bytes(&[row]),
        file: format!("{row}.png").into(),
        fields: BTreeMap::new(),
    };
    let probabilities = array![[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6], [0.6, 0.4]];
    let labelled = LabelledPredictions {
        classes: &classes,
        images: (0..6).map(image).collect(),
        truth: [0, 0, 0, 1, 1, 1].map(ClassId).to_vec(),
        features: std::borrow::Cow::Owned(array![[0.0], [0.0], [0.0], [0.0], [0.0], [0.0]]),
        predictions: Predictions { uncalibrated: probabilities.clone(), probabilities, recognitions: Vec::new() },
    };
    Evaluation::of(&labelled, 1.0, 7)
}

fn rejection(threshold: Option<f64>) -> Rejection {
    Rejection {
        keep: 0.95,
        threshold,
        min_confidence: threshold.map(|_| 0.55),
        novelty_is_share: true,
        n_images: 40,
        at_threshold: Some(KeptImages { coverage: 5.0 / 6.0, risk: 0.0 }),
        novel: RejectedImages { images: 0, right: 0 },
        unsure: RejectedImages { images: 1, right: 0 },
        untold: RejectedImages::default(),
        risk_of_all: Some(1.0 / 6.0),
        novel_classes: Some(NovelClassDetection { images: 4, unknown: 3, novel: 2, roc_auc: Some(0.9583) }),
        coverage: None,
        by_both: RiskCoverage::default(),
        by_novelty: RiskCoverage::default(),
        by_confidence: RiskCoverage::default(),
    }
}

fn disjointness() -> Disjointness {
    Disjointness {
        distinct: [30, 8, 6],
        rows: [32, 8, 6],
        shared: Vec::new(),
        groups: Some(GroupProof { field: "site".to_owned(), distinct: [5, 2, 2], shared: BTreeMap::new() }),
        near_duplicates: Some(NearProof { threshold: 2.5, images: 4, shared: 0, nearest: Some(3.75) }),
    }
}

fn training() -> TrainFindings {
    TrainFindings {
        checkpoint: "checkpoints/mine-20260101_120000".into(),
        classes: counts(&[("grass", 23), ("stone", 23)]),
        split: [32, 8, 6],
        disjointness: disjointness(),
        epochs: 20,
        best_epoch: 12,
        calibration: Calibration {
            temperature: 1.25,
            n_images: 40,
            from: Some(HeldOutFrom::Folds),
            fit: TemperatureFit::Best,
        },
        evaluation: evaluation(),
        rejection: Rejection { novel_classes: None, ..rejection(Some(0.951)) },
        judged: "test",
        conflicts: vec!["a.png: grass, stone".to_owned()],
        unlabelled: 1,
        n_skipped: 0,
    }
}

#[test]
fn clusters_of_images() {
    let method = MethodSummary {
        method: "kmeans".to_owned(),
        parameters: BTreeMap::from([("k".to_owned(), 2.into())]),
        metrics: [("silhouette", 0.45678), ("nmi_site", 0.125), ("purity", 0.9)]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        clusters: clusters(),
        n_noise: 1,
        notes: vec!["k = 2 has the best silhouette of 2 to 10".to_owned()],
    };
    let statistics = FeatureStatistics { n_features: 1280, mean: 0.5, std: 0.25, min: -1.0, max: 6.0 };
    let findings = ClusterFindings {
        failed_methods: Vec::new(),
        dataset: dataset(),
        field: Some("site".to_owned()),
        computed: 8,
        reused: 2,
        features: "efficientnet-lite0 head".to_owned(),
        before: statistics,
        after: statistics,
        n_components: 5,
        variance_kept: Some(0.9123),
        methods: vec![method],
        placed: Placed { hard_links: 9, symbolic_links: 0, copies: 1 },
    };
    assert_snapshot!(cluster(&run("cluster", findings)));
}

#[test]
fn images_assigned_to_clusters() {
    let findings = AssignFindings {
        assigned_to: "experiments/runs/earlier".into(),
        method: "kmeans".to_owned(),
        dataset: dataset(),
        clusters: clusters(),
        n_noise: 1,
        placed: Placed::default(),
    };
    assert_snapshot!(assign(&run("assign", findings)));
}

#[test]
fn features_searched() {
    let row = |k: usize, silhouette: f64| CombinationRow {
        backbone: "resnet50".to_owned(),
        layers: ["layer3", "layer4"].map(str::to_owned).to_vec(),
        enhance: vec![Enhancement::Invert],
        k,
        n_features: 3072,
        metrics: BTreeMap::from([("silhouette".to_owned(), silhouette)]),
    };
    let findings = SearchFindings {
        dataset: dataset(),
        rows: (0..21).map(|at| row(2 + at, 0.5 - at as f64 / 100.0)).collect(),
        left_out: vec!["vgg16 fc2: no weights of `vgg16` here".to_owned()],
        recommended: vec!["features.backbone=resnet50".to_owned(), "cluster.kmeans.k=2".to_owned()],
    };
    assert_snapshot!(search(&run("search", findings)));
}

#[test]
fn patches_clustered() {
    let method = |silhouette| PatchesMethod {
        method: "kmeans".to_owned(),
        clusters: vec![120, 8],
        silhouette,
        silhouette_raw: Some(0.25),
    };
    let row = |k, silhouette| SearchRow { slices: 16, k, components: 2, silhouette, silhouette_raw: None };
    let slices = Slices { rows: 8.try_into().unwrap(), columns: 16.try_into().unwrap() };
    let findings = PatchesFindings {
        failed_methods: Vec::new(),
        dataset: DatasetSummary { n_images: 1, ..dataset() },
        slices,
        statistics: Vec::new(),
        ignored: 3,
        replaced: 1,
        methods: vec![method(Some(0.5))],
        in_view: Some(vec![ImageInView {
            image: "round.png".to_owned(),
            part: InView {
                share: 0.625,
                circle: Some(Circle { x: 320.0, y: 240.5, radius: 200.0.try_into().unwrap() }),
            },
        }]),
        flat_field: Some(FlatFieldEffect { without: method(None), with: method(Some(0.5)), agreement: Some(0.75) }),
        search: Some(SearchResults { clusters: vec![row(2, Some(0.5)), row(3, None)], ..SearchResults::default() }),
    };
    assert_snapshot!(patches(&run("patches", findings)));
}

#[test]
fn tiles_separated() {
    let layer = |name: &str, taken| LayerRow {
        name: name.to_owned(),
        tiles: 10,
        clusters: vec![8, 2],
        cluster: Some(1),
        stands_out: 3.25,
        taken,
    };
    let findings = SeparateFindings {
        dataset: dataset(),
        inverted: true,
        replaced: 2,
        layers: vec![layer("missing", 2), layer("collapsed", 0)],
        defects: counts(&[("missing", 2), ("intact", 8)]),
        placed: Placed::default(),
    };
    assert_snapshot!(separate(&run("separate", findings)));
}

#[test]
fn a_classifier_trained() {
    assert_snapshot!("trained", train(&run("train", training())));
    let mut without = training();
    without.rejection = rejection(None);
    without.calibration = Calibration::NONE;
    without.epochs = 0;
    assert_snapshot!("trained_without_validation", train(&run("train", without)));
}

#[test]
fn every_way_a_temperature_was_found_is_told_in_words() {
    let confidence = |temperature: f64, fit: TemperatureFit| {
        let mut findings = training();
        findings.calibration = Calibration { temperature, fit, ..findings.calibration };
        let text = train(&run("train", findings));
        text.lines().find(|line| line.starts_with("Confidence")).unwrap().to_owned()
    };
    let lines = [
        confidence(1.25, TemperatureFit::Best),
        confidence(0.75, TemperatureFit::Best),
        confidence(1.0, TemperatureFit::Best),
        confidence(1.0, TemperatureFit::NoErrors),
        confidence(10.0, TemperatureFit::AtBound),
        confidence(1.0, TemperatureFit::NoImages),
    ];
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_checkpoint_evaluated() {
    let novel = NovelClass {
        class: "moss".to_owned(),
        images: 4,
        taken_for: counts(&[("grass", 3), ("stone", 1)]).into_iter().collect(),
        mean_confidence: 0.625,
        called_unknown: Some(3),
    };
    let evaluation = evaluation();
    let findings = EvaluateFindings {
        checkpoint: "checkpoints/mine".into(),
        n_images: 6,
        learned: 1,
        accuracy_with_unknown_classes: evaluation.accuracy_with_novel(4),
        evaluation,
        unknown_classes: vec![novel],
        rejection: Some(rejection(Some(0.951))),
        unlabelled: 1,
        conflicts: vec!["a.png: grass, stone".to_owned()],
        n_skipped: 0,
    };
    assert_snapshot!(evaluate(&run("evaluate", findings)));
}

#[test]
fn recipes_swept() {
    let scores = |accuracy: &[f64]| {
        let all = FoldStatistics::of(accuracy.to_vec());
        FoldScores {
            accuracy: all.clone(),
            balanced_accuracy: all.clone(),
            macro_f1: all.clone(),
            log_loss: all.clone(),
            seconds: FoldStatistics::of(vec![0.5, 1.0]),
        }
    };
    let row = |id: &str, settings: &[&str], scores: Option<FoldScores>| SweepRow {
        id: id.to_owned(),
        settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
        as_good_as_best: scores.is_some(),
        failed: scores.is_none().then(|| "fold 1: the loss diverged".to_owned()),
        scores,
        intervals: BTreeMap::new(),
    };
    let findings = SweepFindings {
        classes: counts(&[("grass", 23), ("stone", 23)]),
        rank_by: RankBy::MacroF1,
        folds: vec![23, 23],
        group_by: Some("site".to_owned()),
        disjointness: vec![disjointness(), disjointness()],
        recipes: vec![
            row("r2", &["classifier.hidden=[64, 32]"], Some(scores(&[0.9, 0.95]))),
            row("r1", &[], Some(scores(&[0.9, 0.9]))),
            row("r3", &["classifier.dropout=0.9"], None),
        ],
        best: ["--set", "classifier.hidden=[64, 32]"].map(str::to_owned).to_vec(),
        n_skipped: 0,
    };
    assert_snapshot!(sweep(&run("sweep", findings), "rails train --config sweep.toml"));
}

#[test]
fn images_predicted() {
    let summary = PredictSummary {
        checkpoint: "checkpoints/mine".into(),
        classes: ["grass", "stone"].map(str::to_owned).to_vec(),
        counts: counts(&[("grass", 5), ("stone", 3), ("unknown", 1)]).into_iter().collect(),
        mean_confidence: 0.9125,
        threshold: Some(0.951),
        min_confidence: Some(0.55),
        unknown: UnknownCounts { novel: 0, unsure: 1, untold: 0 },
        tells_why: true,
        explained: 0,
        skip_list: None,
        skipped: vec![Skipped { path: "notes.txt.png".to_owned(), reason: "not an image".to_owned() }],
        predictions: Vec::new(),
    };
    assert_snapshot!(predict(&summary));
}

#[test]
fn runs_compared() {
    let metric = |name: &str, values: [Option<f64>; 2]| (name.to_owned(), values.to_vec());
    let compared = Compared {
        runs: ["first", "second"].map(str::to_owned).to_vec(),
        kinds: ["train", "train"].map(str::to_owned).to_vec(),
        metrics: BTreeMap::from([
            metric("accuracy", [Some(0.9), Some(0.95)]),
            metric("log_loss", [Some(0.2), Some(0.25)]),
            metric("epochs", [Some(20.0), None]),
            metric("per_class.grass.f1", [Some(0.9), Some(0.9)]),
        ]),
        differences: BTreeMap::from([("classifier.hidden".to_owned(), ["[256]", "[512]"].map(str::to_owned).to_vec())]),
        plot: Some("experiments/compare.png".into()),
        html: "experiments/compare.html".into(),
        pair: None,
        changes: None,
        shared: Some(6),
    };
    assert_snapshot!(compare(&compared));
}

#[test]
fn decisions_applied_imported_and_exported() {
    let summary = CurateSummary {
        run: "experiments/runs/mine".to_owned(),
        new_decisions: 2,
        known_decisions: 0,
        decisions: 5,
        classes: counts(&[("grass", 5), ("stone", 3)]).into_iter().collect(),
        removed: counts(&[("", 1), ("blurred", 1)]).into_iter().collect(),
        unlabelled: 1,
        elsewhere: 1,
        alike: vec![vec!["Grass".to_owned(), "grass".to_owned()]],
        open: vec!["cluster_3 has no name: 2 images wait".to_owned()],
    };
    assert_snapshot!("curated", curate(&summary));
    let import = LabelImport {
        source: "labels.csv".to_owned(),
        classes: counts(&[("grass", 5)]).into_iter().collect(),
        removed: counts(&[("blurred", 1)]).into_iter().collect(),
        new: 4,
        given_back: 1,
        unmatched: (0..7).map(|at| format!("lost_{at}.png")).collect(),
        conflicts: vec!["a.png: grass, stone".to_owned()],
    };
    assert_snapshot!("imported", label_import(&import));
    let exported = ExportSummary {
        output: "labelled".to_owned(),
        classes: summary.classes,
        removed: counts(&[("blurred", 1)]).into_iter().collect(),
        unlabelled: 1,
        replaced: Vec::new(),
        missing: vec!["gone.png".to_owned()],
    };
    assert_snapshot!("exported", export(&exported));
}

#[test]
fn networks_listed_and_imported() {
    let row = |name: &str, weights: &str, problem: Option<&str>| ModelRow {
        name: name.to_owned(),
        variants: vec!["v1".to_owned(), "caffe".to_owned()],
        variant: Some("v1".to_owned()),
        weights: weights.to_owned(),
        problem: problem.map(str::to_owned),
        layers: vec![("layer4".to_owned(), 2048, true), ("fc".to_owned(), 1000, false)],
    };
    let damaged = row("vgg16", "checkpoints/vgg16.safetensors", Some("the file ends early"));
    let rows = [row("resnet50", "checkpoints/resnet50.safetensors", None), damaged, row("mobile", "", None)];
    assert_snapshot!("networks", models(&rows));
    let summary = ImportSummary {
        path: "checkpoints/resnet50.safetensors".to_owned(),
        variant: "caffe".to_owned(),
        layers: vec!["layer4".to_owned()],
        missing: vec![("fc".to_owned(), "fc.weight".to_owned())],
        hash: "0123abcd".to_owned(),
    };
    assert_snapshot!("network_imported", import(&summary));
}

#[test]
fn tiles_cut() {
    let skipped = vec![Skipped { path: "a.txt".to_owned(), reason: "not an image".to_owned() }];
    assert_snapshot!(tile(&TileReport { output: "tiles".to_owned(), images: 1, tiles: 64, skipped }));
}
