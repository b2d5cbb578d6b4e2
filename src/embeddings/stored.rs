//! The stored form of an extractor's numbers: a row per image, as wide as the key of the store says.
//!
//! Statistics of shown images have one column more than they have names: how many values of the image were not finite and
//! became 0. It is stored so that what was replaced is known without measuring again, and taken off when rows are read.

use ndarray::{Array2, s};

use crate::features::{FeatureExtractor, make_finite};
use crate::images::{Decoded, DepthRange, Image};

/// An image after the thread that decoded it is done with it.
pub(super) enum Prepared {
    /// It waits for a batch.
    Image(Image),
    /// Its row, ready to be stored.
    Row(Vec<f32>),
}

/// The numbers of one row.
pub(super) fn width(extractor: &FeatureExtractor) -> usize {
    let columns = extractor.features().columns().len();
    match extractor {
        FeatureExtractor::Shown(_) => columns + 1,
        FeatureExtractor::Counts(_) | FeatureExtractor::Network(_) => columns,
    }
}

/// The brightness scale that the numbers depend on: counts depend on none.
pub(super) fn scale(extractor: &FeatureExtractor, depth: DepthRange) -> DepthRange {
    match extractor {
        FeatureExtractor::Counts(_) => DepthRange::default(),
        FeatureExtractor::Shown(_) | FeatureExtractor::Network(_) => depth,
    }
}

/// Statistics are measured at once; images for a network are made small.
pub(super) fn prepare(extractor: &FeatureExtractor, decoded: &Decoded, depth: &DepthRange) -> Prepared {
    let row = |values: Vec<f64>| Prepared::Row(values.into_iter().map(|value| value as f32).collect());
    match extractor {
        FeatureExtractor::Counts(statistics) => row(statistics.measure(decoded)),
        FeatureExtractor::Shown(statistics) => {
            let mut values = statistics.measure(&depth.apply(decoded));
            let replaced = make_finite(&mut values);
            values.push(replaced as f64);
            row(values)
        }
        FeatureExtractor::Network(network) => Prepared::Image(network.prepare_decoded(decoded, depth)),
    }
}

/// Features and how many of them were replaced, from rows of shape `[n_images, width]`.
pub(super) fn split_replaced(extractor: &FeatureExtractor, rows: Array2<f32>) -> (Array2<f32>, usize) {
    let FeatureExtractor::Shown(_) = extractor else { return (rows, 0) };
    let last = rows.ncols() - 1;
    let replaced = rows.column(last).iter().map(|&count| count as usize).sum();
    (rows.slice(s![.., ..last]).to_owned(), replaced)
}
