//! One contract for every figure: never a panic, never a blank sheet, the same bytes for the same data.

use ndarray::{Array2, Array3, array};

use super::*;
use crate::data::Clustering;
use crate::images::Image;

/// Calls `check` with every kind of figure, drawn from `n` images in `k` groups with some of everything odd:
/// NaN, infinity, noise, images without the field, long names.
fn each_figure(n: usize, k: usize, check: &dyn Fn(&str, &dyn Figure)) {
    let odd = |i: usize, value: f64| if i % 11 == 3 { f64::NAN } else { value };
    let value = |i: usize| odd(i, (i as f64 * 0.7).sin());
    let long = "a name much longer than anyone would like to read in a picture ".repeat(3);
    let labels: Vec<_> = (0..n).map(|i| (k > 0 && i % 7 != 6).then(|| (i % k.max(1)) as u32)).collect();
    let clusters = &Grouping::clusters(&Clustering::by_number(&labels));
    let fields: Vec<_> = (0..n).map(|i| (i % 5 != 4).then(|| format!("{long}{}", i % k.max(1)))).collect();
    let values = &Grouping::values(&fields);
    let points = Array2::from_shape_fn((n, 2), |(i, j)| match i % 13 {
        5 => f32::INFINITY,
        _ => value(i * 2 + j) as f32,
    });
    let panel = || Panel { title: &long, x_label: "x", y_label: &long, points: points.view(), groups: clusters };
    check("scatter", &Scatter { title: &long, panels: vec![panel(), panel()] });
    check("empty scatter", &Scatter { title: "", panels: Vec::new() });

    let image = Image { pixels: Array3::from_elem((k + 1, n + 1, 1), f32::NAN) };
    let images = (0..n.min(20)).map(|_| (&image, long.clone())).collect();
    let sections = vec![MontageSection { title: "typical", images }, MontageSection { title: "", images: vec![] }];
    check("montage", &Montage { title: "cluster", sections });

    let names: Vec<String> = (0..k).map(|i| format!("{long}{i}")).collect();
    let counts = Array2::from_shape_fn((k, k), |(i, j)| if i == 1 { 0 } else { (i * j * n) as u64 });
    let sweep: Vec<_> = (0..k)
        .map(|i| SweepPoint {
            name: long.clone(),
            folds: (0..n).map(value).collect(),
            mean: value(i),
            as_good_as_best: i == 0,
        })
        .collect();
    check("sweep", &SweepPlot { metric: &long, points: &sweep });
    check("confusion", &ConfusionPlot { title: "confusion", names: &names, counts: &counts });
    let other = counts.mapv(|count| count / 2);
    let difference = ConfusionDifference { title: &long, names: &names, first: &counts, second: &other };
    check("confusion difference", &difference);
    let epoch = |i: usize| EpochScores {
        epoch: i + 1,
        train_loss: value(i),
        valid_loss: f64::INFINITY,
        train_accuracy: value(i + 1),
        valid_accuracy: f64::NAN,
    };
    let epochs: Vec<_> = (0..n).map(epoch).collect();
    check("curves", &LearningCurves { title: "curves", epochs: &epochs, best: Some(1) });
    let runs: Vec<_> = (0..k).map(|i| (format!("{long}{i}"), epochs[..n.min(i * 5)].to_vec())).collect();
    check("curves compared", &CurvesCompared { title: "curves", runs: &runs });
    let bins: Vec<_> = (0..15)
        .map(|i| ReliabilityBar { images: (n * i % 7) as u64, confidence: value(i), accuracy: value(i + 1) })
        .collect();
    check("reliability", &ReliabilityPlot { title: &long, panels: vec![(long.clone(), &bins[..]); k.min(3)] });
    let curve: Vec<_> = (0..n).map(|i| (i as f64 / n as f64, value(i))).collect();
    let curves: Vec<_> = names
        .iter()
        .map(|name| ClassCurves { name: name.clone(), roc: curve.clone(), precision_recall: Vec::new() })
        .collect();
    check("ranking curves", &RankingCurves { title: "ranking", classes: &curves });
    let table = Array2::from_shape_fn((k, n.min(70)), |(i, j)| value(i + j) * 10_f64.powi(i as i32 - 5));
    let runs: Vec<String> = (0..n.min(70)).map(|i| format!("run {i}")).collect();
    check("bars", &GroupedBars { title: "compare", metrics: &names, runs: &runs, values: table.view() });
    check("fields", &FieldDistribution { field: "tenant", values });
    check("mix", &ClusterMix { method: "k-means", field: "tenant", clusters, values });
    check("heatmap", &FieldHeatmap { method: "k-means", field: "tenant", clusters, values });

    let flux: Vec<f32> = (0..n).map(|i| value(i) as f32).collect();
    let series = vec![
        FluxSeries {
            name: long.clone(),
            mean: flux.clone(),
            share: flux.clone(),
            decided: flux,
            line: 0.9,
            groups: clusters.clone()
        };
        k
    ];
    check("flux", &FluxPlot { title: &long, series: &series });

    let numbers: Vec<f64> = (0..n).map(value).collect();
    check("variance", &ExplainedVariance { ratios: &numbers });
    let scores: Vec<_> = (0..k)
        .map(|i| KScores { k: i, inertia: value(i), silhouette: value(i + 1), smallest: 0, largest: i % 2 })
        .collect();
    check("k sweep", &KSweepPlot { scores: &scores, chosen: Some(1) });
    let (eps, min_samples): (Vec<f64>, Vec<usize>) = (numbers[..n.min(k)].to_vec(), (0..k).collect());
    let shape = (k, eps.len());
    let grid = DbscanGridPlot {
        eps: &eps,
        min_samples: &min_samples,
        clusters: &Array2::from_shape_fn(shape, |(i, j)| i * j),
        silhouette: &Array2::from_shape_fn(shape, |(i, j)| value(i + j)),
        noise: &Array2::from_shape_fn(shape, |(i, _)| i as f64 / k as f64),
        chosen: Some((k / 2, 99)),
    };
    check("dbscan grid", &grid);
    let scores: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin()).collect();
    let curve = &crate::metrics::RiskCoverage::of(&scores, &(0..n).map(|i| i % 3 != 0).collect::<Vec<_>>());
    let curves = vec![(long.as_str(), curve); k.min(3)];
    check("risk–coverage", &RiskCoveragePlot { title: &long, curves: &curves, chosen: Some(0.9) });
    let distances: Vec<f32> = numbers.iter().map(|value| *value as f32).collect();
    check("k-distance", &KDistancePlot { distances: &distances, min_samples: 5, eps: &[0.5, f64::NAN, 9.0] });
    check("silhouette", &SilhouettePlot { method: "dbscan", values: &distances, clusters });
    figures_of_parts(n, k, &long, &numbers, clusters, check);
}

