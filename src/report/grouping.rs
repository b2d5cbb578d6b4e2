//! Groups as plots see them: clusters, the values of a name field, or true classes.

use std::collections::BTreeSet;

use ndarray::Array2;

use crate::data::Clustering;

/// A named group per image.
///
/// Every `Some` in `of` is a position in `names`; `None` is noise, or an image without the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    of: Vec<Option<usize>>,
    names: Vec<String>,
    rest: String,
}

impl Grouping {
    /// Groups of these names; `rest` is what images without a group are called.
    ///
    /// # Panics
    /// When a group is no position in `names`.
    #[must_use]
    pub fn new(of: Vec<Option<usize>>, names: &[&str], rest: &str) -> Self {
        assert!(of.iter().flatten().all(|group| *group < names.len()), "every group has a name");
        Self { of, names: names.iter().map(|&name| name.to_owned()).collect(), rest: rest.to_owned() }
    }

    /// One group per cluster, named by its number; the rest is noise.
    #[must_use]
    pub fn clusters(clustering: &Clustering) -> Self {
        Self {
            of: clustering.labels().iter().map(|label| label.map(|id| id.0 as usize)).collect(),
            names: clustering.ids().map(|id| id.to_string()).collect(),
            rest: "noise".to_owned(),
        }
    }

    /// One group per distinct value, sorted by name (numbers by value).
    #[must_use]
    pub fn values<S: AsRef<str>>(values: &[Option<S>]) -> Self {
        let distinct: BTreeSet<&str> = values.iter().flatten().map(AsRef::as_ref).collect();
        let mut names: Vec<String> = distinct.into_iter().map(str::to_owned).collect();
        names.sort_by_key(|name| name.parse::<u64>().map_or((1, 0), |number| (0, number)));
        let place: std::collections::BTreeMap<&str, usize> =
            names.iter().enumerate().map(|(i, name)| (name.as_str(), i)).collect();
        let of = values.iter().map(|value| value.as_ref().map(|value| place[value.as_ref()])).collect();
        Self { of, names, rest: "none".to_owned() }
    }

    /// Groups of these names; an entry per image is a position in `names`.
    #[must_use]
    pub fn named(names: &[String], of: impl IntoIterator<Item = Option<usize>>) -> Self {
        let of = of.into_iter().map(|group| group.filter(|at| *at < names.len())).collect();
        Self { of, names: names.to_vec(), rest: "none".to_owned() }
    }

    /// One entry per image.
    #[must_use]
    pub fn of(&self) -> &[Option<usize>] {
        &self.of
    }

    /// Names of the groups.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Name for images without a group: `noise` or `none`.
    #[must_use]
    pub fn rest(&self) -> &str {
        &self.rest
    }

    /// The images of these rows, with the same groups.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self { of: rows.iter().map(|&row| self.of[row]).collect(), names: self.names.clone(), rest: self.rest.clone() }
    }

    /// Number of groups, the rest not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no groups.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether some image has no group.
    #[must_use]
    pub fn has_rest(&self) -> bool {
        self.of.contains(&None)
    }

    /// The names, with that of the rest at the end where there is one.
    #[must_use]
    pub fn all_names(&self) -> Vec<String> {
        let rest = self.has_rest().then(|| self.rest.clone());
        self.names.iter().cloned().chain(rest).collect()
    }

    /// Images per group, the rest at the end where there is one.
    #[must_use]
    pub fn sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.all_names().len()];
        for group in &self.of {
            sizes[group.unwrap_or(self.names.len())] += 1;
        }
        sizes
    }

    /// Images in both groups, shape `[self.all_names().len(), columns.all_names().len()]`;
    /// images that only one of the two knows are not counted.
    #[must_use]
    pub fn cross(&self, columns: &Self) -> Array2<u64> {
        let mut counts = Array2::zeros((self.all_names().len(), columns.all_names().len()));
        for (row, column) in self.of.iter().zip(&columns.of) {
            counts[[row.unwrap_or(self.names.len()), column.unwrap_or(columns.names.len())]] += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn crossing_counts_pairs_and_the_rest() {
        let clusters = Grouping::clusters(&Clustering::by_number(&[Some(0), Some(1), None, Some(1)]));
        let tenants = Grouping::values(&[Some("b"), Some("a"), Some("b"), None]);
        assert_eq!(clusters.all_names(), ["0", "1", "noise"]);
        assert_eq!(tenants.all_names(), ["a", "b", "none"]);
        assert_eq!(clusters.cross(&tenants), array![[0, 1, 0], [1, 0, 1], [0, 1, 0]]);
        assert_eq!(clusters.sizes(), [1, 2, 1]);
    }

    #[test]
    fn numbers_sort_by_value() {
        let sids = Grouping::values(&[Some("1070"), Some("99"), Some("x")]);
        assert_eq!(sids.names(), ["99", "1070", "x"]);
    }
}
