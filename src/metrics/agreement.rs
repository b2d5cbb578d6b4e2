//! Agreement of two labellings of the same images, however their groups are named.
//!
//! Formulas as in scikit-learn; each is `None` where there is nothing to compare.

use super::Contingency;
use super::hungarian;
use crate::data::Clustering;

/// Adjusted Rand index, in `-0.5..=1.0`: 1 for equal groupings, about 0 for unrelated ones.
///
/// Reference: Hubert & Arabie, "Comparing partitions", 1985.
#[must_use]
pub fn adjusted_rand_index(table: &Contingency) -> Option<f64> {
    let total = table.total();
    if total == 0 {
        return None;
    }
    // Pair counts as in scikit-learn's pair confusion matrix; u128, because squares of a million squared overflow.
    let squares = |counts: &mut dyn Iterator<Item = u64>| counts.map(|c| i128::from(c) * i128::from(c)).sum::<i128>();
    let n = i128::from(total);
    let cells = squares(&mut table.rows().iter().flatten().copied());
    let rows = squares(&mut table.row_sums().into_iter());
    let columns = squares(&mut table.column_sums().into_iter());
    let together = cells - n;
    let (only_first, only_second) = (rows - cells, columns - cells);
    let apart = n * n - rows - columns + cells;
    if only_first == 0 && only_second == 0 {
        return Some(1.0);
    }
    let [t, f, s, a] = [together, only_first, only_second, apart].map(|count| count as f64);
    Some(2.0 * (t * a - s * f) / ((t + s) * (s + a) + (t + f) * (f + a)))
}

/// Normalised mutual information (arithmetic mean), in `0.0..=1.0`.
#[must_use]
pub fn normalized_mutual_information(table: &Contingency) -> Option<f64> {
    let total = table.total() as f64;
    if total == 0.0 {
        return None;
    }
    let (rows, columns) = (table.row_sums(), table.column_sums());
    if rows.len() == 1 && columns.len() == 1 {
        return Some(1.0);
    }
    let entropy = |sums: &[u64]| -sums.iter().map(|&s| s as f64 / total).map(|p| p * p.ln()).sum::<f64>();
    let mut information = 0.0;
    for (row, &row_sum) in table.rows().iter().zip(&rows) {
        for (&count, &column_sum) in row.iter().zip(&columns).filter(|(count, _)| **count > 0) {
            let (count, expected) = (count as f64, row_sum as f64 * column_sum as f64);
            information += count / total * (count * total / expected).ln();
        }
    }
    let mean = f64::midpoint(entropy(&rows), entropy(&columns));
    Some(if mean > 0.0 { (information / mean).clamp(0.0, 1.0) } else { 0.0 })
}

/// Share of images that belong to the commonest class of their cluster, in `0.0..=1.0`; rows are clusters.
#[must_use]
pub fn purity(table: &Contingency) -> Option<f64> {
    let hits: u64 = table.rows().iter().filter_map(|row| row.iter().max()).sum();
    share(hits, table.total())
}

/// Cramér's V, in `0.0..=1.0`: how much one grouping says about the other; 0 where either has a single group.
///
/// Without bias correction.
#[must_use]
pub fn cramers_v(table: &Contingency) -> Option<f64> {
    let total = table.total() as f64;
    if total == 0.0 {
        return None;
    }
    let (rows, columns) = (table.row_sums(), table.column_sums());
    let freedom = rows.len().min(columns.len()) - 1;
    if freedom == 0 {
        return Some(0.0);
    }
    let mut deviation = -1.0; // chi squared / n = Σ count² / (row · column) − 1
    for (row, &row_sum) in table.rows().iter().zip(&rows) {
        for (&count, &column_sum) in row.iter().zip(&columns) {
            deviation += (count as f64).powi(2) / (row_sum as f64 * column_sum as f64);
        }
    }
    Some((deviation.max(0.0) / freedom as f64).sqrt().min(1.0))
}

