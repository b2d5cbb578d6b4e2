//! Example images of a cluster: typical, atypical and random ones.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::summary::DatasetView;
use crate::commands::CommandError;
use crate::data::ClusterId;
use crate::images::Image;
use crate::report::{Figure, GalleryImage, Montage, MontageSection, PageBlock, jpeg, thumbnail};
use crate::runs::RunDir;
use crate::workflow::clustering::ClusteringResult;

/// Pixels of the longer edge of a picture in the report's galleries.
const GALLERY_EDGE: u32 = 120;

/// Rows of images that stand for a cluster.
pub(super) struct Examples {
    pub cluster: ClusterId,
    pub size: usize,
    /// `typical`, `atypical` and `random`, with rows of the manifest.
    pub kinds: [(&'static str, Vec<usize>); 3],
}

/// Up to `n` examples of each kind, no image twice: in a small cluster the kinds share what there is. Far from the
/// centroid, or badly silhouetted where there is none, is atypical.
pub(super) fn choose(result: &ClusteringResult, cluster: ClusterId, n: usize, seed: u64) -> Examples {
    let mut members: Vec<usize> = result.clustering.members(Some(cluster)).collect();
    let size = members.len();
    let oddness = |row: usize| match (result.distances(), &result.silhouettes) {
        (Some(distances), _) => distances[row],
        (None, Some(silhouettes)) => -silhouettes.per_image[row].unwrap_or(0.0),
        (None, None) => 0.0,
    };
    members.sort_by(|&a, &b| oddness(a).total_cmp(&oddness(b)));
    let n_typical = n.min(size.div_ceil(3));
    let n_atypical = n.min((size - n_typical).div_ceil(2));
    let mut random = members.split_off(n_typical);
    let typical = members;
    let mut atypical = random.split_off(random.len() - n_atypical);
    atypical.reverse();
    random.sort_unstable();
    random.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ (u64::from(cluster.0) << 32)));
    random.truncate(n);
    Examples { cluster, size, kinds: [("typical", typical), ("atypical", atypical), ("random", random)] }
}

/// Draws `cluster_<id>_examples.png`; the answer is the same images for the report.
pub(super) fn draw(
    run: &RunDir,
    data: &DatasetView<'_>,
    result: &ClusteringResult,
    examples: &Examples,
) -> Result<Vec<PageBlock>, CommandError> {
    let title = format!("{} cluster {}: {} images", result.method.title(), examples.cluster, examples.size);
    // They were decoded before; one that is gone meanwhile is left out.
    let shown: Vec<(&str, Vec<(Image, &str)>)> = examples
        .kinds
        .iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(kind, rows)| {
            (*kind, rows.iter().filter_map(|&row| Some((data.image(row)?, data.file_name(row)))).collect())
        })
        .collect();
    let sections = shown
        .iter()
        .map(|(title, images)| MontageSection {
            title,
            images: images.iter().map(|(image, name)| (image, (*name).to_owned())).collect(),
        })
        .collect();
    let file = format!("plots/cluster_{}_examples.png", examples.cluster);
    Montage { title: &title, sections }.save(&run.file(&file)?)?;
    shown
        .iter()
        .map(|(kind, images)| {
            let picture = |(image, name): &(Image, &str)| {
                let jpeg = jpeg(&thumbnail(image, GALLERY_EDGE), 85)?;
                Ok(GalleryImage { jpeg, caption: (*name).to_owned() })
            };
            let images = images.iter().map(picture).collect::<Result<_, CommandError>>()?;
            Ok(PageBlock::Gallery { title: format!("{title}, {kind}"), images })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::clusterers::Method;
    use crate::data::Clustering;
    use crate::workflow::clustering::ClusteringDetails;

    #[test]
    fn no_image_is_shown_twice_and_small_clusters_share() {
        let of_size = |size: usize| ClusteringResult {
            method: Method::Kmeans,
            clustering: Clustering::by_number(&vec![Some(0); size]),
            silhouettes: None,
            parameters: BTreeMap::new(),
            metrics: BTreeMap::new(),
            details: ClusteringDetails::Placed { distances: (0..size).map(|row| row as f32).collect() },
            notes: Vec::new(),
        };
        for (size, counts) in [(1, [1, 0, 0]), (2, [1, 1, 0]), (3, [1, 1, 1]), (7, [3, 2, 2]), (40, [5, 5, 5])] {
            let kinds = choose(&of_size(size), ClusterId(0), 5, 1).kinds;
            assert_eq!(kinds.each_ref().map(|(_, rows)| rows.len()), counts, "{size}");
            let distinct: BTreeSet<usize> = kinds.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
            assert_eq!(distinct.len(), counts.iter().sum::<usize>(), "{size}");
            assert_eq!(kinds[0].1[0], 0, "the most typical first");
            assert!(size == 1 || kinds[1].1[0] == size - 1, "the most atypical first");
        }
    }
}
