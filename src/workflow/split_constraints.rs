//! Constraints of a split: images that must stay together when labelled images are divided, as `[split]` says.

use super::WorkflowError;
use super::feature_table::FeatureTable;
use crate::data::{ClassId, ImageId, ImageRecord};
use crate::images::ImageError;
use crate::progress::{Observer, Warning};
use crate::reducers::{Reducer as _, Standardize, Transform as _};
use crate::training::{Disjointness, Divisible, Groups, NearDuplicates, Split, SplitRecipe};
use ndarray::{Array2, ArrayView2};

/// Groups and near duplicates among labelled images.
pub(crate) struct SplitConstraints {
    groups: Option<Groups>,
    near: Option<NearDuplicates>,
    /// The features in which near duplicates are near, where these are not the features themselves.
    standardised: Option<Array2<f32>>,
}

impl SplitConstraints {
    /// Reads the groups from the names of the images of `table` and looks for near duplicates among its rows.
    ///
    /// What was measured in many units, pixels beside grey levels beside angles, is standardised first: else the widest
    /// column alone would say what is near. Features of a network have one unit.
    ///
    /// # Errors
    /// When no name has the field to group by.
    pub(crate) fn of(
        table: &FeatureTable,
        recipe: &SplitRecipe,
        observer: &dyn Observer,
    ) -> Result<Self, WorkflowError> {
        let records = &table.manifest.records;
        let shares = recipe.shares();
        let groups = shares.group_by.as_deref().map(|field| groups(records, field)).transpose()?;
        if shares.near_duplicates.get() > 0.0 && records.len() > NearDuplicates::MOST_IMAGES {
            observer.warn(&Warning::NearDuplicatesSkipped { most: NearDuplicates::MOST_IMAGES });
        }
        let x = table.x.view();
        // What cannot be standardised, a single image, has no near duplicate either.
        let standardise = || Standardize.fit(x, 0).and_then(|map| map.transform(x)).ok();
        let standardised = table.chain.recipe.has_many_units().then(standardise).flatten();
        let near = NearDuplicates::find(view(standardised.as_ref(), x), shares.near_duplicates);
        Ok(Self { groups, near, standardised })
    }

    /// Looks for whatever the parts of `split` share.
    pub(crate) fn disjointness(&self, split: &Split, data: &Divisible<'_>, table: &FeatureTable) -> Disjointness {
        split.disjointness(data, view(self.standardised.as_ref(), table.x.view()))
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

fn view<'a>(standardised: Option<&'a Array2<f32>>, x: ArrayView2<'a, f32>) -> ArrayView2<'a, f32> {
    standardised.map_or(x, ndarray::ArrayBase::view)
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
