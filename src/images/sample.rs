//! A balanced sample: as many images of each operator, camera or day as the data allows.
//!
//! Every image draws a number from the seed, its id and its path; each group gives its lowest. So the sample depends
//! on nothing else, and more images in one group leave the choice within the others as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::ImageError;
use crate::data::{ImageId, Manifest};

/// How many images to take, and balanced over what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How many images; all where there are fewer.
    pub n: NonZeroUsize,
    /// The name field whose values get equal shares; images without it share one group.
    #[serde(default)]
    pub per: Option<String>,
    /// Another seed, another sample.
    #[serde(default)]
    pub seed: u64,
    /// A run whose images are not taken again.
    #[serde(default)]
    pub exclude: Option<String>,
}

impl Sample {
    /// The sample in manifest order; what was skipped stays listed. `excluded` are the ids of the run in `exclude`.
    ///
    /// # Errors
    /// When no image has the field `per`.
    pub fn draw(&self, manifest: &Manifest, excluded: &BTreeSet<ImageId>) -> Result<Manifest, ImageError> {
        if let Some(field) = &self.per {
            let known = manifest.field_names();
            if !manifest.records.is_empty() && !known.contains(field) {
                return Err(ImageError::UnknownField { field: field.clone(), known });
            }
        }
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, record) in manifest.records.iter().enumerate().filter(|(_, record)| !excluded.contains(&record.id)) {
            let value = self.per.as_ref().and_then(|field| record.fields.get(field)).map_or("", String::as_str);
            groups.entry(value).or_default().push(row);
        }
        let shares = self.shares(&groups);
        let mut rows = Vec::new();
        for (mut members, share) in groups.into_values().zip(shares) {
            members.sort_by_cached_key(|&row| {
                let record = &manifest.records[row];
                (self.draw_number(&format!("{} {}", record.id, record.path)), row)
            });
            rows.extend(members.into_iter().take(share));
        }
        rows.sort_unstable();
        let records: Vec<_> = rows.into_iter().map(|row| manifest.records[row].clone()).collect();
        let unmatched = records.iter().filter(|record| record.fields.is_empty()).count().min(manifest.unmatched);
        Ok(Manifest { root: manifest.root.clone(), records, skipped: manifest.skipped.clone(), unmatched })
    }

    /// Fills all groups evenly; a group that runs dry leaves its share to the others, and single images that are left
    /// over go to groups by lot.
    fn shares(&self, groups: &BTreeMap<&str, Vec<usize>>) -> Vec<usize> {
        let mut order: Vec<usize> = (0..groups.len()).collect();
        let lots: Vec<u64> = groups.keys().map(|value| self.draw_number(value)).collect();
        let sizes: Vec<usize> = groups.values().map(Vec::len).collect();
        order.sort_by_key(|&group| (sizes[group], lots[group]));
        let mut shares = vec![0; groups.len()];
        let mut left = self.n.get();
        for (done, &group) in order.iter().enumerate() {
            let open = groups.len() - done;
            shares[group] = sizes[group].min(left / open);
            left -= shares[group];
        }
        shares
    }

    fn draw_number(&self, text: &str) -> u64 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes()).update(text.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageRecord;
    use proptest::prelude::*;

    fn manifest(groups: &[(&str, usize)]) -> Manifest {
        let mut records = Vec::new();
        for (group, size) in groups {
            for i in 0..*size {
                let path = format!("{group}_{i:04}.png");
                records.push(ImageRecord {
                    fields: BTreeMap::from([("tenant".to_owned(), (*group).to_owned())]),
                    ..ImageRecord::known(ImageId::of_bytes(path.as_bytes()), path)
                });
            }
        }
        Manifest { records, ..Manifest::default() }
    }

    fn sample(n: usize, seed: u64) -> Sample {
        Sample { n: NonZeroUsize::new(n).unwrap(), per: Some("tenant".to_owned()), seed, exclude: None }
    }

    fn counts(manifest: &Manifest) -> Vec<usize> {
        let mut counts = BTreeMap::new();
        for record in &manifest.records {
            *counts.entry(record.fields["tenant"].clone()).or_insert(0) += 1;
        }
        counts.into_values().collect()
    }

    #[test]
    fn groups_get_equal_shares_and_small_ones_give_all() {
        let all = manifest(&[("a", 100), ("b", 3), ("c", 50)]);
        assert_eq!(counts(&sample(43, 1).draw(&all, &BTreeSet::new()).unwrap()), [20, 3, 20]);
        assert_eq!(counts(&sample(1000, 1).draw(&all, &BTreeSet::new()).unwrap()), [100, 3, 50]);
    }

    #[test]
    fn a_second_sample_is_disjoint_from_the_first() {
        let all = manifest(&[("a", 30), ("b", 30)]);
        let first = sample(20, 5).draw(&all, &BTreeSet::new()).unwrap();
        let excluded: BTreeSet<_> = first.ids().into_iter().collect();
        let second = sample(20, 5).draw(&all, &excluded).unwrap();
        assert_eq!(counts(&second), [10, 10]);
        assert!(second.ids().iter().all(|id| !excluded.contains(id)));
    }

    #[test]
    fn an_unknown_field_names_the_known_ones() {
        let error = Sample { per: Some("site".to_owned()), ..sample(1, 0) }
            .draw(&manifest(&[("a", 2)]), &BTreeSet::new())
            .unwrap_err();
        assert_eq!(error.to_string(), "no image has the field `site`");
        assert_eq!(error.hint().unwrap(), "fields of these images: tenant");
    }

    proptest! {
        #[test]
        fn as_even_as_can_be_in_path_order_and_repeatable(
            sizes in proptest::collection::vec(0usize..40, 1..6), n in 1usize..120, seed: u64
        ) {
            let names = ["a", "b", "c", "d", "e"];
            let groups: Vec<_> = names.iter().copied().zip(sizes.iter().copied()).collect();
            let all = manifest(&groups);
            prop_assume!(!all.records.is_empty());
            let drawn = sample(n, seed).draw(&all, &BTreeSet::new()).unwrap();
            prop_assert_eq!(drawn.records.len(), n.min(all.records.len()));
            prop_assert!(drawn.records.is_sorted_by(|a, b| a.path < b.path));
            let open: Vec<usize> = counts(&drawn).into_iter().zip(sizes.iter().filter(|size| **size > 0))
                .filter(|(share, size)| share < size).map(|(share, _)| share).collect();
            if let (Some(low), Some(high)) = (open.iter().min(), open.iter().max()) {
                prop_assert!(high - low <= 1);
            }
            prop_assert_eq!(sample(n, seed).draw(&all, &BTreeSet::new()).unwrap(), drawn);
        }
    }
}