/// The part of [`each_figure`] about tiles of an array and patches of an image.
fn figures_of_parts(
    n: usize,
    k: usize,
    long: &str,
    numbers: &[f64],
    clusters: &Grouping,
    check: &dyn Fn(&str, &dyn Figure),
) {
    let value = |i: usize| numbers.get(i).copied().unwrap_or(f64::NAN);
    let points = Array2::from_shape_fn((n, 2), |(i, j)| value(i + j) as f32);
    check("histogram", &Histogram { title: long, label: "score", values: numbers, percentile: 0.9 });
    let labels = [long, "y"];
    check("scored", &ScoredScatter { title: "scores", labels, points: points.view(), scores: numbers });
    let places: Vec<_> = (0..n as u32).map(|i| (i / 7, i % 7 + 1)).collect();
    check("array map", &ArrayMap { title: "array", places: &places, groups: clusters });
    let points_of: Vec<_> = (0..n).map(|i| (i as f64, value(i))).collect();
    let curves = vec![ScoreCurve { name: long, points: points_of.clone() }; k.min(3)];
    check("score curves", &ScoreCurves { title: "scores", x_label: "k", y_label: long, curves: &curves });
    let names: Vec<String> = (0..k).map(|i| format!("{long}{i}")).collect();
    let scores = Array2::from_shape_fn((k, k), |(i, j)| value(i + j));
    let grid = ScoreGrid {
        title: "scores",
        row_title: "a",
        column_title: "b",
        rows: &names,
        columns: &names,
        scores: &scores,
    };
    check("score grid", &grid);
    let labels: Vec<Option<u32>> = (0..16).map(|i| (i % 5 != 4).then_some(i % (k as u32 + 1))).collect();
    let image = &Image { pixels: Array3::from_elem((k + 1, n + 1, 1), f32::NAN) };
    let panel = || MosaicPanel { picture: thumbnail(image, 90), name: long.to_owned(), labels: &labels };
    let mosaic = PatchMosaic {
        title: long,
        remark: long,
        columns: 2,
        slices: (4, 4),
        opacity: 0.2,
        n_clusters: k,
        background: k / 2,
        panels: (0..n.min(4)).map(|_| panel()).collect(),
    };
    check("patch mosaic", &mosaic);
}

#[test]
fn odd_data_makes_a_picture_too() {
    for (n, k) in [(0, 0), (1, 0), (1, 1), (2, 1), (60, 60), (300, 3), (200, 100)] {
        each_figure(n, k, &|name, figure| {
            let canvas = figure.draw();
            let (width, height) = canvas.size();
            assert!(width >= 300 && height >= 100 && width.max(height) < 16_000, "{name} of {n}: {width}×{height}");
            let drawn = canvas.rgb().iter().filter(|value| **value < 200).count();
            assert!(name == "empty scatter" || drawn > 100, "{name} of {n} images in {k} groups is blank");
        });
    }
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    each_figure(40, 4, &|name, figure| {
        let png = figure.png().unwrap();
        assert_eq!(png, figure.png().unwrap(), "{name}");
        let decoded = image::load_from_memory(&png).unwrap();
        assert_eq!((decoded.width(), decoded.height()), figure.draw().size(), "{name}");
    });
}

#[test]
fn pictures_appear_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let counts = array![[3, 1], [0, 4]];
    let names = ["a".to_owned(), "b".to_owned()];
    let plot = ConfusionPlot { title: "confusion", names: &names, counts: &counts };
    let path = folder.path().join("confusion.png");
    plot.save(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), plot.png().unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    let nowhere = folder.path().join("missing").join("confusion.png");
    let error = plot.save(&nowhere).unwrap_err().to_string();
    assert!(error.starts_with("cannot write `") && error.ends_with("confusion.png`"), "{error}");
}
