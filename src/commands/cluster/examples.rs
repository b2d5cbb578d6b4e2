//! Which images stand for a cluster: typical, atypical and random ones.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::grouping::Group;
use super::summary::DatasetView;
use crate::commands::CommandError;
use crate::data::ClusterId;
use crate::images::Image;
use crate::report::{Figure, GalleryImage, Montage, MontageSection, jpeg, thumbnail};
use crate::runs::RunDir;

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
pub(super) fn choose(group: &Group, cluster: ClusterId, n: usize, seed: u64) -> Examples {
    let mut members: Vec<usize> = group.clustering.members(Some(cluster)).collect();
    let size = members.len();
    let n = n.min(size);
    let mut random = members.clone();
    random.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ (u64::from(cluster.0) << 32)));
    random.truncate(n);
    let oddness = |row: usize| match (group.distances(), &group.silhouettes) {
        (Some(distances), _) => distances[row],
        (None, Some(silhouettes)) => -silhouettes.per_image[row].unwrap_or(0.0),
        (None, None) => 0.0,
    };
    members.sort_by(|&a, &b| oddness(a).total_cmp(&oddness(b)));
    let typical = members[..n].to_vec();
    let atypical = members.iter().rev().take(n).copied().collect();
    Examples { cluster, size, kinds: [("typical", typical), ("atypical", atypical), ("random", random)] }
}

/// `cluster_<id>_examples.png`, and the same images for the report.
pub(super) fn draw(
    run: &RunDir,
    data: &DatasetView<'_>,
    group: &Group,
    examples: &Examples,
) -> Result<(String, Vec<(&'static str, Vec<GalleryImage>)>), CommandError> {
    let mut sections: Vec<(&str, Vec<(Image, String)>)> = Vec::new();
    let mut galleries = Vec::new();
    for (kind, rows) in &examples.kinds {
        let mut shown = Vec::new();
        let mut gallery = Vec::new();
        for &row in rows {
            // It was decoded before; if it is gone meanwhile, the picture goes without it.
            let Some(image) = data.image(row) else { continue };
            let caption = data.file_name(row).to_owned();
            gallery.push(GalleryImage { jpeg: jpeg(&thumbnail(&image, GALLERY_EDGE), 85)?, caption: caption.clone() });
            shown.push((image, caption));
        }
        sections.push((kind, shown));
        galleries.push((*kind, gallery));
    }
    let title = format!("{} cluster {}: {} images", group.method.title(), examples.cluster, examples.size);
    let montage = sections
        .iter()
        .map(|(title, shown)| MontageSection {
            title,
            images: shown.iter().map(|(image, caption)| (image, caption.clone())).collect(),
        })
        .collect();
    let file = format!("plots/cluster_{}_examples.png", examples.cluster);
    Montage { title: &title, sections: montage }.save(&run.file(&file)?)?;
    Ok((title, galleries))
}