/// Share of images whose class is that of their cluster when clusters and classes are paired best, in `0.0..=1.0`.
///
/// One cluster per class and one class per cluster; images of unpaired clusters count as wrong.
#[must_use]
pub fn hungarian_accuracy(table: &Contingency) -> Option<f64> {
    let size = table.rows().len().max(table.n_columns());
    let gains: Vec<Vec<i64>> = (0..size)
        .map(|r| {
            (0..size)
                .map(|c| {
                    table.rows().get(r).and_then(|row| row.get(c)).map_or(0, |&v| i64::try_from(v).unwrap_or(i64::MAX))
                })
                .collect()
        })
        .collect();
    let hits: i64 = hungarian::best_pairing(&gains).into_iter().enumerate().map(|(r, c)| gains[r][c]).sum();
    share(hits.unsigned_abs(), table.total())
}

/// Mean adjusted Rand index over all pairs of clusterings of the same images, in `-0.5..=1.0`; `None` for fewer than
/// two.
///
/// Noise counts as a group of its own: whether an image is noise is part of the answer.
#[must_use]
pub fn stability(clusterings: &[Clustering]) -> Option<f64> {
    let mut indices = Vec::new();
    for (i, first) in clusterings.iter().enumerate() {
        for second in &clusterings[i + 1..] {
            let pairs = first.signed().into_iter().map(Some).zip(second.signed().into_iter().map(Some));
            indices.extend(adjusted_rand_index(&Contingency::new(pairs)));
        }
    }
    (!indices.is_empty()).then(|| indices.iter().sum::<f64>() / indices.len() as f64)
}

fn share(part: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| part as f64 / total as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(first: &[u8], second: &[u8]) -> Contingency {
        Contingency::new(first.iter().copied().map(Some).zip(second.iter().copied().map(Some)))
    }

    fn close(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?} is not {expected}");
    }

    /// The numbers are scikit-learn 1.9.1's and scipy's, on these twelve images (tests/golden/agreement.py).
    #[test]
    fn agrees_with_scikit_learn() {
        let table = table(&[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2], &[0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3]);
        close(adjusted_rand_index(&table), GOLDEN[0]);
        close(normalized_mutual_information(&table), GOLDEN[1]);
        close(purity(&table), GOLDEN[2]);
        close(cramers_v(&table), GOLDEN[3]);
        close(hungarian_accuracy(&table), GOLDEN[4]);
    }

    const GOLDEN: [f64; 5] = [
        0.287_769_784_172_661_86,
        0.557_673_386_923_087_5,
        0.666_666_666_666_666_6,
        0.730_296_743_340_221_4,
        0.666_666_666_666_666_6,
    ];

    #[test]
    fn nothing_to_compare_is_none_and_single_groups_are_equal() {
        let none = Contingency::new([(None::<u8>, Some(1_u8)), (Some(2), None)]);
        assert_eq!((none.total(), adjusted_rand_index(&none), purity(&none)), (0, None, None));
        assert_eq!((hungarian_accuracy(&none), cramers_v(&none)), (None, None));
        let one = table(&[0, 0], &[3, 3]);
        assert_eq!((adjusted_rand_index(&one), normalized_mutual_information(&one)), (Some(1.0), Some(1.0)));
        assert_eq!(cramers_v(&one), Some(0.0));
    }

    #[test]
    fn stability_is_one_for_equal_answers() {
        let clustering = Clustering::by_first_appearance([Some(0), Some(1), None, Some(1)]);
        assert_eq!(stability(&[clustering.clone(), clustering.clone()]), Some(1.0));
        assert_eq!(stability(&[clustering]), None);
    }

    proptest! {
        #[test]
        fn ranges_hold_and_names_do_not_matter(pairs in prop::collection::vec((0_u8..5, 0_u8..4), 1..60)) {
            let (first, second): (Vec<u8>, Vec<u8>) = pairs.into_iter().unzip();
            let renamed: Vec<u8> = first.iter().map(|v| 9 - v).collect();
            let (one, two) = (table(&first, &second), table(&renamed, &second));
            for metric in [normalized_mutual_information, purity, cramers_v, hungarian_accuracy] {
                let value = metric(&one).unwrap();
                prop_assert!((0.0..=1.0).contains(&value));
                prop_assert!((value - metric(&two).unwrap()).abs() < 1e-12);
            }
            let index = adjusted_rand_index(&one).unwrap();
            prop_assert!((-0.5..=1.0).contains(&index));
            prop_assert_eq!(adjusted_rand_index(&table(&first, &renamed)), Some(1.0));
            prop_assert!(hungarian_accuracy(&one) <= purity(&one));
        }
    }
}
