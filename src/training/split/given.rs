//! Splits that somebody else made: images that lie in `train/`, `val/` and `test/` keep their part.

use super::{Divisible, Groups, NearDuplicates, Split, SplitRecipe, SplitShares};
use crate::data::{ClassId, Fraction, ImageId};
use crate::progress::{Lack, SplitWarning};

/// A part of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Images that are learned from.
    Train,
    /// Images that decide when to stop.
    Validation,
    /// Images that are looked at a single time, at the end.
    Test,
}

impl Part {
    /// The part that a folder of this name holds by common use, in any letter case.
    #[must_use]
    pub fn of_folder(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "train" | "training" => Some(Self::Train),
            "val" | "valid" | "validation" => Some(Self::Validation),
            "test" | "testing" => Some(Self::Test),
            _ => None,
        }
    }
}

impl Split {
    /// Divides the rows of `data` as [`Split::of`] does, but for those with a `given` part, which keep it. Where no row is
    /// given for validation, a share of the training rows is; where none is given for the test, there is none.
    ///
    /// # Panics
    /// When the rows of `data` and `given` differ in number, or a class has no name.
    #[must_use]
    pub fn around(
        given: &[Option<Part>],
        data: &Divisible<'_>,
        recipe: &SplitRecipe,
        seed: u64,
    ) -> (Self, Vec<SplitWarning>) {
        assert_eq!(given.len(), data.ids.len(), "one part per row");
        let rows =
            |wanted: Option<Part>| -> Vec<usize> { (0..given.len()).filter(|&row| given[row] == wanted).collect() };
        if given.iter().all(Option::is_none) {
            return Self::of(data, recipe, seed);
        }
        let [mut train, mut validation, mut test] =
            [Part::Train, Part::Validation, Part::Test].map(|part| rows(Some(part)));
        let mut warnings = Vec::new();
        if validation.is_empty()
            && let Some(recipe) = without_test(recipe)
        {
            let (divided, said) = SubRows::of(data, &train).divide(&recipe, seed);
            (train, validation) = (divided.train, divided.validation);
            warnings.extend(said);
        } else {
            warnings.extend(lacking(data, &train, [("validation", &validation), ("test", &test)]));
        }
        let open = rows(None);
        if !open.is_empty() {
            let (divided, said) = SubRows::of(data, &open).divide(recipe, seed);
            for (part, more) in [&mut train, &mut validation, &mut test].into_iter().zip(divided.parts()) {
                part.extend(more);
                part.sort_unstable();
            }
            warnings.extend(said);
        }
        (Self { train, validation, test }, warnings)
    }
}

/// The recipe for images none of which is for the test; `None` where it wants no validation images either.
fn without_test(recipe: &SplitRecipe) -> Option<SplitRecipe> {
    let [train, validation] = recipe.without_test();
    let [train, validation] = [train, validation].map(|share| Fraction::try_from(share).ok());
    let shares = SplitShares {
        train: train?,
        validation: validation?,
        test: Fraction::try_from(0.0).ok()?,
        ..recipe.shares().clone()
    };
    (shares.validation.get() > 0.0).then(|| SplitRecipe::try_from(shares).ok())?
}

/// Classes of the training rows that a part which has rows lacks.
fn lacking(data: &Divisible<'_>, train: &[usize], parts: [(&'static str, &Vec<usize>); 2]) -> Vec<SplitWarning> {
    let has = |rows: &[usize], class: usize| rows.iter().any(|&row| data.classes[row].0 == class);
    let classes = (0..data.names.len()).filter(|&class| has(train, class));
    let warning = |class: usize| {
        let without =
            |(name, rows): &(&'static str, &Vec<usize>)| (!rows.is_empty() && !has(rows, class)).then_some(*name);
        let missing: Vec<&'static str> = parts.iter().filter_map(without).collect();
        let images = data.classes.iter().filter(|of| of.0 == class).count();
        let lack = Lack::Parts(missing.clone());
        (!missing.is_empty()).then(|| SplitWarning::ClassLacks {
            class: data.names[class].clone(),
            images,
            units: images,
            lack,
        })
    };
    classes.filter_map(warning).collect()
}

/// Some rows of the images that are divided.
struct SubRows<'a> {
    rows: &'a [usize],
    ids: Vec<ImageId>,
    classes: Vec<ClassId>,
    names: &'a [String],
    groups: Option<Groups>,
    near: Option<NearDuplicates>,
}

