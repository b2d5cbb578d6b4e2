//! Cross-validation: every image is tested once, by a classifier that learned from the other folds.
//!
//! Folds are divided as [`Split`] divides: stratified, copies and near duplicates together, groups whole. On groups
//! this is the problem of scikit-learn's `StratifiedGroupKFold`, solved greedily as there and then improved move by
//! move.

use std::num::NonZeroUsize;

use super::{
    Divisible, Split, SplitPart, SplitRecipe, Unit, Units, class_warnings, divide, general_warnings, rows_of_part,
};
use crate::progress::{Lack, SplitWarning};

/// A fold for every row.
#[derive(Debug, Clone)]
pub struct Folds {
    units: Vec<Unit>,
    fold_of_unit: Vec<usize>,
    fold_of_row: Vec<usize>,
    k: usize,
    n_classes: usize,
    seed: u64,
}

/// Why rows cannot be divided into folds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldsError {
    /// With one fold nothing would be learned from.
    #[error("`{0}` fold: expected at least 2")]
    One(usize),
    /// Some folds would be empty.
    #[error("{units} bundles of images that stay together cannot fill `{k}` folds")]
    TooFew { units: usize, k: usize },
}

impl FoldsError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::One(_) => None,
            Self::TooFew { .. } => Some("ask for fewer folds, or group by another field".to_owned()),
        }
    }
}

impl Folds {
    /// Divides the rows of `data` into `k` folds. Returns them and what is worth a warning.
    ///
    /// The result depends on the ids of the images and the seed, not on the order of the rows.
    ///
    /// # Errors
    /// When `k` is 1, or there are fewer units that stay together than folds.
    ///
    /// # Panics
    /// When the rows of `data` differ in number, or a class has no name.
    pub fn of(data: &Divisible<'_>, k: NonZeroUsize, seed: u64) -> Result<(Self, Vec<SplitWarning>), FoldsError> {
        let k = k.get();
        if k < 2 {
            return Err(FoldsError::One(k));
        }
        let units = Units::of(data);
        if units.all.len() < k {
            return Err(FoldsError::TooFew { units: units.all.len(), k });
        }
        let all: Vec<&Unit> = units.all.iter().collect();
        let parts = vec![SplitPart { share: 1.0 / k as f64, need: 1.0 }; k];
        let fold_of_unit = divide(&all, data.names.len(), &parts, seed);
        let mut warnings = general_warnings(data, &units);
        warnings.extend(class_warnings(data, &units, |units_of_class| {
            let mut folds: Vec<usize> = units_of_class.iter().map(|&unit| fold_of_unit[unit]).collect();
            folds.sort_unstable();
            folds.dedup();
            match folds.len() {
                1 => Some(Lack::AllInFold(folds[0] + 1)),
                some if some < k => Some(Lack::Folds { missing: k - some, of: k }),
                _ => None,
            }
        }));
        let mut fold_of_row = vec![0; data.ids.len()];
        for (unit, &fold) in all.iter().zip(&fold_of_unit) {
            for &row in &unit.rows {
                fold_of_row[row] = fold;
            }
        }
        let folds = Self { fold_of_unit, fold_of_row, k, n_classes: data.names.len(), seed, units: units.all };
        Ok((folds, warnings))
    }

    /// Number of folds.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    /// The fold of each row, in `0..k`.
    #[must_use]
    pub fn of_rows(&self) -> &[usize] {
        &self.fold_of_row
    }

