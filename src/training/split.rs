//! Which images teach, which decide when to stop, which are looked at once.
//!
//! Stratified: every class is divided in the same proportions. Files with equal bytes share an [`ImageId`] and stay
//! together, so no image is tested that was learned from. The result depends on the ids, not on the order of the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::recipe::SplitRecipe;
use crate::data::{ClassId, ImageId};

/// Row numbers of the three parts, each ascending; every row is in exactly one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Rows the weights are learned from.
    pub train: Vec<usize>,
    /// Rows that decide when to stop.
    pub validation: Vec<usize>,
    /// Rows that are looked at once, at the end.
    pub test: Vec<usize>,
}

/// What a reader needs to believe that the parts share no image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disjointness {
    /// Distinct images (by content) of train, validation and test.
    pub distinct: [usize; 3],
    /// Rows of train, validation and test; above `distinct` where files are exact duplicates.
    pub rows: [usize; 3],
    /// Images found in more than one part; empty by construction of [`Split::stratified`].
    pub shared: Vec<ImageId>,
}

impl Split {
    /// Divides the rows of `ids` class by class. Returns the split and what is worth a warning, in sentences.
    ///
    /// `classes[i]` is the class of row `i`, a position in `names`. Of a class with fewer images than parts, the first
    /// goes to training, the second to validation. Where duplicates carry different classes, the first row's counts.
    ///
    /// # Panics
    /// When `ids` and `classes` differ in length, or a class has no name.
    #[must_use]
    pub fn stratified(
        ids: &[ImageId],
        classes: &[ClassId],
        names: &[String],
        recipe: &SplitRecipe,
        seed: u64,
    ) -> (Self, Vec<String>) {
        assert_eq!(ids.len(), classes.len(), "one class per image");
        let shares = recipe.shares();
        let shares = [shares.train.get(), shares.validation.get(), shares.test.get()];
        let mut rows_of: BTreeMap<ImageId, Vec<usize>> = BTreeMap::new();
        for (row, id) in ids.iter().enumerate() {
            rows_of.entry(*id).or_default().push(row);
        }
        let mut images_of = vec![Vec::new(); names.len()];
        for (id, rows) in &rows_of {
            images_of[classes[rows[0]].0].push(*id);
        }

        let mut parts: [Vec<usize>; 3] = Default::default();
        let mut warnings = Vec::new();
        for (class, images) in images_of.iter_mut().enumerate() {
            let mut rng = ChaCha8Rng::seed_from_u64(recipe.shares().seed.unwrap_or(seed));
            rng.set_stream(class as u64);
            images.shuffle(&mut rng);
            let sizes = sizes(images.len(), shares);
            warnings.extend(warning(&names[class], images.len(), sizes, shares));
            let mut images = images.iter();
            for (part, size) in parts.iter_mut().zip(sizes) {
                part.extend(images.by_ref().take(size).flat_map(|id| &rows_of[id]));
            }
        }
        for part in &mut parts {
            part.sort_unstable();
        }
        let [train, validation, test] = parts;
        (Self { train, validation, test }, warnings)
    }

    /// Counts distinct images per part and lists those found in several.
    #[must_use]
    pub fn disjointness(&self, ids: &[ImageId]) -> Disjointness {
        let parts = [&self.train, &self.validation, &self.test];
        let sets = parts.map(|rows| rows.iter().map(|&row| ids[row]).collect::<BTreeSet<_>>());
        let [train, validation, test] = &sets;
        let mut shared: BTreeSet<ImageId> = train.intersection(validation).copied().collect();
        shared.extend(train.intersection(test));
        shared.extend(validation.intersection(test));
        Disjointness {
            distinct: [train.len(), validation.len(), test.len()],
            rows: parts.map(Vec::len),
            shared: shared.into_iter().collect(),
        }
    }
}

impl fmt::Display for Disjointness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [train, validation, test] = self.distinct;
        write!(f, "{train} images for training, {validation} for validation, {test} for test; ")?;
        match self.shared.len() {
            0 => f.write_str("no image is in two parts"),
            shared => write!(f, "{shared} in more than one part"),
        }
    }
}

/// How many of `n` images each part gets: the largest remainders are rounded up, then every wanted part gets one image
/// while there are enough, training first.
fn sizes(n: usize, shares: [f64; 3]) -> [usize; 3] {
    let exact = shares.map(|share| share * n as f64);
    let mut sizes = exact.map(|size| (size + 1e-9).floor() as usize);
    let mut by_remainder = [0, 1, 2];
    by_remainder.sort_by(|&a, &b| (exact[b] - sizes[b] as f64).total_cmp(&(exact[a] - sizes[a] as f64)));
    let mut left = n - sizes.iter().sum::<usize>();
    for part in by_remainder.into_iter().filter(|&part| shares[part] > 0.0).cycle() {
        if left == 0 {
            break;
        }
        sizes[part] += 1;
        left -= 1;
    }
    for part in (0..3).filter(|&part| shares[part] > 0.0) {
        let spare = (0..3).filter(|&other| sizes[other] > 1).max_by_key(|&other| sizes[other]);
        let later = (part + 1..3).rev().find(|&other| sizes[other] > 0);
        if let (0, Some(giver)) = (sizes[part], spare.or(later)) {
            sizes[giver] -= 1;
            sizes[part] += 1;
        }
    }
    sizes
}

