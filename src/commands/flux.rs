//! How bright the frames of each series are, for checking clusters and for plots.

use ndarray::Array1;

use super::embed::Extraction;
use super::{CommandError, Workspace};
use crate::data::Manifest;
use crate::device::Device;
use crate::features::FrameStatistics;
use crate::images::{DepthRange, Series, series_of};
use crate::progress::Observer;
use crate::report::{FluxSeries, Grouping};
use crate::runs::FeaturesRecipe;

/// Brightness per image of a manifest.
pub(super) struct Flux {
    /// Raw counts per measured pixel.
    pub mean: Array1<f32>,
    /// Share of the beam's light, as its series shows it.
    pub transmission: Array1<f32>,
    series: Vec<Series>,
}

impl Flux {
    /// Measures every frame; what the store knows is not measured again.
    pub(super) fn of(
        manifest: &Manifest,
        workspace: &Workspace,
        observer: &dyn Observer,
    ) -> Result<Self, CommandError> {
        let recipe = FeaturesRecipe { frame: Some(FrameStatistics::Flux), ..FeaturesRecipe::default() };
        let extraction = Extraction::new(&recipe, Device::Cpu, workspace)?;
        let done = extraction.embed(manifest, DepthRange::default(), workspace, observer)?;
        if done.manifest.records.len() < manifest.records.len() {
            let text = "frames that could be read a moment ago cannot be read any more";
            return Err(CommandError::failed(text, "leave the images alone while they are worked on"));
        }
        let values = done.embeddings.values();
        let (mean, transmission) = (values.column(0).to_owned(), values.column(1).to_owned());
        Ok(Self { mean, transmission, series: series_of(manifest) })
    }

    /// What is drawn: a series with a group per frame.
    pub(super) fn series(&self, groups: &Grouping) -> Vec<FluxSeries> {
        self.series
            .iter()
            .map(|series| FluxSeries {
                name: series.name.clone(),
                flux: series.rows.iter().map(|&row| self.mean[row]).collect(),
                groups: groups.select(&series.rows),
            })
            .collect()
    }
}
