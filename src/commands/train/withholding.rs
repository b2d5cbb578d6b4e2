//! What becomes of the judged images when unfamiliar ones are called `unknown`.

use std::fmt::Write;

use ndarray::ArrayView2;
use serde::Serialize;
use serde_json::json;

use super::numbers::Numbers;
use super::trusting::Trust;
use crate::commands::CommandError;
use crate::data::ClassId;
use crate::metrics::{RiskAtCoverage, RiskCoverage};
use crate::report::{Figure, Results, RiskCoveragePlot};
use crate::runs::RunDir;
use crate::training::most_likely;

/// When an image is `unknown`, and how that fared on the judged images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Withheld {
    /// Share of images of the known classes that is to keep its class.
    pub keep: f64,
    /// Unfamiliarity above which an image is `unknown`; `None` where nothing is.
    pub threshold: Option<f64>,
    /// Images that the threshold was chosen on.
    pub n_images: usize,
    /// Share of the judged images that keep their class, and of wrong ones among them; `None` without images.
    pub at_threshold: Option<RiskAtCoverage>,
    /// Share of wrong ones among all judged images; `None` without images.
    pub risk_of_all: Option<f64>,
    /// By unfamiliarity, and by confidence alone.
    #[serde(skip)]
    curves: [RiskCoverage; 2],
}

impl Withheld {
    /// `probabilities` are calibrated, of `rows`, whose classes are `truth`.
    pub(super) fn of(
        trust: &Trust,
        numbers: &Numbers,
        rows: &[usize],
        truth: &[ClassId],
        probabilities: ArrayView2<'_, f32>,
    ) -> Result<Self, CommandError> {
        let likely = most_likely(probabilities);
        let right: Vec<bool> = likely.iter().zip(truth).map(|(likely, truth)| likely == truth).collect();
        let confidences: Vec<f32> = likely.iter().zip(probabilities.rows()).map(|(class, row)| row[class.0]).collect();
        let unfamiliarity = trust.unfamiliarity(numbers, rows, &confidences)?;
        let doubts: Vec<f64> = confidences.iter().map(|&confidence| 1.0 - f64::from(confidence)).collect();
        let curves = [RiskCoverage::of(&unfamiliarity, &right), RiskCoverage::of(&doubts, &right)];
        let threshold = trust.reject.threshold;
        Ok(Self {
            keep: trust.reject.keep.get(),
            threshold,
            n_images: trust.reject.n_images,
            at_threshold: curves[0].at(threshold.unwrap_or(f64::INFINITY)),
            risk_of_all: curves[0].points.last().map(|point| point.risk),
            curves,
        })
    }

    /// Fills results.json, draws the curves and writes them as `risk_coverage.csv`.
    pub(super) fn write(&self, results: &mut Results, run: &RunDir, judged: &str) -> Result<(), CommandError> {
        let [by_unfamiliarity, by_confidence] = &self.curves;
        results.set("reject", self);
        results.set(
            "risk_coverage_area",
            json!({ "by_unfamiliarity": by_unfamiliarity.area(), "by_confidence": by_confidence.area() }),
        );
        let table = run.file("risk_coverage.csv")?;
        let mut text = String::from("coverage,risk,unfamiliarity\n");
        for RiskAtCoverage { coverage, risk, threshold } in &by_unfamiliarity.points {
            let _ = writeln!(text, "{coverage},{risk},{threshold}");
        }
        std::fs::write(&table, text).map_err(CommandError::at(&table))?;
        let title = format!("Risk and coverage ({judged} images)");
        let curves = [("by unfamiliarity", by_unfamiliarity), ("by confidence alone", by_confidence)];
        let chosen = self.threshold.and(self.at_threshold).map(|point| point.coverage);
        RiskCoveragePlot { title: &title, curves: &curves, chosen }.save(&run.file("plots/risk_coverage.png")?)?;
        Ok(())
    }
}
