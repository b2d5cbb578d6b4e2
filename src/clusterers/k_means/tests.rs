use super::*;
use ndarray::{Array2, array};

fn some(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

/// The same numbers as in `tests/golden/reducers/make.py`.
fn golden_matrix() -> Array2<f32> {
    let mut state = 12_345_u64;
    Array2::from_shape_fn((200, 12), |(i, j)| {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        let group = if i % 4 == j % 4 { 4.0 } else { 0.0 };
        ((state >> 16) as f64 / 32_768.0 * (1.0 + 8.0 / (1 + j) as f64) + group) as f32
    })
}

#[test]
fn inertias_are_no_worse_than_scikit_learns() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/golden/reducers/reducers.json")).unwrap();
    for (k, expected) in golden["inertias"].as_object().unwrap() {
        let fit = KMeans::default().fit(golden_matrix().view(), k.parse().unwrap(), 0).unwrap();
        assert!(fit.inertia < 1.002 * expected.as_f64().unwrap(), "k = {k}: {} for {expected}", fit.inertia);
    }
}

/// `n` points around each of three corners, mixed.
fn three_groups(n: usize) -> Array2<f32> {
    Array2::from_shape_fn((3 * n, 2), |(i, j)| {
        let corner = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]][i % 3][j];
        corner + ((i * 7 + j * 5) % 11) as f32 / 22.0
    })
}

#[test]
fn finds_groups_that_are_plain_to_see() {
    let x = three_groups(60);
    for algorithm in [KMeansAlgorithm::Lloyd, KMeansAlgorithm::MiniBatch] {
        let fit = KMeans { algorithm, ..KMeans::default() }.fit(x.view(), some(3), 1).unwrap();
        let expected: Vec<i64> = (0..180).map(|i| i % 3).collect();
        assert_eq!(fit.clustering.signed(), expected, "{algorithm:?}");
        assert!(fit.inertia < 60.0 && fit.warning().is_none());
        let squares: f64 = fit.distances.iter().map(|&d| f64::from(d).powi(2)).sum();
        assert!((squares - fit.inertia).abs() < 1e-4 * fit.inertia);
    }
}

#[test]
fn centroids_are_the_means_of_their_images_in_the_numbering_of_the_clusters() {
    let x = three_groups(40);
    let fit = KMeans::default().fit(x.view(), some(3), 5).unwrap();
    for id in fit.clustering.ids() {
        let rows: Vec<usize> = fit.clustering.members(Some(id)).collect();
        let mean = x.select(ndarray::Axis(0), &rows).mean_axis(ndarray::Axis(0)).unwrap();
        assert!((&mean - &fit.centroids.row(id.0 as usize)).iter().all(|d| d.abs() < 1e-5));
    }
}

#[test]
fn fewer_distinct_images_than_clusters_give_fewer_clusters() {
    let x = Array2::from_shape_fn((20, 3), |(i, _)| (i % 2) as f32);
    for algorithm in [KMeansAlgorithm::Lloyd, KMeansAlgorithm::MiniBatch] {
        let fit = KMeans { algorithm, ..KMeans::default() }.fit(x.view(), some(5), 0).unwrap();
        assert_eq!((fit.clustering.n_clusters(), fit.inertia), (2, 0.0), "{algorithm:?}");
        assert_eq!(fit.centroids.nrows(), 2);
        assert!(fit.warning().unwrap().contains("only 2 of 5"));
    }
}

#[test]
fn as_many_clusters_as_images_and_no_more() {
    let x = array![[0.0, 1.0], [5.0, 1.0], [9.0, 9.0]];
    let fit = KMeans::default().fit(x.view(), some(3), 0).unwrap();
    assert_eq!((fit.clustering.signed(), fit.inertia), (vec![0, 1, 2], 0.0));
    let refused = KMeans::default().fit(x.view(), some(4), 0).unwrap_err();
    assert_eq!(refused, ClusterError::TooFew { needed: 4, rows: 3 });
}

#[test]
fn a_sweep_is_the_fits_one_by_one_and_leaves_out_what_is_too_many() {
    struct Warnings(std::sync::Mutex<Vec<String>>);
    impl Observer for Warnings {
        fn on(&self, event: Event<'_>) {
            if let Event::Warning(warning) = event {
                self.0.lock().unwrap().push(warning.to_string());
            }
        }
    }
    let x = three_groups(2);
    let warnings = Warnings(std::sync::Mutex::default());
    let fits = KMeans::default().sweep(x.view(), 9, &warnings).unwrap();
    assert_eq!(fits.iter().map(|fit| fit.asked).collect::<Vec<_>>(), [3, 4, 5, 6]);
    assert_eq!(fits[1], KMeans::default().fit(x.view(), some(4), 9).unwrap());
    assert!(warnings.0.lock().unwrap()[0].starts_with("k from 7 on"));
}

/// An implementation that shares nothing with ours finds the same groups.
#[test]
fn agrees_with_linfa_where_the_groups_are_plain() {
    use linfa::DatasetBase;
    use linfa::traits::{Fit, Predict};
    use rand_xoshiro::rand_core::SeedableRng as _;

    let x = Array2::from_shape_fn((120, 3), |(i, j)| {
        let corner = if i % 4 == j { 4.0 } else { 0.0 };
        corner + ((i * 37 + j * 11) % 17) as f32 * 0.03
    });
    let k = NonZeroUsize::new(4).unwrap();
    let ours = KMeans::with_k(k).fit(x.view(), k, 7).unwrap();
    let generator = rand_xoshiro::Xoshiro256Plus::seed_from_u64(7);
    let theirs = linfa_clustering::KMeans::params_with_rng(4, generator).n_runs(20);
    let theirs = theirs.fit(&DatasetBase::from(x.clone())).unwrap();
    let labels = theirs.predict(&x);
    let theirs = Clustering::by_first_appearance(labels.iter().map(|&label| u32::try_from(label).ok()));
    assert_eq!(ours.clustering, theirs);
}
