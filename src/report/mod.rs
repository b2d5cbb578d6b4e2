//! Reports of runs: pictures and one HTML page.
//!
//! Every picture is a [`Figure`]: a struct of plain data that draws itself, the same bytes for the same data on every
//! machine. Figures never fail on odd data: nothing to show, one point, 60 clusters, NaN are all drawn as what they
//! are. How pictures look is decided in [`style`] alone; a new kind of picture is one new file.

#![allow(clippy::cast_possible_wrap, reason = "pixels and counts of bars are far below 2^31")]

mod array_map;
mod axes;
mod bars;
mod canvas;
mod confusion;
mod confusion_difference;
mod curves;
mod curves_compared;
mod dbscan_grid;
mod flux;
mod grouping;
mod heat;
mod heatmap;
mod histogram;
mod html;
mod k_distance;
mod k_sweep;
mod legend;
mod mix;
mod montage;
mod outline;
mod page;
mod patch_mosaic;
mod ranking_curves;
mod reliability;
mod risk_coverage;
mod scatter;
mod score_curves;
mod scored_scatter;
mod silhouette;
pub mod style;
mod sweep;
mod text;
mod thumbnails;
mod variance;

use std::path::Path;

pub use array_map::ArrayMap;
pub use bars::{FieldDistribution, GroupedBars};
pub use canvas::{Canvas, PlotError, Rect};
pub use confusion::ConfusionPlot;
pub use confusion_difference::ConfusionDifference;
pub use curves::{EpochScores, LearningCurves};
pub use curves_compared::CurvesCompared;
pub use dbscan_grid::DbscanGridPlot;
pub use flux::{FluxPlot, FluxSeries};
pub use grouping::Grouping;
pub use heat::heat_overlay;
pub use histogram::Histogram;
pub use html::{Atlas, GalleryImage, InteractiveScatter, PageBlock, PageSection, Report, ScatterLayout};
pub use k_distance::{KDistancePlot, KNEE_ZONE};
pub use k_sweep::{KScores, KSweepPlot};
pub use mix::{ClusterMix, FieldHeatmap};
pub use montage::{Montage, MontageSection};
pub use outline::outline;
pub use patch_mosaic::{MosaicPanel, PatchMosaic};
pub use ranking_curves::{ClassCurves, RankingCurves};
pub use reliability::{ReliabilityBar, ReliabilityPlot};
pub use risk_coverage::RiskCoveragePlot;
pub use scatter::{Panel, Scatter};
pub use score_curves::{ScoreCurve, ScoreCurves, ScoreGrid};
pub use scored_scatter::ScoredScatter;
pub use silhouette::SilhouettePlot;
pub use sweep::{SweepPlot, SweepPoint};
pub use text::{Align, TextStyle};
pub use thumbnails::{jpeg, thumbnail};
pub use variance::ExplainedVariance;

/// A picture of some data.
pub trait Figure {
    /// Draws it. The same data gives the same pixels.
    fn draw(&self) -> Canvas;

    /// The picture as the bytes of a PNG file.
    ///
    /// # Errors
    /// When it cannot be drawn or encoded.
    fn png(&self) -> Result<Vec<u8>, PlotError> {
        self.draw().png()
    }

    /// Writes the picture as PNG; the file appears whole or not at all.
    ///
    /// # Errors
    /// As [`Figure::png`], and when the file cannot be written.
    fn save(&self, path: &Path) -> Result<(), PlotError> {
        self.draw().save(path)
    }
}

#[cfg(test)]
mod contract;
