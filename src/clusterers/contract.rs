//! What every clusterer promises, present and future.

use ndarray::{Array2, ArrayView2};

use super::*;

const K: usize = 3;

fn all() -> Vec<Method> {
    let text = [
        "method = 'k_means'\nk = 3",
        "method = 'k_means'\nk = 3\nalgorithm = 'mini_batch'",
        "method = 'dbscan'\neps = 0.5\nmin_samples = 3",
        "method = 'hierarchical'\nk = 3",
        "method = 'hierarchical'\nk = 3\nlinkage = 'centroid'",
        "method = 'gaussian_mixture'\nk = 3",
        "method = 'hdbscan'",
        "method = 'hybrid'\neps = 0.5\nmin_samples = 1\nk = 3",
        "method = 'hybrid'\neps = 0.5\nmin_samples = 3\nk = 3\nrest = 'assign'",
    ];
    text.into_iter().map(|text| toml::from_str(text).unwrap()).collect()
}

fn data_sets() -> Vec<(&'static str, Array2<f32>)> {
    let corner = |i: usize, j: usize| if i % K == j % K { 5.0 } else { 0.0 };
    let cloud = |n: usize| {
        Array2::from_shape_fn((n, 4), |(i, j)| corner(i, j) + ((i * 31 + j * 17 + i * j * 7) % 13) as f32 * 0.02)
    };
    vec![
        ("clouds", cloud(90)),
        ("no image", cloud(0)),
        ("one image", cloud(1)),
        ("two images", cloud(2)),
        ("k images", cloud(K)),
        ("one feature", Array2::from_shape_fn((40, 1), |(i, _)| (i % 4) as f32)),
        ("constant", Array2::from_elem((30, 4), 0.25)),
        ("two distinct images", Array2::from_shape_fn((30, 4), |(i, _)| (i % 2) as f32)),
        ("duplicates", Array2::from_shape_fn((60, 4), |(i, j)| corner(i / 5, j))),
        ("large numbers", cloud(45).mapv(|v| v * 1e6)),
        ("small numbers", cloud(45).mapv(|v| v * 1e-6)),
    ]
}

fn with_threads(threads: usize, method: &Method, x: ArrayView2<'_, f32>) -> Result<Clustering, ClusterError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| method.cluster(x, 7))
}

#[test]
fn same_seed_same_answer_of_the_right_form() {
    for method in all() {
        for (name, x) in data_sets() {
            let found = with_threads(1, &method, x.view());
            assert_eq!(found, with_threads(3, &method, x.view()), "{method:?} on {name}: threads");
            match found {
                Ok(clustering) => {
                    assert_eq!(clustering.len(), x.nrows(), "{method:?} on {name}");
                    assert!(clustering.sizes().iter().all(|&size| size > 0), "{method:?} on {name}: ids are dense");
                    if !matches!(method, Method::Dbscan(_)) {
                        let again = clustering.labels().iter().map(|label| label.map(|id| id.0));
                        assert_eq!(
                            Clustering::by_first_appearance(again),
                            clustering,
                            "{method:?} on {name}: numbering"
                        );
                    }
                }
                Err(ClusterError::TooFew { needed, rows }) => {
                    assert!(needed == K && rows < K, "{method:?} on {name}: {needed} of {rows}");
                }
                Err(error) => panic!("{method:?} on {name}: {error}"),
            }
        }
    }
}

#[test]
fn plain_groups_are_found() {
    let x = &data_sets()[0].1;
    let expected: Vec<i64> = (0..90).map(|i| i % 3).collect();
    for method in all() {
        assert_eq!(method.cluster(x.view(), 7).unwrap().signed(), expected, "{method:?}");
    }
}

#[test]
fn a_misspelt_key_is_refused() {
    assert!(toml::from_str::<Method>("method = 'hdbscan'\nmin_clustersize = 3").is_err());
    assert!(toml::from_str::<Method>("method = 'k_meanz'").is_err());
}
