use std::collections::BTreeMap;

use ndarray::Array2;

use super::*;
use crate::curation::{Curation, Label, LabelSource, Removed};
use crate::data::{ClusterId, ImageId};

/// Three groups of 20, 15 and 10 images around the corners of a triangle.
fn groups() -> (Array2<f32>, Vec<ImageId>, Vec<Option<ClusterId>>) {
    let group = |row: usize| if row < 20 { 0 } else { 1 + usize::from(row >= 35) };
    let corner = [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]];
    let wobble = |row: usize, column: usize| ((row * 37 + column * 61) % 23) as f32 / 11.0 - 1.0;
    let x = Array2::from_shape_fn((45, 2), |(row, column)| corner[group(row)][column] + wobble(row, column));
    let ids = (0..45_u32).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect();
    (x, ids, (0..45).map(|row| Some(ClusterId(group(row) as u32))).collect())
}

fn label(state: &mut Curation, ids: &[ImageId], class: &str, source: LabelSource) {
    let label = Label { class: class.to_owned(), source, reason: String::new(), seq: 0 };
    state.labels.extend(ids.iter().map(|id| (*id, label.clone())));
}

#[test]
fn the_largest_cluster_is_named_first_and_then_the_farthest() {
    let (x, ids, clusters) = groups();
    let model = SuggestionModel::new(x, ids.clone());
    let predictions = model.predict(&Curation::default(), &clusters);
    let first = &predictions.suggestions[0];
    assert_eq!((first.kind, first.cluster, first.rows.len()), (SuggestionKind::NameCluster, Some(ClusterId(0)), 20));
    assert!(predictions.rows.iter().all(|row| row.class.is_none()));

    let mut state = Curation::default();
    label(&mut state, &ids[..20], "gravel", LabelSource::NamedCluster);
    let predictions = model.predict(&state, &clusters);
    assert_eq!(predictions.suggestions[0].cluster, Some(ClusterId(1)));
    assert_eq!(predictions.next(1).len(), 1);
}

#[test]
fn undecided_images_get_the_class_of_those_around_them() {
    let (x, ids, clusters) = groups();
    let mut state = Curation::default();
    label(&mut state, &ids[..10], "gravel", LabelSource::NamedCluster);
    label(&mut state, &ids[20..28], "stone", LabelSource::Accepted);
    label(&mut state, &ids[35..40], "grass", LabelSource::Moved);
    let predictions = SuggestionModel::new(x, ids).predict(&state, &clusters);
    assert_eq!(predictions.classes, ["grass", "gravel", "stone"]);
    let class = |row: usize| predictions.classes[predictions.rows[row].class.unwrap()].as_str();
    assert!((10..20).all(|row| class(row) == "gravel"));
    assert!((28..35).all(|row| class(row) == "stone"));
    assert!((40..45).all(|row| class(row) == "grass"));
    assert_eq!(predictions.weight(21, LabelSource::Accepted), 1.0);
    assert!(predictions.weight(3, LabelSource::NamedCluster) < 1.0);
}

#[test]
fn like_lies_beside_like_in_a_batch() {
    let (x, ids, clusters) = groups();
    let mut state = Curation::default();
    label(&mut state, &ids[..20], "gravel", LabelSource::NamedCluster);
    label(&mut state, &ids[20..], "stone", LabelSource::NamedCluster);
    let predictions = SuggestionModel::new(x.clone(), ids).predict(&state, &clusters);
    let batch =
        predictions.suggestions.iter().find(|s| s.kind == SuggestionKind::CheckClass && s.rows.len() > 20).unwrap();
    let squared = |a: usize, b: usize| (&x.row(a) - &x.row(b)).mapv(|difference| difference * difference).sum();
    for (at, pair) in batch.rows.windows(2).enumerate() {
        let step = squared(pair[0], pair[1]);
        assert!(batch.rows[at + 1..].iter().all(|&later| step <= squared(pair[0], later) * 1.001), "{at}");
    }
}

