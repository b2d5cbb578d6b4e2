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

/// Up to `n` examples of each kind. Far from the centroid, or badly silhouetted where there is none, is atypical.
pub(super) fn choose(result: &ClusteringResult, cluster: ClusterId, n: usize, seed: u64) -> Examples {
    let mut members: Vec<usize> = result.clustering.members(Some(cluster)).collect();
    let size = members.len();
    let n = n.min(size);
    let mut random = members.clone();
    random.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ (u64::from(cluster.0) << 32)));
    random.truncate(n);
    let oddness = |row: usize| match (result.distances(), &result.silhouettes) {
        (Some(distances), _) => distances[row],
        (None, Some(silhouettes)) => -silhouettes.per_image[row].unwrap_or(0.0),
        (None, None) => 0.0,
    };
    members.sort_by(|&a, &b| oddness(a).total_cmp(&oddness(b)));
    let typical = members[..n].to_vec();
    let atypical = members.iter().rev().take(n).copied().collect();
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
