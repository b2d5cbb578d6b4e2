//! Stratified splits: training images, validation images that decide when to stop, and test images for the end.
//!
//! Every class is divided in the same proportions. Some rows are never divided: files with equal bytes
//! (they share an [`ImageId`]), near duplicates, and, where a field of the file names groups them, images of one group.
//! So no image is tested whose like was learned from. The result depends on the ids, not on the order of the rows.

mod divide;
mod folds;
mod given;
mod near;
mod proof;
mod recipe;
mod units;
mod warnings;

use serde::{Deserialize, Serialize};

use crate::data::{ClassId, ImageId};
use crate::progress::{Lack, SplitWarning};
use divide::{SplitPart, divide};
pub use folds::{Folds, FoldsError};
pub use given::Part;
pub use near::NearDuplicates;
pub use proof::{Disjointness, GroupProof, NearProof};
pub use recipe::{SharesError, SplitRecipe, SplitShares};
use units::{Unit, Units};
use warnings::{class_warnings, general_warnings};

/// Labelled images to be divided: row `i` of everything belongs to the same image.
#[derive(Debug, Clone, Copy)]
pub struct Divisible<'a> {
    /// Content ids; equal ones are never divided.
    pub ids: &'a [ImageId],
    /// Class of each image, a position in `names`.
    pub classes: &'a [ClassId],
    /// Class names.
    pub names: &'a [String],
    /// Groups that are not divided.
    pub groups: Option<&'a Groups>,
    /// Near duplicates, which are not divided either.
    pub near: Option<&'a NearDuplicates>,
}

/// Groups of images by a field of their file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// Name of the field.
    pub field: String,
    /// Its value for each row; empty where the name says nothing: such an image stands for itself.
    pub values: Vec<String>,
}

/// Row numbers of the three parts, each ascending; every row is in exactly one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Rows the weights are learned from.
    pub train: Vec<usize>,
    /// Rows that decide when to stop.
    pub validation: Vec<usize>,
    /// Rows that are looked at a single time, at the end.
    pub test: Vec<usize>,
}

impl Split {
    /// Training, validation and test rows.
    #[must_use]
    pub fn parts(&self) -> [&[usize]; 3] {
        [&self.train, &self.validation, &self.test]
    }

    /// Divides the rows of `data` in the shares of `recipe`. Returns the split and what is worth a warning.
    ///
    /// A class with fewer units than parts goes to training first, then to validation. A class that one group alone
    /// shows is divided by image, with a warning; [`Split::disjointness`] says so too.
    ///
    /// # Panics
    /// When the rows of `data` differ in number, or a class has no name.
    #[must_use]
    pub fn of(data: &Divisible<'_>, recipe: &SplitRecipe, seed: u64) -> (Self, Vec<SplitWarning>) {
        let shares = recipe.shares();
        let units = Units::of(data);
        let all: Vec<&Unit> = units.all.iter().collect();
        let parts = [(shares.train, 4.0), (shares.validation, 2.0), (shares.test, 1.0)];
        let parts = parts.map(|(share, need)| SplitPart { share: share.get(), need });
        let part_of = divide(&all, data.names.len(), &parts, shares.seed.unwrap_or(seed));
        let [train, validation, test] = [0, 1, 2].map(|part| rows_of_part(&all, &part_of, part));

        let mut warnings = general_warnings(data, &units);
        let wanted: Vec<(usize, &'static str)> = ["training", "validation", "test"]
            .into_iter()
            .enumerate()
            .filter(|&(part, _)| parts[part].share > 0.0)
            .collect();
        warnings.extend(class_warnings(data, &units, |units_of_class| {
            let lacking = |part| !units_of_class.iter().any(|&unit| part_of[unit] == part);
            let missing: Vec<&'static str> =
                wanted.iter().filter(|&&(part, _)| lacking(part)).map(|&(_, name)| name).collect();
            (!missing.is_empty()).then_some(Lack::Parts(missing))
        }));
        (Self { train, validation, test }, warnings)
    }

    /// As [`Split::of`], where only copies of an image must stay together.
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
    ) -> (Self, Vec<SplitWarning>) {
        Self::of(&Divisible { ids, classes, names, groups: None, near: None }, recipe, seed)
    }
}

/// Rows of the units in `part`, ascending.
fn rows_of_part(units: &[&Unit], part_of: &[usize], part: usize) -> Vec<usize> {
    let inside = units.iter().zip(part_of).filter(|&(_, &other)| other == part);
    let mut rows: Vec<usize> = inside.flat_map(|(unit, _)| unit.rows.iter().copied()).collect();
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests;