#[test]
fn a_wrong_name_is_suspected_and_a_persons_word_is_not_asked_again() {
    let (x, ids, clusters) = groups();
    let mut state = Curation::default();
    label(&mut state, &ids[..20], "gravel", LabelSource::NamedCluster);
    label(&mut state, &ids[20..35], "stone", LabelSource::NamedCluster);
    label(&mut state, &ids[35..], "grass", LabelSource::NamedCluster);
    label(&mut state, &ids[7..8], "stone", LabelSource::NamedCluster);
    let model = SuggestionModel::new(x, ids.clone());
    let predictions = model.predict(&state, &clusters);
    let suspects = predictions.suggestions.iter().find(|s| s.kind == SuggestionKind::Suspects).unwrap();
    assert_eq!((suspects.rows.as_slice(), suspects.class.as_deref()), ([7].as_slice(), Some("gravel")));
    let most = (0..45)
        .max_by(|&a, &b| predictions.rows[a].label_error_score.total_cmp(&predictions.rows[b].label_error_score));
    assert_eq!(most, Some(7));

    label(&mut state, &ids[7..8], "stone", LabelSource::Accepted);
    let predictions = model.predict(&state, &clusters);
    assert!(predictions.suggestions.iter().all(|s| !s.rows.contains(&7)), "{:?}", predictions.suggestions);
    assert_eq!(predictions.rows[7].label_error_score, 0.0);
}

#[test]
fn removed_images_have_no_class_and_are_not_shown() {
    let (x, ids, clusters) = groups();
    let mut state = Curation::default();
    label(&mut state, &ids[..20], "gravel", LabelSource::NamedCluster);
    label(&mut state, &ids[20..35], "stone", LabelSource::NamedCluster);
    state.removed.insert(ids[40], Removed { reason: String::new(), by: String::new(), at: String::new() });
    let predictions = SuggestionModel::new(x, ids).predict(&state, &clusters);
    assert_eq!(predictions.rows[40].class, None);
    assert!(predictions.suggestions.iter().all(|s| !s.rows.contains(&40)));
}

#[test]
fn near_duplicates_with_two_classes_are_shown_together() {
    let (mut x, ids, clusters) = groups();
    let same = x.row(3).to_owned();
    x.row_mut(5).assign(&same);
    let mut state = Curation::default();
    label(&mut state, &ids[..20], "gravel", LabelSource::NamedCluster);
    label(&mut state, &ids[20..], "stone", LabelSource::NamedCluster);
    label(&mut state, &ids[5..6], "stone", LabelSource::Moved);
    let predictions = SuggestionModel::new(x, ids).predict(&state, &clusters);
    let duplicates = predictions.suggestions.iter().find(|s| s.kind == SuggestionKind::Duplicates).unwrap();
    assert_eq!(duplicates.rows, [3, 5]);
    assert_eq!((predictions.rows[3].label_error_score, predictions.rows[5].label_error_score), (1.0, 1.0));
}

#[test]
fn nothing_is_asked_of_no_images_and_coinciding_ones_do_no_harm() {
    let none = SuggestionModel::new(Array2::zeros((0, 3)), Vec::new()).predict(&Curation::default(), &[]);
    assert!(none.suggestions.is_empty());
    let ids: Vec<ImageId> = (0..6_u32).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect();
    let mut state = Curation::default();
    label(&mut state, &ids[..1], "a", LabelSource::Moved);
    label(&mut state, &ids[1..2], "b", LabelSource::Moved);
    let predictions = SuggestionModel::new(Array2::ones((6, 3)), ids).predict(&state, &[Some(ClusterId(0)); 6]);
    assert!(predictions.rows.iter().all(|row| row.confidence.is_finite() && row.label_error_score.is_finite()));
}

#[test]
fn predictions_are_the_same_whatever_the_number_of_threads() {
    let (x, ids, clusters) = groups();
    let mut state = Curation { removed: BTreeMap::new(), ..Curation::default() };
    label(&mut state, &ids[..18], "gravel", LabelSource::NamedCluster);
    label(&mut state, &ids[18..40], "stone", LabelSource::Accepted);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| SuggestionModel::new(x.clone(), ids.clone()).predict(&state, &clusters))
    };
    assert_eq!(on(1), on(3));
}

