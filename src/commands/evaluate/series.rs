//! Series of frames as the classifier calls them: how bright each is over time, and frames of each class.

use crate::commands::CommandError;
use crate::data::UNKNOWN;
use crate::evaluation::Predictions;
use crate::report::{Figure, FluxPlot, Grouping, PageBlock, PageSection};
use crate::runs::{Bundle, RunDir};
use crate::workflow::Context;
use crate::workflow::feature_extraction::ExtractedFeatures;
use crate::workflow::flux;
use crate::workflow::gallery::show;

/// Writes `plots/mean_flux.png` and `plots/frames.png`; the answer is the same for the page. `predictions` are those
/// for the images of `extracted`.
///
/// `None` for a classifier that does not look at frames.
pub(super) fn section(
    run: &RunDir,
    extracted: &ExtractedFeatures,
    bundle: &Bundle,
    predictions: &Predictions,
    context: &Context<'_>,
) -> Result<Option<PageSection>, CommandError> {
    if bundle.features.recipe.frame().is_none() {
        return Ok(None);
    }
    let flux = flux::measure(&extracted.manifest, &bundle.features, context)?;
    let names: Vec<&str> = bundle.classes.iter().map(String::as_str).collect();
    let unknown = |row: usize| predictions.unknown_because(row).is_some();
    let called = predictions.predicted();
    let of = called.iter().enumerate().map(|(row, class)| (!unknown(row)).then_some(class.0)).collect();
    let groups = Grouping::new(of, &names, UNKNOWN);
    let path = run.file("plots/mean_flux.png")?;
    FluxPlot { title: "Light of each frame, by class", series: &flux::curves(&flux, &groups) }.save(&path)?;
    let how = "A panel per series: counts per measured pixel over the number of the frame, coloured by what the \
               classifier calls the frame. Below, frames of each class with their share of the beam's light.";
    let mut blocks = vec![PageBlock::Paragraph(how.to_owned())];
    blocks.push(PageBlock::plot_file(&path, "Mean flux over frame number, by class").map_err(CommandError::at(&path))?);
    let rows = flux::examples(&flux, &extracted.manifest, &groups);
    blocks.extend(show(
        "Frames of each class, with their share of the beam's light",
        &rows,
        Some((run, "plots/frames.png")),
    )?);
    Ok(Some(PageSection { title: "Series of frames".into(), blocks }))
}
