//! Held to scikit-learn's answers, which `tests/golden/reducers/make.py` wrote.

use ndarray::Array2;
use serde_json::Value;

use super::*;

fn golden() -> Value {
    serde_json::from_str(include_str!("../../tests/golden/reducers/reducers.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// The matrix of `make.py`.
fn matrix(n: usize, d: usize) -> Array2<f32> {
    let mut state = 12_345_u64;
    Array2::from_shape_fn((n, d), |(i, j)| {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        let group = if i % 4 == j % 4 { 4.0 } else { 0.0 };
        ((state >> 16) as f64 / 32_768.0 * (1.0 + 8.0 / (1 + j) as f64) + group) as f32
    })
}

fn assert_close<'a>(found: impl IntoIterator<Item = &'a f32>, expected: &Value, what: &str) {
    for (i, (found, expected)) in found.into_iter().zip(numbers(expected)).enumerate() {
        assert!((f64::from(*found) - expected).abs() < 1e-5, "{what} {i}: {found} is not {expected}");
    }
}

#[test]
fn principal_components_are_scikit_learns_signs_included() {
    for (name, x) in [("tall", matrix(200, 12)), ("wide", matrix(15, 40))] {
        let recipe = Reduction { l2: false, n_components: 5.try_into().unwrap(), ..Reduction::default() };
        let (projection, reduced) = recipe.fit_transform(x.view(), 0).unwrap();
        let expected = &golden()[name];
        let ratios = projection.explained_variance_ratio().unwrap();
        for (found, expected) in ratios.iter().zip(numbers(&expected["ratios"])) {
            assert!((found - expected).abs() < 1e-7, "{name}: {found} is not {expected}");
        }
        for (row, expected) in reduced.rows().into_iter().zip(expected["first_rows"].as_array().unwrap()) {
            assert_close(row, expected, name);
        }
    }
}

#[test]
fn standardising_is_scikit_learns() {
    let x = matrix(200, 12);
    let recipe = Reduction { l2: false, standardize: true, method: ReductionMethod::None, ..Reduction::default() };
    let (_, scaled) = recipe.fit_transform(x.view(), 0).unwrap();
    assert_close(scaled.row(0), &golden()["standardized_first_row"], "column");
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    let x = matrix(3000, 600);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Reduction::default().fit_transform(x.view(), 0).unwrap())
    };
    assert_eq!(with(1), with(3));
}