    /// The split that tests `fold`, in `0..k`: the other folds are divided into training and validation in the ratio of
    /// the recipe's shares, again without dividing what stays together.
    #[must_use]
    pub fn split(&self, fold: usize, recipe: &SplitRecipe) -> Split {
        let inside = |wanted: bool| {
            let pairs = self.units.iter().zip(&self.fold_of_unit);
            pairs.filter(move |&(_, &other)| (other == fold) == wanted).map(|(unit, _)| unit).collect::<Vec<_>>()
        };
        let (tested, others) = (inside(true), inside(false));
        let [train, validation] = recipe.without_test();
        let parts = [SplitPart { share: train, need: 2.0 }, SplitPart { share: validation, need: 1.0 }];
        let part_of = divide(&others, self.n_classes, &parts, self.seed);
        Split {
            train: rows_of_part(&others, &part_of, 0),
            validation: rows_of_part(&others, &part_of, 1),
            test: rows_of_part(&tested, &vec![0; tested.len()], 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::data::{ClassId, ImageId};
    use crate::training::Groups;
    use proptest::prelude::*;

    fn id(n: usize) -> ImageId {
        ImageId::of_bytes(&n.to_le_bytes())
    }

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|class| class.to_string()).collect()
    }

    fn k(k: usize) -> NonZeroUsize {
        NonZeroUsize::new(k).unwrap()
    }

    #[test]
    fn groups_are_dealt_out_at_least_as_evenly_as_by_scikit_learn() {
        #[derive(serde::Deserialize)]
        struct Golden {
            cases: Vec<Case>,
        }
        #[derive(serde::Deserialize)]
        struct Case {
            k: usize,
            groups: Vec<usize>,
            classes: Vec<usize>,
            unevenness: f64,
        }
        let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/folds.json")).unwrap();
        assert_eq!(golden.cases.len(), 4);
        for case in golden.cases {
            let ids: Vec<ImageId> = (0..case.groups.len()).map(id).collect();
            let classes: Vec<ClassId> = case.classes.iter().copied().map(ClassId).collect();
            let n_classes = 1 + case.classes.iter().max().unwrap();
            let groups = Groups { field: "g".to_owned(), values: case.groups.iter().map(usize::to_string).collect() };
            let names = names(n_classes);
            let data = Divisible { ids: &ids, classes: &classes, names: &names, groups: Some(&groups), near: None };
            for seed in 0..5 {
                let (folds, _) = Folds::of(&data, k(case.k), seed).unwrap();
                // Mean over classes of the standard deviation over folds of the share of the class, as scikit-learn.
                let deviation = |class: usize| {
                    let mut shares = vec![0.0; case.k];
                    let rows = (0..ids.len()).filter(|&row| case.classes[row] == class);
                    let n = rows.clone().count() as f64;
                    rows.for_each(|row| shares[folds.of_rows()[row]] += 1.0 / n);
                    let mean = 1.0 / case.k as f64;
                    (shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / case.k as f64).sqrt()
                };
                let ours = (0..n_classes).map(deviation).sum::<f64>() / n_classes as f64;
                assert!(ours <= case.unevenness, "{ours} against {}", case.unevenness);
            }
        }
    }

    #[test]
    fn single_images_are_dealt_out_evenly() {
        let ids: Vec<ImageId> = (0..103).map(id).collect();
        let classes: Vec<ClassId> = (0..103).map(|row| ClassId(usize::from(row % 10 == 0))).collect();
        let data = Divisible { ids: &ids, classes: &classes, names: &names(2), groups: None, near: None };
        let (folds, warnings) = Folds::of(&data, k(5), 3).unwrap();
        assert_eq!(warnings, []);
        for fold in 0..5 {
            let inside: Vec<usize> = (0..103).filter(|&row| folds.of_rows()[row] == fold).collect();
            let rare = inside.iter().filter(|&&row| classes[row].0 == 1).count();
            assert!((20..=21).contains(&inside.len()) && (2..=3).contains(&rare), "{} {rare}", inside.len());
        }
    }

    #[test]
    fn what_a_class_lacks_is_told() {
        let ids: Vec<ImageId> = (0..14).map(id).collect();
        let classes: Vec<ClassId> = [[0; 10].as_slice(), &[1; 3], &[2]].concat().into_iter().map(ClassId).collect();
        let data = Divisible { ids: &ids, classes: &classes, names: &names(4), groups: None, near: None };
        let (_, warnings) = Folds::of(&data, k(5), 0).unwrap();
        let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings[0], "`1` has 3 distinct images: none in 2 of 5 folds");
        assert!(warnings[1].starts_with("`2` has 1 distinct image: all in fold "), "{warnings:?}");
        assert_eq!(warnings[2], "no image is labelled `3`: it cannot be learned");
        let error = Folds::of(&data, k(15), 0).unwrap_err();
        assert_eq!(error.to_string(), "14 bundles of images that stay together cannot fill `15` folds");
        assert_eq!(Folds::of(&data, k(1), 0).unwrap_err(), FoldsError::One(1));
    }

    proptest! {
        #[test]
        fn every_image_is_tested_once_and_parts_share_nothing(
            rows in proptest::collection::vec((0..40_usize, 0..15_usize, 0..3_usize), 20..150), seed in 0..5_u64,
        ) {
            let ids: Vec<ImageId> = rows.iter().map(|row| id(row.0)).collect();
            let classes: Vec<ClassId> = rows.iter().map(|row| ClassId(row.0 % 3)).collect();
            let groups = Groups { field: "g".to_owned(), values: rows.iter().map(|row| row.1.to_string()).collect() };
            let names = names(3);
            for groups in [None, Some(&groups)] {
                let data = Divisible { ids: &ids, classes: &classes, names: &names, groups, near: None };
                let Ok((folds, _)) = Folds::of(&data, k(3), seed) else { continue };
                let mut tested = Vec::new();
                for fold in 0..3 {
                    let split = folds.split(fold, &SplitRecipe::default());
                    prop_assert!(split.test.iter().all(|&row| folds.of_rows()[row] == fold));
                    prop_assert_eq!(split.shared_images(&ids), []);
                    let all: BTreeSet<usize> = [&split.train[..], &split.validation, &split.test].concat().into_iter().collect();
                    prop_assert_eq!(all.len(), rows.len());
                    tested.extend(split.test);
                }
                tested.sort_unstable();
                prop_assert_eq!(tested, (0..rows.len()).collect::<Vec<_>>());
            }
        }
    }
}
