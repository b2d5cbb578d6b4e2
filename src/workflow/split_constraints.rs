//! Constraints of a split: images that must stay together when labelled images are divided, as `[split]` says.

use super::WorkflowError;
use crate::data::{ClassId, ImageId, ImageRecord};
use crate::images::ImageError;
use crate::progress::{Observer, Warning};
use crate::training::{Divisible, Groups, NearDuplicates, SplitRecipe};
use ndarray::ArrayView2;

/// Groups and near duplicates among labelled images.
pub(crate) struct SplitConstraints {
    groups: Option<Groups>,
    near: Option<NearDuplicates>,
}

impl SplitConstraints {
    /// Reads the groups from the names of `records` and looks for near duplicates among the rows of `x`, of shape
    /// `[records.len(), n_features]`.
    ///
    /// # Errors
    /// When no name has the field to group by.
    pub(crate) fn of(
        records: &[ImageRecord],
        x: ArrayView2<'_, f32>,
        recipe: &SplitRecipe,
        observer: &dyn Observer,
    ) -> Result<Self, WorkflowError> {
        let shares = recipe.shares();
        let groups = shares.group_by.as_deref().map(|field| groups(records, field)).transpose()?;
        if shares.near_duplicates.get() > 0.0 && records.len() > NearDuplicates::MOST_IMAGES {
            observer.warn(&Warning::NearDuplicatesSkipped { most: NearDuplicates::MOST_IMAGES });
        }
        Ok(Self { groups, near: NearDuplicates::find(x, shares.near_duplicates) })
    }

    /// The images, to be divided. All slices have one entry per record.
    pub(crate) fn divisible<'a>(
        &'a self,
        ids: &'a [ImageId],
        classes: &'a [ClassId],
        names: &'a [String],
    ) -> Divisible<'a> {
        Divisible { ids, classes, names, groups: self.groups.as_ref(), near: self.near.as_ref() }
    }
}

fn groups(records: &[ImageRecord], field: &str) -> Result<Groups, ImageError> {
    let values: Vec<String> =
        records.iter().map(|record| record.fields.get(field).cloned().unwrap_or_default()).collect();
    if values.iter().all(String::is_empty) {
        let known: std::collections::BTreeSet<&String> = records.iter().flat_map(|r| r.fields.keys()).collect();
        return Err(ImageError::UnknownField { field: field.to_owned(), known: known.into_iter().cloned().collect() });
    }
    Ok(Groups { field: field.to_owned(), values })
}
