//! scikit-learn's answers of `tests/golden/density.json`, for the tests of whatever builds on the kernel.

use ndarray::Array2;
use serde::Deserialize;

/// One data set with its answers.
#[derive(Deserialize)]
pub(crate) struct Golden {
    x: Vec<Vec<f32>>,
    pub(crate) eps: Vec<f64>,
    pub(crate) min_samples: Vec<usize>,
    pub(crate) labels: Vec<Vec<i64>>,
    pub(crate) n_core: Vec<usize>,
    pub(crate) silhouettes: Vec<GoldenSilhouettes>,
    pub(crate) knn_distances: Vec<f32>,
    pub(crate) lof: Vec<f64>,
}

/// Silhouettes of one clustering, 0 for noise.
#[derive(Deserialize)]
pub(crate) struct GoldenSilhouettes {
    pub(crate) labels: Vec<i64>,
    pub(crate) mean: f64,
    pub(crate) per_image: Vec<f32>,
}

#[derive(Deserialize)]
struct File {
    wide: Golden,
    narrow: Golden,
}

impl Golden {
    /// Both data sets.
    pub(crate) fn read() -> [Self; 2] {
        let file: File = serde_json::from_str(include_str!("../../tests/golden/density.json")).unwrap();
        [file.wide, file.narrow]
    }

    /// The points, shape `[n, n_features]`.
    pub(crate) fn x(&self) -> Array2<f32> {
        Array2::from_shape_fn((self.x.len(), self.x[0].len()), |(i, j)| self.x[i][j])
    }
}