/// Ten clusters of twenty images, of which six have names, five of them the same.
fn six_named() -> (SuggestionModel, Vec<ImageId>, Vec<Option<ClusterId>>, Curation) {
    let at = |row: usize, column: usize| {
        let angle = (row / 20) as f32 * std::f32::consts::TAU / 10.0;
        let wobble = ((row * 37 + column * 61) % 23) as f32 / 11.0 - 1.0;
        wobble + 30.0 * if column == 0 { angle.cos() } else { angle.sin() }
    };
    let x = Array2::from_shape_fn((200, 2), |(row, column)| at(row, column));
    let ids: Vec<ImageId> = (0..200_u32).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect();
    let clusters = (0..200).map(|row| Some(ClusterId(row / 20))).collect();
    let mut state = Curation::default();
    label(&mut state, &ids[..100], "sound", LabelSource::NamedCluster);
    label(&mut state, &ids[100..120], "crack", LabelSource::NamedCluster);
    for cluster in 0..6 {
        let of = (String::new(), REVIEW.to_owned(), ClusterId(cluster));
        let images = ids[20 * cluster as usize..][..20].iter().copied().collect();
        state.clusters.insert(of.clone(), images);
        state.cluster_names.insert(of, if cluster < 5 { "sound" } else { "crack" }.to_owned());
    }
    (SuggestionModel::new(x, ids.clone()), ids, clusters, state)
}

fn decide(state: &mut Curation, ids: &[ImageId], rows: &[usize], class: &str) {
    let ids: Vec<ImageId> = rows.iter().map(|&row| ids[row]).collect();
    label(state, &ids, class, LabelSource::Accepted);
}

#[test]
fn after_six_names_a_sample_says_whether_they_are_true() {
    let (model, ids, clusters, mut state) = six_named();
    let before = model.predict(&state, &clusters);
    let sample = &before.suggestions[0];
    assert_eq!((sample.kind, sample.class.as_deref()), (SuggestionKind::CheckClass, Some("sound")));
    assert_eq!((sample.rows.len(), sample.rows.iter().all(|&row| row < 100)), (20, true), "{}", sample.title);
    let rows = sample.rows.clone();
    decide(&mut state, &ids, &rows, "sound");
    let after = model.predict(&state, &clusters);
    assert_eq!(after.suggestions[0].kind, SuggestionKind::NameCluster, "pure clusters are named on");
    let guess = |predictions: &LabelPredictions| predictions.rows[150].confidence;
    assert!(
        guess(&after) > guess(&before),
        "what is known to be pure is believed: {} {}",
        guess(&after),
        guess(&before)
    );
    assert!(after.expected.unwrap().interval.low > before.expected.unwrap().interval.low);
}

#[test]
fn where_clusters_are_mixed_and_nearly_all_bear_one_name_everything_is_sampled() {
    let (model, ids, clusters, mut state) = six_named();
    let rows = model.predict(&state, &clusters).suggestions[0].rows.clone();
    decide(&mut state, &ids, &rows[4..], "sound");
    decide(&mut state, &ids, &rows[..4], "crack");
    let mixed = model.predict(&state, &clusters);
    let sample = &mixed.suggestions[0];
    assert_eq!((sample.kind, sample.rows.len()), (SuggestionKind::Sample, 40));
    for cluster in 0..10 {
        assert!(sample.rows.iter().filter(|&&row| row / 20 == cluster).count() >= 3, "{:?}", sample.rows);
    }
    let sample = sample.rows.clone();
    decide(&mut state, &ids, &sample, "sound");
    let next = model.predict(&state, &clusters).suggestions[0].kind;
    assert!(!matches!(next, SuggestionKind::Sample | SuggestionKind::NameCluster), "{next:?}");
}
