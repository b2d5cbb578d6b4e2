//! Units of a split, never divided: copies of an image, near duplicates, and images of one group.

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

/// All rows in units, and what could not be kept together.
pub struct Units {
    /// In an order that does not depend on the rows': by their lowest image id.
    pub all: Vec<Unit>,
    /// Classes that one group alone shows, with that group: they are divided by image.
    pub lone: BTreeMap<usize, String>,
    /// Images that near duplicates in different groups would have tied together; those are divided by group.
    pub loosened: usize,
}

/// The share of all images that groups tied together by near duplicates may reach. A few featureless images, all alike
/// and found in every group, would otherwise make one bundle of the whole data set.
const MOST_TIED: f64 = 0.1;

impl Units {
    /// Joins the rows of `data` that must not be divided.
    pub fn of(data: &Divisible<'_>) -> Self {
        let n = data.ids.len();
        let lone = lone_classes(data);
        let mut union = UnionFind((0..n).collect());
        union.by_key(data.ids.iter().map(Some));
        if let Some(groups) = data.groups {
            let bound = |row: usize| !lone.contains_key(&data.classes[row].0);
            let values = groups.values.iter().enumerate();
            union.by_key(values.map(|(row, value)| (!value.is_empty() && bound(row)).then_some(value)));
        }
        let mut loosened = 0;
        if let Some(near) = data.near {
            let mut tied = union.clone();
            tied.by_key(near.groups().iter().map(Some));
            let sizes = tied.sizes();
            let too_large = |root: usize| data.groups.is_some() && sizes[&root] as f64 > MOST_TIED * n as f64;
            let roots: Vec<usize> = (0..n).map(|row| tied.root(row)).collect();
            let alone = union.sizes();
            let own: Vec<usize> = (0..n).map(|row| union.root(row)).collect();
            let loose = |row: usize| too_large(roots[row]) && alone[&own[row]] < sizes[&roots[row]];
            loosened = (0..n).filter(|&row| loose(row)).count();
            let keys = near.groups().iter().enumerate();
            union.by_key(keys.map(|(row, bundle)| (!loose(row)).then_some(bundle)));
        }
        let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for row in 0..n {
            rows_of.entry(union.root(row)).or_default().push(row);
        }
        let mut units: Vec<(Option<ImageId>, Unit)> =
            rows_of.into_values().map(|rows| (rows.iter().map(|&row| data.ids[row]).min(), unit(data, rows))).collect();
        units.sort_by_key(|(lowest, _)| *lowest);
        Self { all: units.into_iter().map(|(_, unit)| unit).collect(), lone, loosened }
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
#[derive(Clone)]
struct UnionFind(Vec<usize>);

impl UnionFind {
    fn root(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    /// Rows per root.
    fn sizes(&mut self) -> BTreeMap<usize, usize> {
        let mut sizes = BTreeMap::new();
        for row in 0..self.0.len() {
            *sizes.entry(self.root(row)).or_default() += 1;
        }
        sizes
    }

    /// Joins rows of equal keys; a row without a key is union with none.
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