impl<'a> SubRows<'a> {
    fn of(data: &Divisible<'a>, rows: &'a [usize]) -> Self {
        let groups = data.groups.map(|groups| Groups {
            field: groups.field.clone(),
            values: rows.iter().map(|&row| groups.values[row].clone()).collect(),
        });
        Self {
            rows,
            ids: rows.iter().map(|&row| data.ids[row]).collect(),
            classes: rows.iter().map(|&row| data.classes[row]).collect(),
            names: data.names,
            groups,
            near: data.near.map(|near| near.of_rows(rows)),
        }
    }

    /// The split of these rows, by their numbers among all.
    fn divide(&self, recipe: &SplitRecipe, seed: u64) -> (Split, Vec<SplitWarning>) {
        let data = Divisible {
            ids: &self.ids,
            classes: &self.classes,
            names: self.names,
            groups: self.groups.as_ref(),
            near: self.near.as_ref(),
        };
        let (split, warnings) = Split::of(&data, recipe, seed);
        let among_all = |rows: Vec<usize>| rows.into_iter().map(|row| self.rows[row]).collect();
        let Split { train, validation, test } = split;
        let split = Split { train: among_all(train), validation: among_all(validation), test: among_all(test) };
        // A class that none of these rows shows has its images elsewhere.
        let is_here = |class: &str| self.classes.iter().any(|of| self.names[of.0] == class);
        let is_ours = |warning: &SplitWarning| match warning {
            SplitWarning::ClassNotLabelled { class } => is_here(class),
            _ => true,
        };
        (split, warnings.into_iter().filter(is_ours).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 images of two classes in turn.
    fn images() -> (Vec<ImageId>, Vec<ClassId>, Vec<String>) {
        let ids = (0..40_u8).map(|n| ImageId::of_bytes(&[n])).collect();
        ((ids), (0..40).map(|n| ClassId(n % 2)).collect(), ["a", "b"].map(str::to_owned).to_vec())
    }

    #[test]
    fn given_parts_are_kept() {
        let (ids, classes, names) = images();
        let data = Divisible { ids: &ids, classes: &classes, names: &names, groups: None, near: None };
        let recipe = SplitRecipe::default();
        let around = |given: &dyn Fn(usize) -> Option<Part>| {
            let given: Vec<Option<Part>> = (0..40).map(given).collect();
            Split::around(&given, &data, &recipe, 7)
        };
        assert_eq!(around(&|_| None), Split::of(&data, &recipe, 7));

        let (split, warnings) = around(&|row| Some(if row < 30 { Part::Train } else { Part::Validation }));
        let expected = Split { train: (0..30).collect(), validation: (30..40).collect(), test: vec![] };
        assert_eq!((split, warnings.len()), (expected, 0));

        let (split, _) = around(&|row| Some(if row < 30 { Part::Train } else { Part::Test }));
        assert_eq!(split.test, (30..40).collect::<Vec<_>>());
        assert_eq!((split.train.len() + split.validation.len(), split.validation.is_empty()), (30, false));

        let (split, _) = around(&|row| (row < 20).then_some(if row < 10 { Part::Train } else { Part::Validation }));
        assert!((0..10).all(|row| split.train.contains(&row)) && (10..20).all(|row| split.validation.contains(&row)));
        assert_eq!(split.parts().map(<[usize]>::len).iter().sum::<usize>(), 40);
        assert!(!split.test.is_empty(), "the others are divided as always");

        let (_, warnings) = around(&|row| Some(if row % 2 == 0 && row > 20 { Part::Validation } else { Part::Train }));
        assert!(
            matches!(warnings.as_slice(), [SplitWarning::ClassLacks { class, .. }] if class == "b"),
            "{warnings:?}"
        );
    }

    #[test]
    fn folders_are_known_by_their_names() {
        for (name, part) in
            [("Train", Part::Train), ("valid", Part::Validation), ("VAL", Part::Validation), ("test", Part::Test)]
        {
            assert_eq!(Part::of_folder(name), Some(part));
        }
        assert_eq!(Part::of_folder("trains"), None);
    }
}
