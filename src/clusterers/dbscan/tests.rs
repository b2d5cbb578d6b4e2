use super::*;
use ndarray::Array2;
use proptest::prelude::*;

use crate::pairwise::{Points, Simd, SimdLevel};

fn grid(eps: &[f64], min_samples: &[usize]) -> DbscanGrid {
    DbscanGrid {
        eps: eps.iter().map(|&eps| Positive::try_from(eps).unwrap()).collect(),
        min_samples: min_samples.iter().map(|&min| NonZeroUsize::new(min).unwrap()).collect(),
    }
}

/// The textbook's algorithm on a full matrix of neighbours.
fn naive(x: &Array2<f32>, eps: Positive, min_samples: usize) -> (Vec<i64>, Vec<bool>) {
    let n = x.nrows();
    let limit = squared_radius(eps, x.dim());
    let distance = |i: usize, j: usize| -> f64 {
        x.row(i).iter().zip(x.row(j)).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
    };
    let neighbours: Vec<Vec<usize>> = (0..n).map(|i| (0..n).filter(|&j| distance(i, j) <= limit).collect()).collect();
    let core: Vec<bool> = neighbours.iter().map(|near| near.len() >= min_samples).collect();
    let mut labels = vec![-1; n];
    let mut next = 0;
    for start in 0..n {
        if !core[start] || labels[start] >= 0 {
            continue;
        }
        let mut stack = vec![start];
        while let Some(i) = stack.pop() {
            if labels[i] >= 0 {
                continue;
            }
            labels[i] = next;
            if core[i] {
                stack.extend(neighbours[i].iter().filter(|&&j| labels[j] < 0));
            }
        }
        next += 1;
    }
    (labels, core)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Coordinates on a coarse grid: duplicates, ties at eps, and a constant column.
    #[test]
    fn every_cell_equals_the_textbook(
        values in prop::collection::vec(0_u8..24, 2..500),
        eps in prop::collection::vec(0.3_f64..4.0, 1..4),
        min_samples in prop::collection::vec(1_usize..9, 1..4),
    ) {
        let x = Array2::from_shape_fn((values.len() / 2, 3), |(i, j)| {
            if j == 2 { 7.5 } else { f32::from(values[i * 2 + j]) * 0.5 }
        });
        let fits = grid(&eps, &min_samples).fit(x.view());
        let distinct: std::collections::BTreeSet<_> = min_samples.iter().collect();
        prop_assert_eq!(fits.len(), eps.len() * distinct.len());
        for fit in fits {
            let (labels, core) = naive(&x, fit.eps, fit.min_samples.get());
            prop_assert_eq!(fit.clustering.signed(), labels, "eps {:?} min_samples {}", fit.eps, fit.min_samples);
            prop_assert_eq!(fit.core, core);
        }
    }
}

#[test]
fn few_points() {
    let one =
        |n: usize, min_samples| grid(&[0.5], &[min_samples]).fit(Array2::zeros((n, 2)).view()).remove(0).clustering;
    assert_eq!(one(0, 1).signed(), [0; 0]);
    assert_eq!(one(1, 1).signed(), [0]);
    assert_eq!(one(1, 2).signed(), [-1]);
    assert_eq!(one(2, 2).signed(), [0, 0]);
    assert_eq!(one(2, usize::MAX).signed(), [-1, -1]);
    assert!(grid(&[], &[3]).fit(Array2::zeros((3, 2)).view()).is_empty());
}

#[test]
fn the_grid_keeps_the_order_it_was_asked_in() {
    let x = Array2::from_shape_fn((40, 1), |(i, _)| i as f32);
    let fits = grid(&[2.0, 0.5], &[2, 3]).fit(x.view());
    let asked: Vec<_> =
        fits.iter().map(|fit| (fit.eps.get(), fit.min_samples.get(), fit.clustering.n_clusters())).collect();
    assert_eq!(asked, [(2.0, 2, 1), (2.0, 3, 1), (0.5, 2, 0), (0.5, 3, 0)]);
}

#[test]
fn defaults_are_a_full_grid() {
    let grid: DbscanGrid = toml::from_str("").unwrap();
    assert_eq!((grid.eps.len(), grid.min_samples.len()), (11, 6));
    assert_eq!(toml::from_str::<Dbscan>("eps = 0.5").unwrap(), Dbscan::default());
    assert!(toml::from_str::<Dbscan>("eps = 0").is_err());
}

#[test]
fn one_fit_is_a_cell_of_the_grid() {
    let x = Array2::from_shape_fn((60, 1), |(i, _)| if i < 30 { i as f32 } else { i as f32 + 10.0 });
    let dbscan = Dbscan { eps: Positive::try_from(1.0).unwrap(), min_samples: NonZeroUsize::new(3).unwrap() };
    let clustering = dbscan.cluster(x.view(), 7).unwrap();
    assert_eq!(clustering.sizes(), [30, 30]);
}

#[test]
fn labels_and_cores_are_those_of_scikit_learn() {
    for golden in crate::pairwise::golden::Golden::read() {
        let fits = grid(&golden.eps, &golden.min_samples).fit(golden.x().view());
        assert_eq!(fits.len(), golden.labels.len());
        for ((fit, labels), &n_core) in fits.iter().zip(&golden.labels).zip(&golden.n_core) {
            assert_eq!(&fit.clustering.signed(), labels, "eps {:?} min_samples {}", fit.eps, fit.min_samples);
            assert_eq!(fit.core.iter().filter(|&&core| core).count(), n_core);
        }
    }
}

#[test]
fn instructions_and_threads_change_nothing() {
    let golden = &crate::pairwise::golden::Golden::read()[0];
    let grid = grid(&golden.eps, &golden.min_samples);
    let expected = grid.fit(golden.x().view());
    for level in SimdLevel::ALL {
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let points = Points::with_simd(golden.x().view(), Simd::at_most(level));
            assert_eq!(pool.install(|| grid.fit_points(&points, golden.x().view())), expected, "{level:?} {threads}");
        }
    }
}
