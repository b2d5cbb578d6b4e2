//! Proof that the parts of a split share nothing, or a list of what they share.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::{Divisible, Split};
use crate::data::ImageId;
use crate::pairwise::{Points, nearest};

/// Images, groups and near duplicates that the parts of a split share: none, if all is well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disjointness {
    /// Distinct images (by content) of train, validation and test.
    pub distinct: [usize; 3],
    /// Rows of train, validation and test; above `distinct` where files are exact duplicates.
    pub rows: [usize; 3],
    /// Images found in more than one part; empty by construction of [`Split::of`].
    pub shared: Vec<ImageId>,
    /// About groups, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupProof>,
    /// About near duplicates, where they were looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near_duplicates: Option<NearProof>,
}

/// Groups in the parts of a split, and those that several parts share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupProof {
    /// The field of the file names that makes the groups.
    pub field: String,
    /// Distinct groups of train, validation and test.
    pub distinct: [usize; 3],
    /// Groups found in more than one part, each with its classes that were divided by image.
    pub shared: BTreeMap<String, Vec<String>>,
}

/// Near duplicates in the parts of a split, and those that several parts share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearProof {
    /// Images at most this far apart count as near duplicates, in units of the features.
    pub threshold: f64,
    /// Images that have a near duplicate which is no exact one.
    pub images: usize,
    /// Bundles of near duplicates found in more than one part; 0 but where they would tie too many groups together.
    pub shared: usize,
    /// Distance of the two nearest images of different parts, measured anew; absent where there is one part only.
    pub nearest: Option<f64>,
}

impl Split {
    /// Images found in more than one part.
    #[must_use]
    pub fn shared_images(&self, ids: &[ImageId]) -> Vec<ImageId> {
        in_several(&self.parts().map(|rows| rows.iter().map(|&row| ids[row]).collect())).into_iter().collect()
    }

    /// Looks for whatever the parts share. `x` of shape `[n_images, n_features]` is what near duplicates were found in.
    #[must_use]
    pub fn disjointness(&self, data: &Divisible<'_>, x: ArrayView2<'_, f32>) -> Disjointness {
        Disjointness {
            distinct: self.parts().map(|rows| rows.iter().map(|&row| data.ids[row]).collect::<BTreeSet<_>>().len()),
            rows: self.parts().map(<[usize]>::len),
            shared: self.shared_images(data.ids),
            groups: self.group_proof(data),
            near_duplicates: self.near_proof(data, x),
        }
    }

    fn group_proof(&self, data: &Divisible<'_>) -> Option<GroupProof> {
        let groups = data.groups?;
        let named = |&row: &usize| Some(groups.values[row].as_str()).filter(|value| !value.is_empty());
        let sets = self.parts().map(|rows| rows.iter().filter_map(named).collect::<BTreeSet<_>>());
        let distinct = [sets[0].len(), sets[1].len(), sets[2].len()];
        let mut shared: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for group in in_several(&sets) {
            let of_group = |part: &[usize]| -> BTreeSet<usize> {
                part.iter().filter(|&&row| groups.values[row] == group).map(|&row| data.classes[row].0).collect()
            };
            let divided = in_several(&self.parts().map(of_group));
            shared.insert(group.to_owned(), divided.into_iter().map(|class| data.names[class].clone()).collect());
        }
        Some(GroupProof { field: groups.field.clone(), distinct, shared })
    }

    fn near_proof(&self, data: &Divisible<'_>, x: ArrayView2<'_, f32>) -> Option<NearProof> {
        let near = data.near?;
        let mut members: BTreeMap<u32, BTreeSet<ImageId>> = BTreeMap::new();
        for (group, id) in near.groups().iter().zip(data.ids) {
            members.entry(*group).or_default().insert(*id);
        }
        let images = members.values().map(BTreeSet::len).filter(|&size| size > 1).sum();
        let sets = self.parts().map(|rows| rows.iter().map(|&row| near.groups()[row]).collect::<BTreeSet<_>>());
        let between = |some: &[usize], others: &[usize]| {
            let found = nearest(&Points::new(x.select(Axis(0), some).view()), x.select(Axis(0), others).view());
            found.squared.into_iter().map(f64::from).fold(f64::INFINITY, f64::min).sqrt()
        };
        let learned = [self.train.as_slice(), &self.validation].concat();
        let nearest = between(&self.test, &learned).min(between(&self.validation, &self.train));
        Some(NearProof {
            threshold: near.threshold(),
            images,
            shared: in_several(&sets).len(),
            nearest: nearest.is_finite().then_some(nearest),
        })
    }
}

/// Elements of more than one of the sets.
fn in_several<T: Ord + Clone>(sets: &[BTreeSet<T>; 3]) -> BTreeSet<T> {
    let [train, validation, test] = sets;
    let mut shared: BTreeSet<T> = train.intersection(validation).cloned().collect();
    shared.extend(train.intersection(test).cloned());
    shared.extend(validation.intersection(test).cloned());
    shared
}

impl Disjointness {
    /// Whether the parts share nothing at all.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let groups = self.groups.as_ref().is_none_or(|groups| groups.shared.is_empty());
        self.shared.is_empty() && groups && self.near_duplicates.as_ref().is_none_or(|near| near.shared == 0)
    }

    /// The findings, a sentence per kind of likeness.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let shared = match self.shared.len() {
            0 => "no image is in two parts".to_owned(),
            shared => format!("{shared} images are in more than one part"),
        };
        let [train, validation, test] = self.distinct;
        let copies = self.rows.iter().sum::<usize>() - self.distinct.iter().sum::<usize>();
        let images = format!("{train}, {validation} and {test} distinct images, {copies} copies: {shared}");
        let groups = self.groups.iter().map(GroupProof::sentence);
        let near = self.near_duplicates.iter().map(NearProof::sentence);
        std::iter::once(images).chain(groups).chain(near).collect()
    }
}

impl GroupProof {
    fn sentence(&self) -> String {
        let Self { field, distinct: [train, validation, test], shared } = self;
        let several = |(group, classes): (&String, &Vec<String>)| {
            format!("`{group}` is in several ({} divided by image)", classes.join(", "))
        };
        let said = match shared.len() {
            0 => "none is in two parts".to_owned(),
            _ => shared.iter().map(several).collect::<Vec<_>>().join(", "),
        };
        format!("{train}, {validation} and {test} values of {field}: {said}")
    }
}

impl NearProof {
    fn sentence(&self) -> String {
        let said = match self.shared {
            0 => "all in one part each".to_owned(),
            shared => format!("{shared} bundles of them in several parts"),
        };
        let nearest = self.nearest.map(|nearest| format!("; the nearest of two parts are {nearest:.4} apart"));
        let Self { threshold, images, .. } = self;
        format!("{images} images with near duplicates (within {threshold:.4}): {said}{}", nearest.unwrap_or_default())
    }
}
