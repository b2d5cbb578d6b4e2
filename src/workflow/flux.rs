//! Flux of a manifest's frames, measured and shown.

use super::feature_extraction::FeatureExtraction;
use super::gallery::{GalleryRow, spread};
use super::{Context, WorkflowError, frame_monitors};
use crate::data::{FrameAddress, Manifest, path_text};
use crate::detector_frames::{Flux, FrameFeatures, GroupMembers, Series, series_of};
use crate::device::Device;
use crate::images::{DepthPolicy, DepthRange, Image, decode};
use crate::progress::{LightNote, Note, Silent, Warning};
use crate::recipes::{FeaturesRecipe, FrameRecipe};
use crate::report::{FluxSeries, Grouping};
use crate::runs::FeatureChain;

/// Series whose frames are shown.
const SHOWN_SERIES: usize = 6;
/// Frames that are shown of each group of a series.
const SHOWN_FRAMES: usize = 3;

/// Measures every frame as `chain` sees it; what the store knows is not measured again.
pub(crate) fn measure(manifest: &Manifest, chain: &FeatureChain, context: &Context<'_>) -> Result<Flux, WorkflowError> {
    let frame = match &chain.recipe {
        FeaturesRecipe::Frame(frame) => *frame,
        _ => FrameRecipe::default(),
    };
    let recipe = FeaturesRecipe::Frame(FrameRecipe { statistics: FrameFeatures::Flux, ..frame });
    let context = Context { device: Device::Cpu, ..*context };
    let extraction = FeatureExtraction::like(&recipe, chain, &context)?;
    let done = extraction.embed(manifest, DepthRange::default(), &context)?;
    if done.manifest.records.len() < manifest.records.len() {
        let text = "frames that could be read a moment ago cannot be read any more";
        return Err(WorkflowError::failed(text, "leave the images alone while they are worked on"));
    }
    let flux = Flux::new(done.embeddings.values(), series_of(manifest), recipe.usable_from());
    tell(&flux, manifest, &context);
    if let Some(counts) = chain.pedestal {
        check_darks(&flux, counts, &context);
    }
    Ok(flux)
}

/// What was taken off or divided by on the way.
fn tell(flux: &Flux, manifest: &Manifest, context: &Context<'_>) {
    let first = |series: &Series, of: &ndarray::Array1<f32>| series.rows.first().map_or(0.0, |&row| of[row]);
    let tell = |note: LightNote| context.observer.note(&Note::Light(note));
    let all = flux.series.len();
    let of: Vec<f32> = flux.series.iter().map(|series| first(series, &flux.pedestal)).filter(|p| *p > 0.0).collect();
    if let (Some(least), Some(most)) = (of.iter().copied().reduce(f32::min), of.iter().copied().reduce(f32::max)) {
        tell(LightNote::Pedestals { series: of.len(), all, least: f64::from(least), most: f64::from(most) });
    }
    let with = |monitored: f32| -> Option<(usize, String)> {
        let with: Vec<&Series> = flux.series.iter().filter(|of| first(of, &flux.monitored) == monitored).collect();
        let record = &manifest.records[*with.first()?.rows.first()?];
        Some((with.len(), frame_monitors::name(manifest, record).unwrap_or_default()))
    };
    if let Some((series, name)) = with(1.0) {
        tell(LightNote::Monitored { series, all, name });
    }
    if let Some((series, name)) = with(-1.0) {
        tell(LightNote::MonitorsPassedOver { series, all, name });
    }
}

/// Dark frames that are brighter than the frames are none, or of another exposure.
fn check_darks(flux: &Flux, counts: f64, context: &Context<'_>) {
    let below = |series: &&Series| {
        2 * series.rows.iter().filter(|&&row| f64::from(flux.mean[row]) < counts).count() > series.rows.len()
    };
    let series = flux.series.iter().filter(below).count();
    if series > 0 {
        context.observer.warn(&Warning::DarksBrighter { counts, series, all: flux.series.len() });
    }
}

/// The series to draw, with a group per frame.
pub(crate) fn curves(flux: &Flux, groups: &Grouping) -> Vec<FluxSeries> {
    let curve = |series: &Series| FluxSeries {
        name: series.name.clone(),
        mean: series.rows.iter().map(|&row| flux.mean[row]).collect(),
        share: series.rows.iter().map(|&row| flux.share[row]).collect(),
        decided: series.rows.iter().map(|&row| flux.transmission[row]).collect(),
        line: series.rows.iter().map(|&row| 1.0 - flux.tolerated[row]).fold(1.0, f32::min),
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
