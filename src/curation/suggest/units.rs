//! Units of evidence: what was labelled at one glance.
//!
//! A cluster that got a name is one of them, whatever its size, since its images were not looked at one by one; an image
//! that a person labelled by itself is another.

use std::collections::BTreeMap;

use super::known_labels::KnownLabels;
use crate::data::ClusterId;

/// Labels given at one glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Their class, a position in the list of classes.
    pub class: usize,
    /// The images, ascending.
    pub rows: Vec<usize>,
    /// Whether a person looked at this very image.
    pub by_hand: bool,
}

/// The units of `known`, sorted by class. `clusters` is the review cluster of each row.
pub(super) fn units_of(known: &KnownLabels, clusters: &[Option<ClusterId>]) -> Vec<Unit> {
    let mut named: BTreeMap<(usize, Option<ClusterId>), Vec<usize>> = BTreeMap::new();
    let mut units = Vec::new();
    for (row, class) in known.labelled() {
        if known.by_hand[row] {
            units.push(Unit { class, rows: vec![row], by_hand: true });
        } else {
            named.entry((class, clusters[row])).or_default().push(row);
        }
    }
    units.extend(named.into_iter().map(|((class, _), rows)| Unit { class, rows, by_hand: false }));
    units.sort_by(|a, b| (a.class, &a.rows).cmp(&(b.class, &b.rows)));
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_cluster_is_one_and_so_is_an_image_looked_at() {
        let known = KnownLabels {
            classes: vec!["a".to_owned(), "b".to_owned()],
            label: vec![Some(1), Some(1), Some(0), None, Some(1)],
            by_hand: vec![false, false, true, false, true],
            seq: vec![1, 1, 2, 0, 3],
            as_named: vec![None; 5],
            removed: vec![false; 5],
        };
        let cluster = |id| Some(ClusterId(id));
        let found = units_of(&known, &[cluster(0), cluster(0), cluster(0), cluster(1), cluster(1)]);
        let unit = |class, rows: &[usize], by_hand| Unit { class, rows: rows.to_vec(), by_hand };
        assert_eq!(found, [unit(0, &[2], true), unit(1, &[0, 1], false), unit(1, &[4], true)]);
    }
}
