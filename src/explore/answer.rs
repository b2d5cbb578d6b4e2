//! Requests of the explore page and the answers to them.

use std::io::ErrorKind;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Shared;
use crate::atomic_file;
use crate::clusterers::Method;
use crate::data::Fraction;
use crate::features::{Patches, Statistic};
use crate::progress::Silent;
use crate::recipes::{PatchesRecipe, PatchesSection, Slices, to_toml};
use crate::report::style::{Colour, LEFT_OUT, group_colour};
use crate::server::Failure;
use crate::workflow::patch_clustering::fitting;

/// Patches in each direction at most.
pub(super) const MOST_SLICES: u32 = 128;
/// Clusters at most.
pub(super) const MOST_CLUSTERS: usize = 12;

/// Settings of the sliders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Patches in each direction.
    pub slices: NonZeroU32,
    /// Clusters.
    pub k: NonZeroUsize,
    pub statistics: Vec<Statistic>,
    pub opacity: Fraction,
}

/// The clusters of all patches.
#[derive(Debug, Serialize)]
pub(super) struct Overlay {
    /// By image, row by row; -1 is a patch that was left out.
    pub labels: Vec<Vec<i64>>,
    pub slices: u32,
    pub sizes: Vec<usize>,
    /// Red, green, blue of each cluster.
    pub colours: Vec<Colour>,
    /// Clusters from 0 on that show background and get no colour.
    pub background: usize,
    /// That of patches that were left out.
    pub left_out: Colour,
    pub silhouette: Option<f64>,
    pub silhouette_raw: Option<f64>,
    /// Milliseconds it took.
    pub milliseconds: f64,
}

/// `save as recipe`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Save {
    pub name: String,
    pub settings: Settings,
}

impl Settings {
    /// Those of the recipe.
    pub fn of(shared: &Shared) -> Self {
        Self {
            slices: shared.recipe.patches.slices.rows,
            k: shared.recipe.cluster.kmeans.k.first(),
            statistics: shared.recipe.patches.statistics.clone(),
            opacity: shared.recipe.patches.opacity,
        }
    }

    /// The recipe with these settings.
    fn recipe(&self, shared: &Shared) -> Result<PatchesRecipe, Failure> {
        if self.slices.get() > MOST_SLICES || self.k.get() > MOST_CLUSTERS {
            let text = format!("at most {MOST_SLICES} slices and {MOST_CLUSTERS} clusters are shown here");
            return Err(Failure::refused(text));
        }
        if self.statistics.is_empty() {
            return Err(Failure::refused("choose at least one statistic"));
        }
        let mut recipe = shared.recipe.clone();
        let mut statistics = self.statistics.clone();
        statistics.sort();
        statistics.dedup();
        let slices = Slices { rows: self.slices, columns: self.slices };
        recipe.patches = PatchesSection { slices, statistics, opacity: self.opacity, ..shared.recipe.patches.clone() };
        recipe.cluster = recipe.cluster.with_k(self.k);
        Ok(recipe)
    }
}

/// Slices and clusters.
pub(super) fn overlay(shared: &Shared, settings: &Settings) -> Result<Overlay, Failure> {
    let start = Instant::now();
    let recipe = settings.recipe(shared)?;
    let mut fitting = fitting(&recipe, shared.memory);
    fitting.cluster.methods = vec![Method::Kmeans];
    let patches: Vec<Patches> = shared
        .images
        .iter()
        .map(|image| {
            let (plane, n) = (image.plane.view(), settings.slices);
            let patches = Patches::measure(plane, n, n, recipe.patches.ignore)?;
            match &image.objects {
                Some(objects) => patches.with_objects(objects.view(), n, n),
                None => Ok(patches),
            }
        })
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::refused(error.to_string()))?;
    let patches: Vec<&Patches> = patches.iter().collect();
    let fitted = fitting.fit(&patches, &Silent);
    let fitted = fitted.map_err(|error| Failure::refused(error.to_string()))?;
    let Some(clusters) = fitted.found.into_iter().next() else {
        return Err(Failure::internal("nothing was clustered"));
    };
    let sizes = clusters.sizes();
    let signed = |labels: &Vec<Option<u32>>| labels.iter().map(|label| label.map_or(-1, i64::from)).collect();
    Ok(Overlay {
        labels: clusters.labels.iter().map(signed).collect(),
        slices: settings.slices.get(),
        background: clusters.background(&patches),
        colours: (0..sizes.len()).map(group_colour).collect(),
        left_out: LEFT_OUT,
        sizes,
        silhouette: clusters.silhouette,
        silhouette_raw: clusters.silhouette_raw,
        milliseconds: start.elapsed().as_secs_f64() * 1e3,
    })
}

/// Writes `experiments/<name>.toml`; a recipe that is there is never overwritten.
pub(super) fn save(shared: &Shared, asked: &Save) -> Result<PathBuf, Failure> {
    let usable = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if asked.name.is_empty() || asked.name.len() > 64 || !asked.name.chars().all(usable) {
        return Err(Failure::refused("a recipe's name has 1 to 64 letters, digits, `-` and `_`"));
    }
    let mut recipe = asked.settings.recipe(shared)?;
    recipe.name.clone_from(&asked.name);
    let text = to_toml(&recipe).map_err(|error| Failure::internal(error.to_string()))?;
    let path = shared.folder.join(format!("{}.toml", asked.name));
    let _one = shared.saving.lock().unwrap_or_else(PoisonError::into_inner);
    let gone = || {
        let why = format!("`{}` is not there any more: put it back and save again", shared.folder.display());
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, why)
    };
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::refused(format!("`{}` exists: choose another name", path.display())),
        ErrorKind::NotFound => gone(),
        _ => Failure::internal(format!("{error}: `{}`", path.display())),
    };
    // A folder that was moved away gets no empty one in its place.
    if !shared.folder.is_dir() {
        if shared.had_folder.load(Ordering::Relaxed) {
            return Err(gone());
        }
        std::fs::create_dir(&shared.folder).map_err(failed)?;
    }
    shared.had_folder.store(true, Ordering::Relaxed);
    atomic_file::create(&path, text.as_bytes()).map_err(failed)?;
    Ok(path)
}
