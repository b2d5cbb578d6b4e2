//! Warnings about a split, in sentences.

use std::collections::BTreeSet;

use super::{Divisible, Unit, Units};

/// Warnings about the data as a whole: images without a group, classes that one group alone shows, near duplicates that
/// swallow most of the data.
pub fn general_warnings(data: &Divisible<'_>, units: &Units) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(groups) = data.groups {
        let without = groups.values.iter().filter(|value| value.is_empty()).count();
        if without > 0 {
            warnings.push(format!("{} without a `{}`: each stands for itself", images(without), groups.field));
        }
        for (class, group) in &units.lone {
            warnings.push(format!(
                "`{}` is found in one {field} only, `{group}`: its images are divided one by one, so {field} `{group}` \
                 is in several parts",
                data.names[*class],
                field = groups.field
            ));
        }
    }
    if let (Some(groups), true) = (data.groups, units.loosened > 0) {
        warnings.push(format!(
            "near duplicates in different values of {} would tie {} of {} images together: those are divided by {} all \
             the same",
            groups.field,
            units.loosened,
            data.ids.len(),
            groups.field
        ));
    }
    let largest = units.all.iter().map(Unit::n_images).max().unwrap_or(0);
    let all: usize = units.all.iter().map(Unit::n_images).sum();
    if data.near.is_some() && data.groups.is_none() && largest > 20 && 5 * largest > all {
        warnings.push(format!(
            "near duplicates tie {largest} of {all} images together, which cannot be divided: lower \
             `split.near_duplicates`"
        ));
    }
    warnings
}

/// A sentence on every class that has no image, and on those for which `lacking`, given the numbers of the class's
/// units, has something to say.
pub fn class_warnings(
    data: &Divisible<'_>,
    units: &Units,
    lacking: impl Fn(&[usize]) -> Option<String>,
) -> Vec<String> {
    let mut units_of = vec![Vec::new(); data.names.len()];
    for (number, unit) in units.all.iter().enumerate() {
        for &(class, _) in &unit.images {
            units_of[class].push(number);
        }
    }
    let sentence = |(class, of_class): (usize, Vec<usize>)| {
        let name = &data.names[class];
        if of_class.is_empty() {
            return Some(format!("no image is labelled `{name}`: it cannot be learned"));
        }
        let lacking = lacking(&of_class)?;
        let rows = of_class.iter().flat_map(|&unit| &units.all[unit].rows);
        let distinct: BTreeSet<_> =
            rows.filter(|&&row| data.classes[row].0 == class).map(|&row| data.ids[row]).collect();
        let tied = match of_class.len() {
            units if units == distinct.len() => String::new(),
            1 => ", all tied together".to_owned(),
            units => format!(" tied into {units} bundles"),
        };
        Some(format!("`{name}` has {}{tied}: {lacking}", distinct_images(distinct.len())))
    };
    units_of.into_iter().enumerate().filter_map(sentence).collect()
}

fn images(n: usize) -> String {
    if n == 1 { "1 image".to_owned() } else { format!("{n} images") }
}

fn distinct_images(n: usize) -> String {
    if n == 1 { "1 distinct image".to_owned() } else { format!("{n} distinct images") }
}
