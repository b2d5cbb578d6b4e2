//! Neighbours, outlier scores and samples by hand.

use super::*;
use ndarray::array;

fn ids(n: usize) -> Vec<ImageId> {
    (0..n).map(|i| ImageId::of_bytes(&i.to_le_bytes())).collect()
}

fn fitted(metric: Metric) -> TrainingNeighbours {
    let x = array![[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [9.0, 9.0]];
    let mut ids = ids(4);
    ids[3] = ids[2];
    let y = [0, 1, 1, 1].map(ClassId);
    let classes = ["a".to_owned(), "b".to_owned()];
    let data = TrainingSet { ids: &ids, x: x.view(), y: &y, classes: &classes, weights: None };
    TrainingNeighbours::fit(&data, |row| format!("{row}.png"), &[0, 1, 2, 3], None, metric, 0)
}

#[test]
fn the_nearest_are_found_by_either_metric() {
    let x = array![[4.0, 3.0]];
    let found = fitted(Metric::Euclidean).nearest(x.view(), 2).unwrap();
    assert_eq!(found[0], [Neighbour { index: 2, distance: 1.0 }, Neighbour { index: 1, distance: 17_f32.sqrt() }]);
    let found = fitted(Metric::Cosine).nearest(x.view(), 9).unwrap();
    let order: Vec<usize> = found[0].iter().map(|neighbour| neighbour.index).collect();
    assert_eq!(order, [2, 3, 0, 1]);
    assert!((found[0][2].distance - 0.2).abs() < 1e-6 && (found[0][3].distance - 0.4).abs() < 1e-6);
    assert!(fitted(Metric::Cosine).nearest(array![[1.0]].view(), 1).is_err());
}

#[test]
fn an_image_and_its_copies_are_not_their_own_neighbours() {
    let found = fitted(Metric::Euclidean).nearest_others(array![[3.0, 3.0]].view(), &ids(3)[2..], 2).unwrap();
    assert_eq!(found[0].iter().map(|neighbour| neighbour.index).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn outlier_scores_by_hand() {
    // On a line: 0, 1, 2, …, 11; each end is farther from its nearest than the middle.
    let x = Array2::from_shape_fn((12, 1), |(i, _)| i as f32);
    let ids = ids(12);
    let (y, classes) = (vec![ClassId(0); 12], ["a".to_owned()]);
    let data = TrainingSet { ids: &ids, x: x.view(), y: &y, classes: &classes, weights: None };
    let rows: Vec<usize> = (0..12).collect();
    let all = TrainingNeighbours::fit(&data, |_| String::new(), &rows, None, Metric::Euclidean, 0);
    assert_eq!(all.own.row(0).to_vec(), [1.5, 3.0, 5.5]);
    assert_eq!(all.own.row(5).to_vec(), [1.0, 1.8, 3.0]);
    let found = all.outlier_scores(array![[-9.0], [5.0]].view()).unwrap();
    // 9 and 10 away, where the two are 1.5 and 1 from their nearest two; and so on.
    let own = |scale: usize, k: usize| {
        all.own.column(scale).iter().take(k).map(|&own| f64::from(own)).sum::<f64>() / k as f64
    };
    let expected = [(9.5 / own(0, 2)), (11.0 / own(1, 5)), (13.5 / own(2, 10))].map(f64::ln);
    assert!((found[0].isolation - expected.iter().sum::<f64>() / 3.0).abs() < 1e-6, "{found:?}");
    assert!((found[0].distance - 9_f64.ln()).abs() < 1e-9);
    assert!(found[1].isolation < 0.0 && found[1].distance < -10.0, "{found:?}");
    let alone = TrainingNeighbours::fit(&data, |_| String::new(), &[3], None, Metric::Euclidean, 0);
    assert!(alone.outlier_scores(x.view()).unwrap().iter().all(|r| r.isolation.is_finite() && r.distance.is_finite()));
}

#[test]
fn a_sample_keeps_every_class_and_the_same_images_again() {
    let classes: Vec<ClassId> =
        (0..1000).map(|row| ClassId(usize::from(row % 10 == 0) + usize::from(row == 500))).collect();
    let rows: Vec<usize> = (0..1000).collect();
    let kept = sample(&rows, &classes, 100, 3);
    assert_eq!(kept, sample(&rows, &classes, 100, 3));
    assert_ne!(kept, sample(&rows, &classes, 100, 4));
    let of = |class| kept.iter().filter(|&&row| classes[row] == ClassId(class)).count();
    assert_eq!([of(0), of(1), of(2)], [90, 9, 1]);
    assert_eq!(sample(&rows, &classes, 1000, 3), rows);
}
