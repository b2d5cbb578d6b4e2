//! `folds.csv`: `id, path, class, fold`, then for every recipe that could be trained `r<n>_class` and `r<n>_p_<class>`
//! for every class: which fold tests an image, and what each recipe took it for without having learned from it.

use std::path::Path;

use ndarray::ArrayView2;

use super::{TableError, csv_table};
use crate::data::ImageId;

/// Its name in a run folder.
pub const FILE: &str = "folds.csv";

/// A labelled image.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldRow<'a> {
    pub id: ImageId,
    pub path: String,
    /// Its label.
    pub class: &'a str,
    /// Counted from 1.
    pub fold: usize,
}

/// Predictions of one recipe, image by image.
#[derive(Debug, Clone, PartialEq)]
pub struct RecipeColumns<'a> {
    /// Its number in the recipe file, from 1.
    pub number: usize,
    /// The most likely class of every image.
    pub predicted: Vec<&'a str>,
    /// Shape `[n_images, n_classes]`.
    pub probabilities: ArrayView2<'a, f32>,
}

/// Writes one row per image; `recipes` have as many entries as there are `rows`.
///
/// # Errors
/// When the disk refuses.
pub fn write(
    path: &Path,
    classes: &[String],
    rows: &[FoldRow<'_>],
    recipes: &[RecipeColumns<'_>],
) -> Result<(), TableError> {
    let mut header = ["id", "path", "class", "fold"].map(str::to_owned).to_vec();
    for RecipeColumns { number, .. } in recipes {
        header.push(format!("r{number}_class"));
        header.extend(classes.iter().map(|class| format!("r{number}_p_{class}")));
    }
    let cells = |(at, row): (usize, &FoldRow<'_>)| {
        let mut cells = vec![row.id.to_string(), row.path.clone(), row.class.to_owned(), row.fold.to_string()];
        for recipe in recipes {
            cells.push(recipe.predicted[at].to_owned());
            cells.extend(recipe.probabilities.row(at).iter().map(f32::to_string));
        }
        cells
    };
    csv_table::write(path, header, rows.iter().enumerate().map(cells))
}
