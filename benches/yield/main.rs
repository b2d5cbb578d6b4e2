//! Label yield: what a number of gestures on the review page is worth.
//!
//! An honest reviewer follows the page's suggestions. They see at most 40 thumbnails at a time, decide by the majority
//! of what they see, and pay 1 for every decision and 1 for every thumbnail picked out, also where the page would take
//! a range of them with two clicks. A third of the images is never shown, clustered or projected; the classifier that
//! `rails train` makes from the labels is tested on it, beside the same classifier from the true labels of the other
//! two thirds (the ceiling) and from the plain way: as many clusters as classes, each named. The truth is what the
//! reviewer sees in a thumbnail, and nothing else reads it.
//!
//! `yield IMAGES TRUTH.csv OUTPUT.json [SPLITS] [BACKBONE WEIGHTS]`; `benches/peers/yield.sh` draws what comes out.
//! `yield speed` measures a fit on 20,000 images.

mod classifier;
mod images;
mod reviewer;
mod speed;

use std::path::PathBuf;

use rails::clusterers::KMeans;
use rails::reducers::Reduction;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use classifier::Score;
use images::Images;
use reviewer::{Progress, Session};

/// Gestures paid.
const POINTS: [usize; 7] = [6, 15, 30, 60, 100, 150, 200];

/// Scores at one number of gestures.
#[derive(Serialize)]
struct Point {
    gestures: usize,
    /// Share of the labelled images whose label is true.
    label_accuracy: f64,
    /// Share of the images that have a label.
    coverage: f64,
    /// Share of the test images classified right.
    accuracy: f64,
    /// `accuracy` by that of the ceiling.
    share_of_ceiling: f64,
    /// Balanced accuracy by that of the ceiling.
    balanced_share_of_ceiling: f64,
    /// The same after training on propagated labels too.
    share_with_propagated: f64,
    /// Of every guess shown, for an image without a label: its probability, and whether it is right.
    guesses: Vec<(f32, bool)>,
    /// Share of labels and guesses expected to be right, its 90 % interval, and the true share.
    expected: Option<Expected>,
}

/// Accuracy as the page tells it, and as it is.
#[derive(Serialize)]
struct Expected {
    share: f64,
    low: f64,
    high: f64,
    truth: f64,
}

/// One division into shown and test images.
#[derive(Serialize)]
struct Split {
    seed: u64,
    ceiling: f64,
    suggested: Vec<Point>,
    plain: Point,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|argument| argument == "speed") {
        return speed::measure();
    }
    let [folder, truth, output, rest @ ..] = arguments.as_slice() else {
        println!("usage: yield IMAGES TRUTH.csv OUTPUT.json [SPLITS] [BACKBONE WEIGHTS]");
        return;
    };
    let splits: u64 = rest.first().map_or(20, |n| n.parse().expect("a number of splits"));
    let backbone = rest.get(1).zip(rest.get(2)).map(|(name, weights)| (name.as_str(), PathBuf::from(weights)));
    let images = Images::open(folder.as_ref(), truth.as_ref(), backbone);
    let mut all = Vec::new();
    for seed in 0..splits {
        let split = measure(&images, seed);
        let shares: Vec<String> =
            split.suggested.iter().map(|p| format!("{}: {:.3}", p.gestures, p.share_of_ceiling)).collect();
        println!(
            "split {seed}: ceiling {:.3}, plain {:.3}, {}",
            split.ceiling,
            split.plain.share_of_ceiling,
            shares.join(", ")
        );
        all.push(split);
        let text = serde_json::to_vec_pretty(&all).expect("numbers have a JSON form");
        std::fs::write(output, text).expect("the output can be written");
    }
}

fn measure(images: &Images, seed: u64) -> Split {
    let mut order: Vec<usize> = (0..images.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let (test, shown) = order.split_at(images.len() / 3);
    let (test, shown) = (images.select(test), images.select(shown));
    let (_, reduced) = Reduction::default().fit_transform(shown.x.view(), seed).expect("features to reduce");

    let mut known: Vec<(Vec<Option<usize>>, Vec<f32>, Score)> = Vec::new();
    let mut accuracy = |labels: &[Option<usize>], weights: &[f32]| {
        // Reviewing may end before the gestures do; equal labels need no second training.
        if let Some((_, _, accuracy)) = known.iter().find(|(l, w, _)| l == labels && w == weights) {
            return *accuracy;
        }
        let found = classifier::accuracy(&shown, labels, weights, &test, seed);
        known.push((labels.to_vec(), weights.to_vec(), found));
        found
    };
    let truth: Vec<Option<usize>> = shown.truth.iter().copied().map(Some).collect();
    let ceiling = accuracy(&truth, &vec![1.0; shown.len()]);
    let mut point = |gestures: usize, progress: &Progress| {
        let (labels, weights) = (&progress.labels, &progress.weights);
        let labelled = labels.iter().flatten().count();
        let right = labels.iter().zip(&shown.truth).filter(|(label, truth)| **label == Some(**truth)).count();
        let by_hand = accuracy(labels, weights);
        let class = |row: usize| labels[row].or(progress.guesses[row].map(|(class, _)| class));
        let weight = |row: usize| progress.guesses[row].map_or(weights[row], |(_, weight)| weight);
        let rows = 0..shown.len();
        let all: Vec<Option<usize>> = rows.clone().map(class).collect();
        let with_propagated = accuracy(&all, &rows.map(weight).collect::<Vec<_>>());
        let is_true = |(class, truth): (&Option<usize>, &usize)| *class == Some(*truth);
        let truth = all.iter().zip(&shown.truth).filter(|pair| is_true(*pair)).count() as f64 / shown.len() as f64;
        let expected = progress.expected.map(|expected| {
            let interval = expected.interval;
            Expected { share: expected.share, low: interval.low, high: interval.high, truth }
        });
        Point {
            gestures,
            label_accuracy: right as f64 / labelled.max(1) as f64,
            coverage: labelled as f64 / shown.len() as f64,
            accuracy: by_hand.accuracy,
            share_of_ceiling: by_hand.accuracy / ceiling.accuracy,
            balanced_share_of_ceiling: by_hand.balanced / ceiling.balanced,
            share_with_propagated: with_propagated.accuracy / ceiling.accuracy,
            guesses: progress.shown.clone(),
            expected,
        }
    };

    let k = std::num::NonZeroUsize::new(images.classes.len()).expect("classes");
    let plain = KMeans::with_k(k).fit(reduced.view(), k, seed).expect("images to cluster").clustering;
    let plain = Session::new(&shown, reduced.clone(), plain).name_everything();
    let plain = point(k.get(), &plain);

    let clusters = rails::curation::review_clusters(reduced.view(), seed);
    let history = Session::new(&shown, reduced, clusters).follow(POINTS[POINTS.len() - 1]);
    let at = |gestures: usize| history.iter().rev().find(|progress| progress.paid <= gestures).expect("a start");
    let suggested = POINTS.iter().map(|&gestures| point(gestures, at(gestures))).collect();
    Split { seed, ceiling: ceiling.accuracy, suggested, plain }
}
