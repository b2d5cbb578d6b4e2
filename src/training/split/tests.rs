use std::collections::{BTreeMap, BTreeSet};

use super::*;
use ndarray::{Array2, array};
use proptest::prelude::*;

fn id(n: usize) -> ImageId {
    ImageId::of_bytes(&n.to_le_bytes())
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|class| format!("class {class}")).collect()
}

fn texts(warnings: &[SplitWarning]) -> Vec<String> {
    warnings.iter().map(ToString::to_string).collect()
}

fn recipe(text: &str) -> SplitRecipe {
    toml::from_str(text).unwrap()
}

fn groups(values: &[&str]) -> Groups {
    Groups { field: "sid".to_owned(), values: values.iter().map(|value| (*value).to_owned()).collect() }
}

#[test]
fn a_class_that_misses_a_part_is_named() {
    let ids: Vec<ImageId> = (0..12).map(id).collect();
    let classes: Vec<ClassId> = (0..12).map(|row| ClassId(usize::from(row == 5))).collect();
    let (split, warnings) = Split::stratified(&ids, &classes, &names(3), &SplitRecipe::default(), 0);
    assert!(split.train.contains(&5));
    assert_eq!(
        texts(&warnings),
        [
            "`class 1` has 1 distinct image: none for validation and test",
            "no image is labelled `class 2`: it cannot be learned"
        ]
    );
}

#[test]
fn a_shared_image_would_be_found() {
    let split = Split { train: vec![0, 1], validation: vec![2], test: vec![3] };
    assert_eq!(split.shared_images(&[id(0), id(1), id(2), id(0)]), [id(0)]);
    let ids = [id(0), id(0), id(2), id(3)];
    let data = Divisible { ids: &ids, classes: &[ClassId(0); 4], names: &names(1), groups: None, near: None };
    let proof = split.disjointness(&data, Array2::zeros((4, 1)).view());
    assert_eq!((proof.distinct, proof.rows), ([1, 1, 1], [2, 1, 1]));
    assert_eq!(proof.sentences(), ["1, 1 and 1 distinct images, 1 copies: no image is in two parts"]);
}

#[test]
fn a_class_of_one_group_is_divided_by_image_and_the_proof_says_so() {
    // Grass is everywhere; fault is found in group c alone, beside grass.
    let ids: Vec<ImageId> = (0..60).map(id).collect();
    let classes: Vec<ClassId> = (0..60).map(|row| ClassId(usize::from(row >= 50))).collect();
    let values: Vec<&str> =
        (0..60).map(|row| if row >= 50 { "c" } else { ["a", "b", "c", "d", "e"][row / 10] }).collect();
    let groups = groups(&values);
    let names = ["grass".to_owned(), "fault".to_owned()];
    let data = Divisible { ids: &ids, classes: &classes, names: &names, groups: Some(&groups), near: None };
    let (split, warnings) = Split::of(&data, &SplitRecipe::default(), 1);
    assert_eq!(
        texts(&warnings),
        ["`fault` is found in one sid only, `c`: its images are divided one by one, so sid `c` is in several parts"]
    );
    let proof = split.disjointness(&data, Array2::zeros((60, 1)).view());
    let shared = proof.groups.as_ref().unwrap().shared.clone();
    assert_eq!(shared, BTreeMap::from([("c".to_owned(), vec!["fault".to_owned()])]));
    let sentence = &proof.sentences()[1];
    assert!(sentence.ends_with(" values of sid: `c` is in several (fault divided by image)"), "{sentence}");
    for part in [&split.train, &split.validation, &split.test] {
        assert!(part.iter().any(|&row| classes[row].0 == 1), "every part has a fault: {split:?}");
    }
}

#[test]
fn images_without_a_group_stand_alone() {
    let ids: Vec<ImageId> = (0..40).map(id).collect();
    let groups = groups(&[["x"; 10], ["y"; 10], [""; 10], [""; 10]].concat());
    let classes = [ClassId(0); 40];
    let data = Divisible { ids: &ids, classes: &classes, names: &names(1), groups: Some(&groups), near: None };
    let (split, warnings) = Split::of(&data, &recipe("train = 0.5\nvalidation = 0.25\ntest = 0.25"), 1);
    assert_eq!(texts(&warnings), ["20 images without a `sid`: each stands for itself"]);
    assert_eq!((split.train.len(), split.validation.len(), split.test.len()), (20, 10, 10));
}

