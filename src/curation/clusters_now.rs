//! Clusters after merges and splits.

use std::collections::BTreeMap;

use super::Curation;
use crate::data::{ClusterId, Clustering, ImageId};

impl Curation {
    /// The cluster each of `images` is in now; `found` is what `method` of `run` made of them, one cluster per image.
    pub fn clusters_now(
        &self,
        run: &str,
        method: &str,
        found: &Clustering,
        images: impl Iterator<Item = ImageId>,
    ) -> Vec<Option<ClusterId>> {
        let changed = self.clusters.iter().filter(|((of, by, _), _)| of == run && by == method);
        let moved: BTreeMap<ImageId, ClusterId> =
            changed.flat_map(|((_, _, cluster), images)| images.iter().map(move |image| (*image, *cluster))).collect();
        found.labels().iter().zip(images).map(|(found, image)| moved.get(&image).copied().or(*found)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_split_off_is_another_cluster_and_other_methods_stay() {
        let ids: Vec<ImageId> = (0..4_u8).map(|byte| ImageId::of_bytes(&[byte])).collect();
        let found = Clustering::by_number(&[Some(0), Some(0), Some(1), None]);
        let mut state = Curation::default();
        let key = |method: &str, id| ("run".to_owned(), method.to_owned(), ClusterId(id));
        state.clusters.insert(key("review", 0), [ids[0]].into());
        state.clusters.insert(key("review", 2), [ids[1]].into());
        state.clusters.insert(key("kmeans", 7), [ids[2]].into());
        let now = state.clusters_now("run", "review", &found, ids.iter().copied());
        assert_eq!(now, [Some(ClusterId(0)), Some(ClusterId(2)), Some(ClusterId(1)), None]);
        let other = state.clusters_now("other", "review", &found, ids.iter().copied());
        assert_eq!(other, found.labels());
    }
}
