//! Internal validity of a clustering, from the features alone. Noise is left out everywhere but in [`noise_ratio`].
//!
//! Formulas as in scikit-learn.

use ndarray::{Array2, ArrayView2};

use crate::data::Clustering;

/// Internal validity scores of a clustering, computed together in one pass over the features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Sum of squared distances to the cluster means, from 0 up; lower is tighter.
    pub inertia: f64,
    /// Davies & Bouldin (1979), from 0 up; lower is better. `None` for fewer than two clusters.
    pub davies_bouldin: Option<f64>,
    /// Caliński & Harabasz (1974), from 0 up; higher is better. `None` for fewer than two clusters,
    /// or as many clusters as images.
    pub calinski_harabasz: Option<f64>,
}

/// Measures `clustering` of the rows of `x`, shape `[n_images, n_features]`.
#[must_use]
pub fn spread(x: ArrayView2<'_, f32>, clustering: &Clustering) -> Spread {
    let sizes = clustering.sizes();
    let k = sizes.len();
    let means = means(x, clustering, &sizes);
    let mut squares = vec![0.0; k];
    let mut distances = vec![0.0; k];
    for (row, label) in x.rows().into_iter().zip(clustering.labels()) {
        if let Some(id) = label {
            let mean = means.row(id.0 as usize);
            let squared: f64 = row.iter().zip(mean).map(|(&v, m)| (f64::from(v) - m).powi(2)).sum();
            squares[id.0 as usize] += squared;
            distances[id.0 as usize] += squared.sqrt();
        }
    }
    let inertia: f64 = squares.iter().sum();
    distances.iter_mut().zip(&sizes).for_each(|(sum, &size)| *sum /= size as f64);
    Spread {
        inertia,
        davies_bouldin: (k > 1).then(|| davies_bouldin(&means, &distances)),
        calinski_harabasz: calinski_harabasz(&means, &sizes, inertia),
    }
}

fn means(x: ArrayView2<'_, f32>, clustering: &Clustering, sizes: &[usize]) -> Array2<f64> {
    let mut means = Array2::<f64>::zeros((sizes.len(), x.ncols()));
    for (row, label) in x.rows().into_iter().zip(clustering.labels()) {
        if let Some(id) = label {
            means.row_mut(id.0 as usize).zip_mut_with(&row, |sum, &value| *sum += f64::from(value));
        }
    }
    for (mut mean, &size) in means.rows_mut().into_iter().zip(sizes) {
        mean /= size as f64;
    }
    means
}

/// Mean over the clusters of the worst ratio of widths to distance.
fn davies_bouldin(means: &Array2<f64>, widths: &[f64]) -> f64 {
    let k = widths.len();
    let worst = |i: usize| {
        (0..k)
            .filter(|&j| j != i)
            .map(|j| {
                let apart = (&means.row(i) - &means.row(j)).mapv(|d| d * d).sum().sqrt();
                if apart > 0.0 { (widths[i] + widths[j]) / apart } else { 0.0 }
            })
            .fold(0.0, f64::max)
    };
    (0..k).map(worst).sum::<f64>() / k as f64
}

fn calinski_harabasz(means: &Array2<f64>, sizes: &[usize], inertia: f64) -> Option<f64> {
    let (k, n) = (sizes.len(), sizes.iter().sum::<usize>());
    if k < 2 || k >= n {
        return None;
    }
    let mut centre = ndarray::Array1::<f64>::zeros(means.ncols());
    for (mean, &size) in means.rows().into_iter().zip(sizes) {
        centre.scaled_add(size as f64 / n as f64, &mean);
    }
    let between: f64 = means
        .rows()
        .into_iter()
        .zip(sizes)
        .map(|(mean, &size)| size as f64 * (&mean - &centre).mapv(|d| d * d).sum())
        .sum();
    Some(if inertia == 0.0 { 1.0 } else { between * (n - k) as f64 / (inertia * (k - 1) as f64) })
}

/// Share of images that belong to no cluster, in `0.0..=1.0`; 0 without images.
#[must_use]
pub fn noise_ratio(clustering: &Clustering) -> f64 {
    clustering.n_noise() as f64 / clustering.len().max(1) as f64
}

/// Images in the smallest and in the largest cluster; `None` without clusters.
#[must_use]
pub fn size_range(clustering: &Clustering) -> Option<(usize, usize)> {
    let sizes = clustering.sizes();
    Some((*sizes.iter().min()?, *sizes.iter().max()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// The numbers are scikit-learn 1.9.1's (tests/golden/agreement.py).
    #[test]
    fn agrees_with_scikit_learn() {
        let x =
            array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.5], [5.0, 5.0], [6.0, 5.0], [9.0, 0.0], [9.0, 2.0], [40.0, 40.0]];
        let labels = [Some(0), Some(0), Some(0), Some(1), Some(1), Some(2), Some(2), None];
        let spread = spread(x.view(), &Clustering::by_first_appearance(labels));
        assert!((spread.davies_bouldin.unwrap() - GOLDEN[0]).abs() < 1e-12);
        assert!((spread.calinski_harabasz.unwrap() - GOLDEN[1]).abs() < 1e-9);
        assert!((spread.inertia - (7.0 / 6.0 + 0.5 + 2.0)).abs() < 1e-12);
    }

    const GOLDEN: [f64; 2] = [0.250_457_443_798_458_1, 65.987_012_987_012_97];

    #[test]
    fn one_cluster_or_none_has_no_separation() {
        let x = array![[0.0], [2.0]];
        let all = spread(x.view(), &Clustering::by_first_appearance([Some(0), Some(0)]));
        assert_eq!(all, Spread { inertia: 2.0, davies_bouldin: None, calinski_harabasz: None });
        let noise = Clustering::by_first_appearance([None, None]);
        assert_eq!((spread(x.view(), &noise).inertia, noise_ratio(&noise), size_range(&noise)), (0.0, 1.0, None));
        let each = Clustering::by_first_appearance([Some(0), Some(1)]);
        assert_eq!((spread(x.view(), &each).calinski_harabasz, size_range(&each)), (None, Some((1, 1))));
    }
}
