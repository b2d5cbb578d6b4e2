//! Flux of a manifest's frames, measured and shown.

use super::feature_extraction::FeatureExtraction;
use super::gallery::{GalleryRow, spread};
use super::{Context, WorkflowError};
use crate::data::{FrameAddress, Manifest, path_text};
use crate::detector_frames::{Flux, FrameFeatures, GroupMembers, Series, series_of};
use crate::device::Device;
use crate::images::{DepthPolicy, DepthRange, Image, decode};
use crate::progress::Silent;
use crate::recipes::{FeaturesRecipe, FrameRecipe};
use crate::report::{FluxSeries, Grouping};

/// Series whose frames are shown.
const SHOWN_SERIES: usize = 6;
/// Frames that are shown of each group of a series.
const SHOWN_FRAMES: usize = 3;

/// Measures every frame; what the store knows is not measured again.
pub(crate) fn measure(manifest: &Manifest, context: &Context<'_>) -> Result<Flux, WorkflowError> {
    let recipe = FeaturesRecipe::Frame(FrameRecipe { statistics: FrameFeatures::Flux });
    let context = Context { device: Device::Cpu, ..*context };
    let extraction = FeatureExtraction::new(&recipe, &context)?;
    let done = extraction.embed(manifest, DepthRange::default(), &context)?;
    if done.manifest.records.len() < manifest.records.len() {
        let text = "frames that could be read a moment ago cannot be read any more";
        return Err(WorkflowError::failed(text, "leave the images alone while they are worked on"));
    }
    Ok(Flux::new(done.embeddings.values(), series_of(manifest)))
}

/// The series to draw, with a group per frame.
pub(crate) fn curves(flux: &Flux, groups: &Grouping) -> Vec<FluxSeries> {
    let curve = |series: &Series| FluxSeries {
        name: series.name.clone(),
        flux: series.rows.iter().map(|&row| flux.mean[row]).collect(),
        groups: groups.select(&series.rows),
    };
    flux.series.iter().map(curve).collect()
}

/// A few frames of each group, a row per series, each with its share of the beam's light, on the brightness scale of
/// what is shown of the series. Series of several groups come first.
pub(crate) fn examples(flux: &Flux, manifest: &Manifest, groups: &Grouping) -> Vec<GalleryRow> {
    let row = |(series, members): (&Series, Vec<GroupMembers>)| {
        let shown: Vec<(usize, &str)> = (members.iter())
            .flat_map(|members| {
                let name = members.group.map_or(groups.rest(), |group| &groups.names()[group]);
                spread(&members.rows, SHOWN_FRAMES).into_iter().map(move |row| (row, name))
            })
            .collect();
        let records = shown.iter().map(|(row, _)| manifest.records[*row].clone()).collect();
        let shown_frames = Manifest { root: manifest.root.clone(), records, ..Manifest::default() };
        let depth = DepthRange::fit(&shown_frames, DepthPolicy::Auto, &Silent);
        let image = |(row, group): (usize, &str)| {
            let file = manifest.file(&manifest.records[row]);
            let name = match FrameAddress::parse(&file) {
                Some(frame) => format!("#{}", frame.index),
                None => path_text::to_text(file.file_name().unwrap_or_default()),
            };
            let light = 100.0 * flux.transmission[row];
            // They were decoded before; one that is gone meanwhile is left out.
            Some((depth.apply(&decode(&file).ok()?), format!("{group} {light:.0} %\n{name}")))
        };
        let images: Vec<(Image, String)> = shown.into_iter().filter_map(image).collect();
        GalleryRow { title: series.name.clone(), images }
    };
    flux.by_group(groups.of(), groups.len()).into_iter().take(SHOWN_SERIES).map(row).collect()
}
