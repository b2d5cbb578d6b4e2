//! What is never divided: copies of an image, near duplicates, and images of one group.

use std::collections::{BTreeMap, BTreeSet};

use super::Divisible;
use crate::data::ImageId;

/// Rows that stay together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Ascending.
    pub rows: Vec<usize>,
    /// Distinct images per class, classes ascending; of copies with different classes the lowest counts.
    pub images: Vec<(usize, usize)>,
}

impl Unit {
    /// Distinct images of all classes.
    pub fn n_images(&self) -> usize {
        self.images.iter().map(|(_, images)| images).sum()
    }
}

/// All rows in units, and the classes that could not be kept to theirs.
pub struct Units {
    /// In an order that does not depend on the rows': by their lowest image id.
    pub units: Vec<Unit>,
    /// Classes that one group alone shows, with that group: they are divided by image.
    pub lone: BTreeMap<usize, String>,
}

impl Units {
    /// Joins the rows of `data` that must not be divided.
    pub fn of(data: &Divisible<'_>) -> Self {
        let n = data.ids.len();
        let lone = lone_classes(data);
        let mut joined = Joined((0..n).collect());
        joined.by_key(data.ids.iter().map(Some));
        if let Some(near) = data.near {
            joined.by_key(near.groups().iter().map(Some));
        }
        if let Some(groups) = data.groups {
            let bound = |row: usize| !lone.contains_key(&data.classes[row].0);
            let values = groups.values.iter().enumerate();
            joined.by_key(values.map(|(row, value)| (!value.is_empty() && bound(row)).then_some(value)));
        }
        let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for row in 0..n {
            rows_of.entry(joined.root(row)).or_default().push(row);
        }
        let mut units: Vec<(Option<ImageId>, Unit)> =
            rows_of.into_values().map(|rows| (rows.iter().map(|&row| data.ids[row]).min(), unit(data, rows))).collect();
        units.sort_by_key(|(lowest, _)| *lowest);
        Self { units: units.into_iter().map(|(_, unit)| unit).collect(), lone }
    }
}

fn unit(data: &Divisible<'_>, rows: Vec<usize>) -> Unit {
    let mut class_of: BTreeMap<ImageId, usize> = BTreeMap::new();
    for &row in &rows {
        let class = data.classes[row].0;
        class_of.entry(data.ids[row]).and_modify(|lowest| *lowest = class.min(*lowest)).or_insert(class);
    }
    let mut images: BTreeMap<usize, usize> = BTreeMap::new();
    for class in class_of.into_values() {
        *images.entry(class).or_default() += 1;
    }
    Unit { rows, images: images.into_iter().collect() }
}

/// Classes of several images that all carry the same group.
fn lone_classes(data: &Divisible<'_>) -> BTreeMap<usize, String> {
    let Some(groups) = data.groups else { return BTreeMap::new() };
    let mut seen: BTreeMap<usize, (BTreeSet<&str>, BTreeSet<ImageId>)> = BTreeMap::new();
    for (row, value) in groups.values.iter().enumerate() {
        let (values, images) = seen.entry(data.classes[row].0).or_default();
        values.insert(value);
        images.insert(data.ids[row]);
    }
    let alone = seen.into_iter().filter(|(_, (values, images))| values.len() == 1 && images.len() > 1);
    let named = alone.filter_map(|(class, (values, _))| Some((class, (*values.first()?).to_owned())));
    named.filter(|(_, value)| !value.is_empty()).collect()
}

/// A union-find over rows.
struct Joined(Vec<usize>);

impl Joined {
    fn root(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    /// Joins rows of equal keys; a row without a key is joined with none.
    fn by_key<K: Ord>(&mut self, keys: impl Iterator<Item = Option<K>>) {
        let mut first = BTreeMap::new();
        for (row, key) in keys.enumerate() {
            let Some(key) = key else { continue };
            let other = *first.entry(key).or_insert(row);
            let (a, b) = (self.root(other), self.root(row));
            self.0[a.max(b)] = a.min(b);
        }
    }
}
