//! Dark frames: what a detector counts without light.

use super::feature_extraction::FeatureExtraction;
use super::{Context, WorkflowError, dataset};
use crate::data::Manifest;
use crate::images::DepthRange;
use crate::metrics::upper_median;
use crate::progress::{LightNote, Note};
use crate::recipes::{DatasetRecipe, FeaturesRecipe, FrameRecipe};

/// Counts per pixel of the dark frames that `recipe` names, for frames like those of `manifest`; `None` where it names none.
///
/// # Errors
/// When none can be read, or they are of another size.
pub(crate) fn pedestal(
    recipe: &DatasetRecipe,
    manifest: &Manifest,
    context: &Context<'_>,
) -> Result<Option<f64>, WorkflowError> {
    let Some(dark) = &recipe.dark else { return Ok(None) };
    let only = DatasetRecipe { path: None, dark: None, sample: None, naming: None, ..recipe.clone() };
    let darks = dataset::open(Some(dark), &only, context)?;
    let hint = "`dataset.dark` names a file or folder of frames that the same detector took without light";
    let extraction = FeatureExtraction::new(&FeaturesRecipe::Frame(FrameRecipe::default()), context)?;
    let (darks, mut flux) = extraction.trimmed_flux(&darks, DepthRange::default(), context)?;
    let Some(first) = darks.records.first() else {
        return Err(WorkflowError::failed(format!("no dark frames in `{}`", dark.display()), hint));
    };
    let size = |of: &Manifest| of.records.first().map(|record| (record.width, record.height));
    if let Some((width, height)) = size(manifest).filter(|wanted| size(&darks) != Some(*wanted)) {
        let text = format!(
            "dark frames of {}×{} pixels, but frames of {width}×{height}: `{}`",
            first.width,
            first.height,
            dark.display()
        );
        return Err(WorkflowError::failed(text, hint));
    }
    let frames = flux.len();
    // The median: one frame with light among them is no matter.
    let counts = upper_median(&mut flux).unwrap_or_default();
    context.observer.note(&Note::Light(LightNote::DarkFrames { frames, counts }));
    Ok(Some(counts))
}
