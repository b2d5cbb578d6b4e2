//! The contract of clusterers, present and future.

use ndarray::{Array2, ArrayView2};

use super::*;

const K: usize = 3;

/// Every method, and the variants of it that go other ways; with three clusters where it takes a number.
fn all() -> Vec<(Method, Box<dyn Clusterer + Sync>)> {
    let with = |text: &str| toml::from_str::<ClusterSection>(text).unwrap();
    let usual = "kmeans.k = 3\ndbscan.eps = 0.5\ndbscan.min_samples = 3\nhierarchical.k = 3\ngaussian_mixture.k = 3\n\
                 hybrid = { eps = 0.5, min_samples = 1, k = 3 }";
    let other = "kmeans = { k = 3, algorithm = 'mini_batch' }\nhierarchical = { k = 3, linkage = 'centroid' }\n\
                 hybrid = { eps = 0.5, min_samples = 3, k = 3, rest = 'assign' }";
    let others = [Method::Kmeans, Method::Hierarchical, Method::Hybrid];
    let usual = Method::ALL.map(|method| (method, with(usual).clusterer(method)));
    usual.into_iter().chain(others.map(|method| (method, with(other).clusterer(method)))).collect()
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

fn with_threads(
    threads: usize,
    clusterer: &(dyn Clusterer + Sync),
    x: ArrayView2<'_, f32>,
) -> Result<Clustering, ClusterError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| clusterer.cluster(x, 7))
}

#[test]
fn same_seed_same_answer_of_the_right_form() {
    for (method, clusterer) in all() {
        for (name, x) in data_sets() {
            let found = with_threads(1, clusterer.as_ref(), x.view());
            assert_eq!(found, with_threads(3, clusterer.as_ref(), x.view()), "{method:?} on {name}: threads");
            match found {
                Ok(clustering) => {
                    assert_eq!(clustering.len(), x.nrows(), "{method:?} on {name}");
                    assert!(clustering.sizes().iter().all(|&size| size > 0), "{method:?} on {name}: ids are dense");
                    if method != Method::Dbscan {
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
                Err(ClusterError::TooFewDense { needed, dense, rows }) => {
                    assert!(needed == K && dense < K && rows == x.nrows(), "{method:?} on {name}: {needed} of {dense}");
                }
                Err(error @ ClusterError::TooMany { .. }) => panic!("{method:?} on {name}: {error}"),
            }
        }
    }
}

#[test]
fn plain_groups_are_found() {
    let x = &data_sets()[0].1;
    let expected: Vec<i64> = (0..90).map(|i| i % 3).collect();
    for (method, clusterer) in all() {
        assert_eq!(clusterer.cluster(x.view(), 7).unwrap().signed(), expected, "{method:?}");
    }
}

#[test]
fn a_misspelt_key_is_refused() {
    assert!(toml::from_str::<ClusterSection>("hdbscan.min_clustersize = 3").is_err());
    assert!(toml::from_str::<ClusterSection>("methods = ['k_meanz']").is_err());
    assert!(toml::from_str::<ClusterSection>("dbscan.eps = []").is_err());
    assert!(toml::from_str::<ClusterSection>("methods = []").is_err());
    let twice = toml::from_str::<ClusterSection>("methods = ['kmeans', 'kmeans']").unwrap_err().to_string();
    assert!(twice.contains("`kmeans` is named twice"), "{twice}");
    let range = toml::from_str::<ClusterSection>("dbscan.eps = -1").unwrap_err().to_string();
    assert!(range.contains("above 0"), "{range}");
}
