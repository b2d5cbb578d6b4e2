//! Contingency tables: how often group `a` of one labelling meets group `b` of another.

use std::collections::BTreeMap;

/// A table of counts; rows are the groups of the first labelling, columns those of the second, both ascending.
///
/// No row and no column is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contingency {
    counts: Vec<Vec<u64>>,
    n_columns: usize,
}

impl Contingency {
    /// Counts the pairs; images that either side leaves out (`None`: noise, unknown) are not counted.
    pub fn new<A: Ord + Copy, B: Ord + Copy>(pairs: impl IntoIterator<Item = (Option<A>, Option<B>)>) -> Self {
        let mut cells: BTreeMap<(A, B), u64> = BTreeMap::new();
        for (a, b) in pairs {
            if let (Some(a), Some(b)) = (a, b) {
                *cells.entry((a, b)).or_default() += 1;
            }
        }
        let mut rows: BTreeMap<A, usize> = cells.keys().map(|(a, _)| (*a, 0)).collect();
        let mut columns: BTreeMap<B, usize> = cells.keys().map(|(_, b)| (*b, 0)).collect();
        rows.values_mut().zip(0..).for_each(|(place, i)| *place = i);
        columns.values_mut().zip(0..).for_each(|(place, i)| *place = i);
        let mut counts = vec![vec![0; columns.len()]; rows.len()];
        for ((a, b), count) in cells {
            counts[rows[&a]][columns[&b]] = count;
        }
        Self { n_columns: columns.len(), counts }
    }

    /// Counts, row by row.
    #[must_use]
    pub fn rows(&self) -> &[Vec<u64>] {
        &self.counts
    }

    /// Number of groups of the second labelling.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Images in each group of the first labelling.
    #[must_use]
    pub fn row_sums(&self) -> Vec<u64> {
        self.counts.iter().map(|row| row.iter().sum()).collect()
    }

    /// Images in each group of the second labelling.
    #[must_use]
    pub fn column_sums(&self) -> Vec<u64> {
        (0..self.n_columns).map(|column| self.counts.iter().map(|row| row[column]).sum()).collect()
    }

    /// Images counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.row_sums().iter().sum()
    }
}
