//! Warnings about a split: data that cannot be divided as wished.

use std::collections::BTreeSet;

use super::{Divisible, Unit, Units};
use crate::progress::{Lack, SplitWarning};

/// Warnings about the data as a whole: images without a group, classes that one group alone shows, near duplicates that
/// swallow most of the data.
pub fn general_warnings(data: &Divisible<'_>, units: &Units) -> Vec<SplitWarning> {
    let mut warnings = Vec::new();
    if let Some(groups) = data.groups {
        let field = &groups.field;
        let images = groups.values.iter().filter(|value| value.is_empty()).count();
        if images > 0 {
            warnings.push(SplitWarning::ImagesWithoutGroup { images, field: field.clone() });
        }
        warnings.extend(units.lone.iter().map(|(class, group)| SplitWarning::ClassInOneGroup {
            class: data.names[*class].clone(),
            field: field.clone(),
            group: group.clone(),
        }));
        if units.loosened > 0 {
            let (tied, images) = (units.loosened, data.ids.len());
            warnings.push(SplitWarning::NearDuplicatesAcrossGroups { tied, images, field: field.clone() });
        }
    }
    let tied = units.all.iter().map(Unit::n_images).max().unwrap_or(0);
    let images: usize = units.all.iter().map(Unit::n_images).sum();
    if data.near.is_some() && data.groups.is_none() && tied > 20 && 5 * tied > images {
        warnings.push(SplitWarning::NearDuplicatesDominate { tied, images });
    }
    warnings
}

/// A warning about every class that has no image, and about those for which `lacking`, given the numbers of the class's
/// units, finds a lack.
pub fn class_warnings(
    data: &Divisible<'_>,
    units: &Units,
    lacking: impl Fn(&[usize]) -> Option<Lack>,
) -> Vec<SplitWarning> {
    let mut units_of = vec![Vec::new(); data.names.len()];
    for (number, unit) in units.all.iter().enumerate() {
        for &(class, _) in &unit.images {
            units_of[class].push(number);
        }
    }
    let warning = |(class, of_class): (usize, Vec<usize>)| {
        let name = data.names[class].clone();
        if of_class.is_empty() {
            return Some(SplitWarning::ClassNotLabelled { class: name });
        }
        let lack = lacking(&of_class)?;
        let rows = of_class.iter().flat_map(|&unit| &units.all[unit].rows);
        let distinct: BTreeSet<_> =
            rows.filter(|&&row| data.classes[row].0 == class).map(|&row| data.ids[row]).collect();
        Some(SplitWarning::ClassLacks { class: name, images: distinct.len(), units: of_class.len(), lack })
    };
    units_of.into_iter().enumerate().filter_map(warning).collect()
}