#[test]
fn near_duplicates_stay_together_and_their_distance_is_told() {
    // Twenty places on a line, each seen three times with a little noise.
    let x = Array2::from_shape_fn((60, 1), |(row, _)| (row / 3) as f32 + (row % 3) as f32 * 0.01);
    let ids: Vec<ImageId> = (0..60).map(id).collect();
    let classes = [ClassId(0); 60];
    let near = NearDuplicates::find(x.view(), 0.01.try_into().unwrap()).unwrap();
    let data = Divisible { ids: &ids, classes: &classes, names: &names(1), groups: None, near: Some(&near) };
    let (split, warnings) = Split::of(&data, &SplitRecipe::default(), 1);
    assert_eq!(warnings, []);
    let proof = split.disjointness(&data, x.view()).near_duplicates.unwrap();
    assert_eq!((proof.images, proof.shared), (60, 0));
    assert!((proof.nearest.unwrap() - 0.98).abs() < 1e-3 && proof.threshold < 0.98, "{proof:?}");

    let chance = Split { train: (0..40).collect(), validation: vec![], test: (40..60).collect() };
    let proof = chance.disjointness(&data, x.view()).near_duplicates.unwrap();
    assert_eq!(proof.shared, 1, "place 13 is in both");
}

#[test]
fn featureless_images_do_not_tie_all_groups_together() {
    // Ten groups of ten images; the first of each group is black, and all black images look the same.
    let x = Array2::from_shape_fn((100, 1), |(row, _)| if row % 10 == 0 { 0.0 } else { row as f32 });
    let ids: Vec<ImageId> = (0..100).map(id).collect();
    let values: Vec<String> = (0..100).map(|row| (row / 10).to_string()).collect();
    let groups = Groups { field: "sid".to_owned(), values };
    let near = NearDuplicates::find(x.view(), 0.001.try_into().unwrap()).unwrap();
    let classes = [ClassId(0); 100];
    let data = Divisible { ids: &ids, classes: &classes, names: &names(1), groups: Some(&groups), near: Some(&near) };
    let (split, warnings) = Split::of(&data, &SplitRecipe::default(), 1);
    let warning = "near duplicates in different values of sid would tie 100 of 100 images together: those are divided by \
                   sid all the same";
    assert_eq!(texts(&warnings), [warning]);
    assert_eq!((split.train.len(), split.validation.len() + split.test.len()), (70, 30));
    let proof = split.disjointness(&data, x.view());
    assert!(proof.groups.as_ref().unwrap().shared.is_empty() && !proof.is_clean());
    assert_eq!(proof.near_duplicates.unwrap().shared, 1, "the black images, which the proof counts");
}

#[test]
fn one_group_that_holds_nearly_everything_is_no_panic() {
    let ids: Vec<ImageId> = (0..10).map(id).collect();
    let groups = groups(&["x"; 10]);
    for classes in [vec![ClassId(0); 10], (0..10).map(ClassId).collect::<Vec<_>>()] {
        let data = Divisible { ids: &ids, classes: &classes, names: &names(10), groups: Some(&groups), near: None };
        let (split, warnings) = Split::of(&data, &SplitRecipe::default(), 1);
        assert_eq!(split.train.len() + split.validation.len() + split.test.len(), 10);
        assert!(!warnings.is_empty());
    }
    let nothing = Divisible { ids: &[], classes: &[], names: &names(1), groups: None, near: None };
    assert_eq!(Split::of(&nothing, &SplitRecipe::default(), 1).0, Split::default());
    let near = NearDuplicates::find(array![[0.0], [0.0], [0.0], [9.0]].view(), 0.1.try_into().unwrap());
    let of_four = Divisible {
        ids: &ids[..4],
        classes: &[ClassId(0), ClassId(1), ClassId(1), ClassId(2)],
        names: &names(3),
        groups: None,
        near: near.as_ref(),
    };
    let (_, warnings) = Split::of(&of_four, &SplitRecipe::default(), 1);
    assert_eq!(texts(&warnings)[1], "`class 1` has 2 distinct images, all tied together: none for validation and test");
}

