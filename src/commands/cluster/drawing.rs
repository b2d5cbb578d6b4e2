//! The plots of a run.

use ndarray::ArrayView2;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::grouping::{Group, plane};
use crate::commands::CommandError;
use crate::data::{ClusterId, Manifest};
use crate::images::{DepthRange, Image, decode};
use crate::progress::{Event, Observer, Stage};
use crate::reducers::Projection;
use crate::report::{Figure, Grouping, Montage, MontageSection, Panel, Scatter};
use crate::runs::{ClusterRecipe, RunDir};

#[expect(clippy::too_many_arguments, reason = "plots bring everything together")]
pub(super) fn draw(
    run: &RunDir,
    recipe: &ClusterRecipe,
    manifest: &Manifest,
    projection: &Projection,
    x: ArrayView2<'_, f32>,
    groups: &[Group],
    depth: DepthRange,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    let examples = groups.first().map_or(0, |group| group.clustering.n_clusters());
    observer.on(Event::Started { stage: Stage::Plot, total: 1 + examples });
    scatter(run, projection, x, groups)?;
    observer.on(Event::Advanced { by: 1 });
    if let Some(group) = groups.first() {
        for cluster in group.clustering.ids() {
            montage(run, recipe, manifest, group, cluster, depth)?;
            observer.on(Event::Advanced { by: 1 });
        }
    }
    observer.on(Event::Finished);
    Ok(())
}

/// `clustering_pca.png`: the first two components, coloured by each method's clusters.
fn scatter(
    run: &RunDir,
    projection: &Projection,
    x: ArrayView2<'_, f32>,
    groups: &[Group],
) -> Result<(), CommandError> {
    let points = plane(x);
    let ratios = projection.explained_variance_ratio().unwrap_or_default();
    let label = |axis: usize| match ratios.get(axis) {
        Some(ratio) => format!("PC{} ({:.1} %)", axis + 1, ratio * 100.0),
        None => format!("feature {}", axis + 1),
    };
    let (x_label, y_label) = (label(0), label(1));
    let grouped: Vec<Grouping> = groups.iter().map(|group| Grouping::clusters(&group.clustering)).collect();
    let panels = groups
        .iter()
        .zip(&grouped)
        .map(|(group, grouping)| Panel {
            title: group.method.name(),
            x_label: &x_label,
            y_label: &y_label,
            points: points.view(),
            groups: grouping,
        })
        .collect();
    Scatter { title: "Images by their first two principal components", panels }
        .save(&run.file("plots/clustering_pca.png")?)?;
    Ok(())
}

/// `cluster_<id>_examples.png`: typical, atypical and random images of a cluster.
fn montage(
    run: &RunDir,
    recipe: &ClusterRecipe,
    manifest: &Manifest,
    group: &Group,
    cluster: ClusterId,
    depth: DepthRange,
) -> Result<(), CommandError> {
    let mut members: Vec<usize> = group.clustering.members(Some(cluster)).collect();
    let size = members.len();
    // Far from the centroid, or badly silhouetted where there is none, is atypical.
    let oddness = |row: usize| match (group.distances(), &group.silhouettes) {
        (Some(distances), _) => distances[row],
        (None, Some(silhouettes)) => -silhouettes.per_image[row].unwrap_or(0.0),
        (None, None) => 0.0,
    };
    members.sort_by(|&a, &b| oddness(a).total_cmp(&oddness(b)));
    let n = recipe.report.examples.min(size);
    let typical = members[..n].to_vec();
    let atypical: Vec<usize> = members.iter().rev().take(n).copied().collect();
    members.sort_unstable();
    members.shuffle(&mut ChaCha8Rng::seed_from_u64(recipe.seed ^ u64::from(cluster.0)));
    let random = members[..n].to_vec();

    let mut sections = Vec::new();
    for (title, rows) in [("typical", typical), ("atypical", atypical), ("random", random)] {
        let shown: Vec<(Image, String)> = rows
            .into_iter()
            .filter_map(|row| {
                let record = &manifest.records[row];
                let name = record.path.rsplit('/').next().unwrap_or(&record.path);
                // It was decoded before; if it is gone meanwhile, the picture goes without it.
                Some((depth.apply(&decode(&manifest.file(record)).ok()?), name.to_owned()))
            })
            .collect();
        sections.push((title, shown));
    }
    let title = format!("{} cluster {cluster}: {size} images", group.method.name());
    let sections = sections
        .iter()
        .map(|(title, shown)| MontageSection {
            title,
            images: shown.iter().map(|(image, caption)| (image, caption.clone())).collect(),
        })
        .collect();
    Montage { title: &title, sections }.save(&run.file(&format!("plots/cluster_{cluster}_examples.png"))?)?;
    Ok(())
}
