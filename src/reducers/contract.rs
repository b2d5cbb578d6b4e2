//! The contract of reductions, present and future: fit and transform, files, seeds, columns.

use std::num::NonZeroUsize;

use ndarray::{Array2, ArrayView2};

use super::*;

/// Every method, with and without each of the steps before it.
fn all() -> Vec<Reduction> {
    let n_components = NonZeroUsize::new(5).unwrap();
    let with = |method, l2, standardize| Reduction { l2, standardize, method, n_components };
    let steps = [(false, false), (true, false), (false, true), (true, true)];
    ReductionMethod::ALL
        .iter()
        .flat_map(|&method| steps.map(|(l2, standardize)| with(method, l2, standardize)))
        .collect()
}

fn data_sets() -> Vec<(&'static str, Array2<f32>)> {
    let values = |n: usize, d: usize| {
        Array2::from_shape_fn((n, d), |(i, j)| ((i * 13 + j * 7 + i * i * j) % 23) as f32 * (j as f32 + 0.1))
    };
    vec![
        ("more images than features", values(60, 12)),
        ("more features than images", values(12, 60)),
        ("one image", values(1, 8)),
        ("one feature", values(30, 1)),
        ("constant", Array2::from_elem((20, 6), 0.25)),
        ("zeros", Array2::zeros((9, 4))),
        ("large numbers", values(20, 6).mapv(|value| value * 1e6)),
    ]
}

fn with_threads(threads: usize, reduction: &Reduction, x: ArrayView2<'_, f32>) -> (Projection, Array2<f32>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| reduction.fit_transform(x, 7).unwrap())
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_threads() {
    for reduction in all() {
        for (name, x) in data_sets() {
            let expected = with_threads(1, &reduction, x.view());
            assert_eq!(with_threads(3, &reduction, x.view()), expected, "{reduction:?} on {name}");
        }
    }
}

#[test]
fn fitting_and_applying_agree_and_columns_are_those_it_tells() {
    for reduction in all() {
        for (name, x) in data_sets() {
            let (projection, reduced) = reduction.fit_transform(x.view(), 7).unwrap();
            assert_eq!(reduced.dim(), (x.nrows(), projection.n_components()), "{reduction:?} on {name}");
            assert_eq!(projection.n_features(), x.ncols(), "{reduction:?} on {name}");
            assert!(reduced.iter().all(|value| value.is_finite()), "{reduction:?} on {name}: {reduced:?}");
            assert_eq!(projection.transform(x.view()).unwrap(), reduced, "{reduction:?} on {name}");
            let wider = Array2::zeros((2, x.ncols() + 1));
            let expected = ReduceError::Columns { expected: x.ncols(), found: x.ncols() + 1 };
            assert_eq!(projection.transform(wider.view()), Err(expected), "{reduction:?} on {name}");
        }
    }
}

#[test]
fn a_projection_read_from_its_file_is_the_same() {
    for reduction in all() {
        for (name, x) in data_sets() {
            let (projection, reduced) = reduction.fit_transform(x.view(), 7).unwrap();
            let again = Projection::from_bytes(&projection.to_bytes()).unwrap();
            assert_eq!(again, projection, "{reduction:?} on {name}");
            assert_eq!(again.transform(x.view()).unwrap(), reduced, "{reduction:?} on {name}");
        }
    }
}

#[test]
fn matrices_that_nothing_can_be_learned_from_are_refused() {
    for reduction in all() {
        let refuse = |x: Array2<f32>| reduction.fit_transform(x.view(), 0).unwrap_err();
        assert_eq!(refuse(Array2::zeros((0, 3))), ReduceError::Empty, "{reduction:?}");
        assert_eq!(refuse(Array2::zeros((3, 0))), ReduceError::NoFeatures, "{reduction:?}");
        let bad = ndarray::array![[0.0, 1.0], [f32::NAN, 0.0]];
        assert_eq!(refuse(bad), ReduceError::NotFinite { row: 1, column: 0 }, "{reduction:?}");
    }
}
