//! How bright the frames of each series are, for checking clusters and for plots.

use ndarray::Array1;

use super::feature_extraction::FeatureExtraction;
use super::gallery::{GalleryRow, spread};
use super::{Context, WorkflowError};
use crate::data::{FrameAddress, Manifest};
use crate::device::Device;
use crate::features::FrameStatistics;
use crate::images::{DepthPolicy, DepthRange, Image, Series, decode, series_of};
use crate::progress::Silent;
use crate::report::{FluxSeries, Grouping};
use crate::runs::FeaturesRecipe;

/// Series whose frames are shown.
const SHOWN_SERIES: usize = 6;
/// Frames that are shown of each group of a series.
const SHOWN_FRAMES: usize = 3;

/// Brightness per image of a manifest.
pub(crate) struct Flux {
    /// Raw counts per measured pixel.
    pub mean: Array1<f32>,
    /// Share of the beam's light, as its series shows it.
    pub transmission: Array1<f32>,
    series: Vec<Series>,
}

impl Flux {
    /// Measures every frame; what the store knows is not measured again.
    pub(crate) fn of(manifest: &Manifest, context: &Context<'_>) -> Result<Self, WorkflowError> {
        let recipe = FeaturesRecipe { frame: Some(FrameStatistics::Flux), ..FeaturesRecipe::default() };
        let context = Context { device: Device::Cpu, ..*context };
        let extraction = FeatureExtraction::new(&recipe, &context)?;
        let done = extraction.embed(manifest, DepthRange::default(), &context)?;
        if done.manifest.records.len() < manifest.records.len() {
            let text = "frames that could be read a moment ago cannot be read any more";
            return Err(WorkflowError::failed(text, "leave the images alone while they are worked on"));
        }
        let values = done.embeddings.values();
        let (mean, transmission) = (values.column(0).to_owned(), values.column(1).to_owned());
        Ok(Self { mean, transmission, series: series_of(manifest) })
    }

    /// What is drawn: a series with a group per frame.
    pub(crate) fn series(&self, groups: &Grouping) -> Vec<FluxSeries> {
        self.series
            .iter()
            .map(|series| FluxSeries {
                name: series.name.clone(),
                flux: series.rows.iter().map(|&row| self.mean[row]).collect(),
                groups: groups.select(&series.rows),
            })
            .collect()
    }

    /// A few frames of each group, a row per series, each with its share of the beam's light, on the brightness scale of
    /// what is shown of the series. Series of several groups come first.
    pub(crate) fn examples(&self, manifest: &Manifest, groups: &Grouping) -> Vec<GalleryRow> {
        let members = |series: &Series, group: Option<usize>| -> Vec<usize> {
            series.rows.iter().copied().filter(|&row| groups.of()[row] == group).collect()
        };
        let all: Vec<Option<usize>> = (0..groups.len()).map(Some).chain([None]).collect();
        let mut series: Vec<&Series> = self.series.iter().collect();
        series.sort_by_cached_key(|series| all.iter().filter(|&&group| members(series, group).is_empty()).count());
        let row = |series: &&Series| {
            let shown: Vec<(usize, &str)> = (all.iter())
                .flat_map(|&group| {
                    let name = group.map_or(groups.rest(), |group| &groups.names()[group]);
                    spread(&members(series, group), SHOWN_FRAMES).into_iter().map(move |row| (row, name))
                })
                .collect();
            let records = shown.iter().map(|(row, _)| manifest.records[*row].clone()).collect();
            let shown_frames = Manifest { root: manifest.root.clone(), records, ..Manifest::default() };
            let depth = DepthRange::fit(&shown_frames, DepthPolicy::Auto, &Silent);
            let image = |(row, group): (usize, &str)| {
                let file = manifest.file(&manifest.records[row]);
                let name = match FrameAddress::parse(&file) {
                    Some(frame) => format!("#{}", frame.index),
                    None => file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                };
                let light = 100.0 * self.transmission[row];
                // They were decoded before; one that is gone meanwhile is left out.
                Some((depth.apply(&decode(&file).ok()?), format!("{group} {light:.0} %\n{name}")))
            };
            let images: Vec<(Image, String)> = shown.into_iter().filter_map(image).collect();
            GalleryRow { title: series.name.clone(), images }
        };
        series.iter().take(SHOWN_SERIES).map(row).collect()
    }
}
