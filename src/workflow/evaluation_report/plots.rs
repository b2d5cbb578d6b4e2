//! Plots of an evaluation, from its numbers.

use super::sections::percent;
use crate::evaluation::{Confidence, Evaluation};
use crate::metrics::{Ranking, Reliability, ReliabilityBin};
use crate::report::{ClassCurves, ConfusionPlot, RankingCurves, ReliabilityBar, ReliabilityPlot};

/// More classes than this make curves that nobody can tell apart.
const MOST_CURVES: usize = 20;

pub(super) fn confusion<'a>(title: &'a str, evaluation: &'a Evaluation) -> ConfusionPlot<'a> {
    let matrix = &evaluation.confusion;
    ConfusionPlot { title, names: matrix.classes(), counts: matrix.counts() }
}

/// Panels of the reliability plot, each with its title.
pub(super) struct ReliabilityBars(Vec<(String, Vec<ReliabilityBar>)>);

impl ReliabilityBars {
    /// The confidences as shown, and before them as they were before calibration, where that changed them.
    pub fn of(confidence: &Confidence) -> Self {
        let panel = |name: &str, ece: Option<f64>, reliability: &Reliability| {
            let title = format!("{name} (ECE {})", ece.map_or_else(|| "–".into(), percent));
            (title, reliability.bins.iter().map(bar).collect())
        };
        let mut panels = vec![panel("Confidence as shown", confidence.ece, &confidence.reliability)];
        if confidence.temperature != 1.0 {
            panels.insert(0, panel("Before calibration", confidence.ece_before, &confidence.reliability_before));
        }
        Self(panels)
    }

    pub fn figure(&self) -> ReliabilityPlot<'_> {
        let panels = self.0.iter().map(|(title, bars)| (title.clone(), bars.as_slice())).collect();
        ReliabilityPlot { title: "Reliability: confidence against truth", panels }
    }
}

fn bar(bin: &ReliabilityBin) -> ReliabilityBar {
    ReliabilityBar {
        images: bin.images,
        confidence: bin.confidence.unwrap_or(f64::NAN),
        accuracy: bin.accuracy.unwrap_or(f64::NAN),
    }
}

/// The curves of the first classes that have images and lack some.
pub(super) fn ranking_curves(classes: &[String], evaluation: &Evaluation) -> Vec<ClassCurves> {
    let curves = classes.iter().zip(&evaluation.rankings).filter_map(|(class, ranking)| {
        let auc = ranking.roc_auc()?;
        Some(ClassCurves {
            name: format!("{class} (AUC {auc:.3})"),
            roc: Ranking::roc_curve(ranking),
            precision_recall: Ranking::precision_recall_curve(ranking),
        })
    });
    curves.take(MOST_CURVES).collect()
}

pub(super) fn ranking(classes: &[ClassCurves]) -> RankingCurves<'_> {
    RankingCurves { title: "One class against the rest", classes }
}
