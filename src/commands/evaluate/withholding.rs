//! What becomes of judged images when unfamiliar ones are called `unknown`.

use std::fmt::Write;

use ndarray::Array2;
use serde::Serialize;
use serde_json::json;

use super::judged::{Judged, Strangeness};
use super::strangers::Strangers;
use super::{page, pictures};
use crate::commands::CommandError;
use crate::data::ClassId;
use crate::images::DepthRange;
use crate::metrics::{Ranking, RiskAtCoverage, RiskCoverage};
use crate::report::{Block, Figure, Results, RiskCoveragePlot, Section};
use crate::runs::RunDir;
use crate::training::RejectRule;

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
    /// What becomes of images of classes that were never learned; `None` without such images.
    pub never_learned: Option<NeverLearned>,
    /// By unfamiliarity, and by confidence alone; images of classes that were never learned are wrong answers.
    #[serde(skip)]
    curves: [RiskCoverage; 2],
}

/// Images of classes that the classifier never learned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NeverLearned {
    /// How many.
    pub images: usize,
    /// How many of them are `unknown`.
    pub unknown: usize,
    /// Chance that one of them is less familiar than an image of a known class, in `0.0..=1.0`; 0.5 is guessing. `None`
    /// without images of known classes.
    pub roc_auc: Option<f64>,
}

impl Withheld {
    /// Applies `rule` to images whose strangeness it measured.
    pub(in crate::commands) fn of(rule: &RejectRule, judged: &Judged<'_>, strangers: &Strangers) -> Self {
        let predicted = judged.predicted();
        let mut right: Vec<bool> = judged.truth.iter().zip(&predicted).map(|(truth, said)| truth == said).collect();
        let unfamiliarity = |all: &[Strangeness]| all.iter().map(|one| one.unfamiliarity).collect::<Vec<f64>>();
        let (mut unfamiliar, strange) = (unfamiliarity(&judged.strangeness), unfamiliarity(&strangers.strangeness));
        let known = RiskCoverage::of(&unfamiliar, &right);
        let never_learned = (!strange.is_empty()).then(|| NeverLearned {
            images: strange.len(),
            unknown: strangers.strangeness.iter().filter(|one| one.unknown).count(),
            roc_auc: told_apart(&unfamiliar, &strange),
        });
        let mut doubts: Vec<f64> = (0..right.len()).map(|row| 1.0 - f64::from(judged.confidence(row))).collect();
        doubts.extend(strangers.confidences().map(|confidence| 1.0 - f64::from(confidence)));
        unfamiliar.extend(strange);
        right.resize(unfamiliar.len(), false);
        Self {
            keep: rule.keep.get(),
            threshold: rule.threshold,
            n_images: rule.n_images,
            at_threshold: known.at(rule.threshold.unwrap_or(f64::INFINITY)),
            risk_of_all: known.points.last().map(|point| point.risk),
            never_learned,
            curves: [RiskCoverage::of(&unfamiliar, &right), RiskCoverage::of(&doubts, &right)],
        }
    }

    /// Puts the numbers into `results`.
    pub(in crate::commands) fn fill(&self, results: &mut Results) {
        let [by_unfamiliarity, by_confidence] = &self.curves;
        results.set("reject", self);
        results.set(
            "risk_coverage_area",
            json!({ "by_unfamiliarity": by_unfamiliarity.area(), "by_confidence": by_confidence.area() }),
        );
    }

    /// Writes `risk_coverage.csv` and the plots; the answer is for the page.
    pub(super) fn show(
        &self,
        run: &RunDir,
        part: &str,
        judged: &Judged<'_>,
        strangers: &Strangers,
        depth: &DepthRange,
    ) -> Result<Section, CommandError> {
        let table = run.file("risk_coverage.csv")?;
        let mut text = String::from("coverage,risk,unfamiliarity\n");
        for RiskAtCoverage { coverage, risk, threshold } in &self.curves[0].points {
            let _ = writeln!(text, "{coverage},{risk},{threshold}");
        }
        std::fs::write(&table, text).map_err(CommandError::at(&table))?;
        let mut blocks: Vec<Block> = self.sentences().into_iter().map(page::text).collect();
        blocks.push(self.plot(run, part)?);
        blocks.extend(pictures::unknown(run, judged, strangers, depth)?);
        Ok(Section { title: "When it should rather say unknown".to_owned(), blocks })
    }

    fn plot(&self, run: &RunDir, part: &str) -> Result<Block, CommandError> {
        let [by_unfamiliarity, by_confidence] = &self.curves;
        let strangers = if self.never_learned.is_some() { ", with classes it never learned" } else { "" };
        let title = format!("Risk and coverage ({part} images{strangers})");
        let curves = [("by unfamiliarity", by_unfamiliarity), ("by confidence alone", by_confidence)];
        let chosen = self.threshold.and_then(|threshold| by_unfamiliarity.at(threshold)).map(|point| point.coverage);
        let path = run.file("plots/risk_coverage.png")?;
        RiskCoveragePlot { title: &title, curves: &curves, chosen }.save(&path)?;
        let how = "The fewer images get a class (to the left), the fewer of these should be wrong (down): a curve that \
                   falls to the left means that doubtful images are known to be doubtful.";
        Block::plot_file(&path, how).map_err(CommandError::at(&path))
    }

    fn sentences(&self) -> Vec<String> {
        if self.threshold.is_none() {
            return vec![
                "This classifier calls no image `unknown`: it was told to keep all, or too few images were left \
                         to choose a threshold on."
                    .to_owned(),
            ];
        }
        let known = self.at_threshold.zip(self.risk_of_all).map(|(point, all)| {
            format!(
                "Prediction calls an image `unknown` when it resembles nothing that was learned or the classifier \
                 doubts. Of the judged images {} keep their class; {} of those are wrong, instead of {} of all.",
                page::percent(point.coverage),
                page::percent(point.risk),
                page::percent(all)
            )
        });
        let strange = self.never_learned.as_ref().map(|strange| {
            let apart = strange.roc_auc.map_or_else(String::new, |auc| {
                format!(
                    " Taking one of them and one image of a known class, the former is the less familiar one in {} of \
                     cases (AUROC).",
                    page::percent(auc)
                )
            });
            format!(
                "Of {} images of classes that were never learned {} are called `unknown`; the others get a class that \
                 is wrong.{apart}",
                strange.images, strange.unknown
            )
        });
        known.into_iter().chain(strange).collect()
    }
}

/// Area under the ROC curve of `strange` against `known`; `None` without either.
fn told_apart(known: &[f64], strange: &[f64]) -> Option<f64> {
    let truth: Vec<ClassId> = known.iter().map(|_| ClassId(1)).chain(strange.iter().map(|_| ClassId(0))).collect();
    let scores: Vec<f64> = known.iter().chain(strange).copied().collect();
    let scores = Array2::from_shape_fn((scores.len(), 1), |(row, _)| scores[row] as f32);
    Ranking::of(ClassId(0), &truth, scores.view()).roc_auc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pair_in_the_wrong_order_costs_its_share() {
        assert_eq!(told_apart(&[0.0, 1.0], &[2.0, 3.0]), Some(1.0));
        assert_eq!(told_apart(&[0.0, 2.5], &[2.0, 3.0]), Some(0.75));
        assert_eq!(told_apart(&[], &[2.0]), None);
    }
}