proptest! {
    #[test]
    fn every_row_is_in_one_part_and_duplicates_stay_together(
        rows in proptest::collection::vec((0..60_usize, 0..4_usize), 1..150),
        seed in 0..5_u64,
        shares in prop_oneof![Just([0.7, 0.15, 0.15]), Just([0.8, 0.2, 0.0]), Just([0.34, 0.33, 0.33])],
    ) {
        let ids: Vec<ImageId> = rows.iter().map(|(image, _)| id(*image)).collect();
        let classes: Vec<ClassId> = rows.iter().map(|(image, _)| ClassId(image % 4)).collect();
        let [train, validation, test] = shares;
        let recipe = recipe(&format!("train = {train}\nvalidation = {validation}\ntest = {test}"));
        let (split, _) = Split::stratified(&ids, &classes, &names(4), &recipe, seed);

        let mut all = [split.train.clone(), split.validation.clone(), split.test.clone()].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..rows.len()).collect::<Vec<_>>());
        prop_assert_eq!(split.shared_images(&ids), []);
        prop_assert!(shares[2] > 0.0 || split.test.is_empty());
        for class in 0..4 {
            let distinct = |part: &[usize]| {
                part.iter().filter(|&&row| classes[row].0 == class).map(|&row| ids[row]).collect::<BTreeSet<_>>().len()
            };
            let counts = [&split.train, &split.validation, &split.test].map(|part| distinct(part));
            let n: usize = counts.iter().sum();
            prop_assert!(n == 0 || counts[0] > 0);
            for (count, share) in counts.into_iter().zip(shares) {
                prop_assert!((count as f64 - share * n as f64).abs() <= 2.0, "{counts:?} of {n}");
            }
        }
    }

    #[test]
    fn groups_stay_whole_unless_a_class_has_but_one(
        rows in proptest::collection::vec((0..12_usize, 0..3_usize), 2..120), seed in 0..5_u64,
    ) {
        let ids: Vec<ImageId> = (0..rows.len()).map(id).collect();
        let classes: Vec<ClassId> = rows.iter().map(|(_, class)| ClassId(*class)).collect();
        let groups = Groups { field: "sid".to_owned(), values: rows.iter().map(|(group, _)| group.to_string()).collect() };
        let names = names(3);
        let data = Divisible { ids: &ids, classes: &classes, names: &names, groups: Some(&groups), near: None };
        let (split, _) = Split::of(&data, &SplitRecipe::default(), seed);
        prop_assert_eq!(split.train.len() + split.validation.len() + split.test.len(), rows.len());
        let proof = split.disjointness(&data, Array2::zeros((rows.len(), 1)).view()).groups.unwrap();
        for classes in proof.shared.values() {
            for class in classes {
                let class = names.iter().position(|name| name == class).unwrap();
                let of_class: BTreeSet<usize> = rows.iter().filter(|row| row.1 == class).map(|row| row.0).collect();
                prop_assert_eq!(of_class.len(), 1);
            }
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(n in 1..80_usize, n_groups in 1..9_usize, seed in 0..9_u64) {
        let ids: Vec<ImageId> = (0..n).map(id).collect();
        let of = |order: &[usize]| {
            let ids: Vec<ImageId> = order.iter().map(|&row| ids[row]).collect();
            let classes: Vec<ClassId> = order.iter().map(|&row| ClassId(row % 3)).collect();
            let groups = Groups { field: "g".to_owned(), values: order.iter().map(|row| (row % n_groups).to_string()).collect() };
            let names = names(3);
            let data = Divisible { ids: &ids, classes: &classes, names: &names, groups: Some(&groups), near: None };
            let (split, warnings) = Split::of(&data, &SplitRecipe::default(), seed);
            let parts = [split.train, split.validation, split.test];
            (parts.map(|rows| rows.into_iter().map(|row| ids[row]).collect::<BTreeSet<_>>()), warnings)
        };
        let forward: Vec<usize> = (0..n).collect();
        let backward: Vec<usize> = (0..n).rev().collect();
        prop_assert_eq!(of(&forward), of(&backward));
    }
}