/// What a person should know about a class too small to be in every part.
fn warning(name: &str, images: usize, sizes: [usize; 3], shares: [f64; 3]) -> Option<String> {
    if images == 0 {
        return Some(format!("no image is labelled `{name}`: it cannot be learned"));
    }
    let missing: Vec<&str> = ["training", "validation", "test"]
        .into_iter()
        .zip(sizes)
        .zip(shares)
        .filter(|((_, size), share)| *size == 0 && *share > 0.0)
        .map(|((part, _), _)| part)
        .collect();
    let images = if images == 1 { "1 distinct image".to_owned() } else { format!("{images} distinct images") };
    (!missing.is_empty()).then(|| format!("`{name}` has {images}: none for {}", missing.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::recipe::SplitShares;
    use proptest::prelude::*;

    fn id(n: usize) -> ImageId {
        ImageId::of_bytes(&n.to_le_bytes())
    }

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|class| format!("class {class}")).collect()
    }

    #[test]
    fn tiny_classes_go_to_training_first() {
        let default = [0.7, 0.15, 0.15];
        assert_eq!(sizes(0, default), [0, 0, 0]);
        assert_eq!(sizes(1, default), [1, 0, 0]);
        assert_eq!(sizes(2, default), [1, 1, 0]);
        assert_eq!(sizes(3, default), [1, 1, 1]);
        assert_eq!(sizes(4, default), [2, 1, 1]);
        assert_eq!(sizes(100, default), [70, 15, 15]);
        assert_eq!(sizes(2, [0.8, 0.2, 0.0]), [1, 1, 0]);
        assert_eq!(sizes(2, [0.5, 0.0, 0.5]), [1, 0, 1]);
        assert_eq!(sizes(1, [0.2, 0.4, 0.4]), [1, 0, 0]);
        assert_eq!(sizes(2, [0.1, 0.1, 0.8]), [1, 1, 0]);
    }

    #[test]
    fn a_class_that_misses_a_part_is_named() {
        let ids: Vec<ImageId> = (0..12).map(id).collect();
        let classes: Vec<ClassId> = (0..12).map(|row| ClassId(usize::from(row == 5))).collect();
        let (split, warnings) = Split::stratified(&ids, &classes, &names(3), &SplitRecipe::default(), 0);
        assert!(split.train.contains(&5));
        assert_eq!(
            warnings,
            [
                "`class 1` has 1 distinct image: none for validation and test",
                "no image is labelled `class 2`: it cannot be learned"
            ]
        );
    }

    #[test]
    fn a_shared_image_would_be_found() {
        let split = Split { train: vec![0, 1], validation: vec![2], test: vec![3] };
        assert_eq!(split.disjointness(&[id(0), id(1), id(2), id(0)]).shared, [id(0)]);
        let proof = split.disjointness(&[id(0), id(0), id(2), id(3)]);
        assert_eq!((proof.distinct, proof.rows), ([1, 1, 1], [2, 1, 1]));
        let text = "1 images for training, 1 for validation, 1 for test; no image is in two parts";
        assert_eq!(proof.to_string(), text);
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
            let [train, validation, test] = shares.map(|share| share.try_into().unwrap());
            let recipe = SplitRecipe::try_from(SplitShares { train, validation, test, seed: None }).unwrap();
            let (split, _) = Split::stratified(&ids, &classes, &names(4), &recipe, seed);

            let mut all = [split.train.clone(), split.validation.clone(), split.test.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows.len()).collect::<Vec<_>>());
            prop_assert_eq!(split.disjointness(&ids).shared, []);
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
        fn the_order_of_the_rows_does_not_matter(n in 1..80_usize, seed in 0..9_u64) {
            let ids: Vec<ImageId> = (0..n).map(id).collect();
            let classes: Vec<ClassId> = (0..n).map(|row| ClassId(row % 3)).collect();
            let (forward, _) = Split::stratified(&ids, &classes, &names(3), &SplitRecipe::default(), seed);
            let reversed: (Vec<_>, Vec<_>) = ids.iter().copied().zip(classes.iter().copied()).rev().unzip();
            let (backward, _) = Split::stratified(&reversed.0, &reversed.1, &names(3), &SplitRecipe::default(), seed);
            let test: BTreeSet<ImageId> = forward.test.iter().map(|&row| ids[row]).collect();
            prop_assert_eq!(test, backward.test.iter().map(|&row| reversed.0[row]).collect::<BTreeSet<_>>());
        }
    }
}
