//! Rejection on the page: risk and coverage, in a plot and in words.

use super::sections::percent;
use crate::evaluation::Rejection;
use crate::metrics::RiskCoverage;
use crate::report::RiskCoveragePlot;

pub(super) fn plot_title(part: &str, rejection: &Rejection) -> String {
    let novel = if rejection.novel_classes.is_some() { ", with classes it never learned" } else { "" };
    format!("Risk and coverage ({part} images{novel})")
}

pub(super) fn curves(rejection: &Rejection) -> [(&'static str, &RiskCoverage); 2] {
    [("by novelty", &rejection.by_novelty), ("by confidence alone", &rejection.by_confidence)]
}

pub(super) fn plot<'a>(
    title: &'a str,
    curves: &'a [(&'a str, &'a RiskCoverage)],
    rejection: &Rejection,
) -> RiskCoveragePlot<'a> {
    RiskCoveragePlot { title, curves, chosen: rejection.coverage() }
}

pub(super) fn sentences(rejection: &Rejection) -> Vec<String> {
    let Some(threshold) = rejection.threshold else {
        return vec![
            "This classifier calls no image `unknown`: it was told to keep all, or too few images were left to choose a \
             threshold on."
                .to_owned(),
        ];
    };
    let novelty = format!(
        "Novelty tells how unlike the training images an image is: 0 is usual for an image of a known class, each step \
         of 1 is one standard deviation of such images, and more is less like them. Prediction calls an image `unknown` \
         when its novelty is above {threshold:.2}: it resembles nothing that was learned, or the confidence is low."
    );
    let known = rejection.at_threshold.zip(rejection.risk_of_all).map(|(point, all)| {
        format!(
            "Of the judged images {} keep their class; {} of those are wrong, instead of {} of all.",
            percent(point.coverage),
            percent(point.risk),
            percent(all)
        )
    });
    let novel = rejection.novel_classes.as_ref().map(|found| {
        let apart = found.roc_auc.map_or_else(String::new, |auc| {
            format!(
                " Taking one of them and one image of a known class, the former has the higher novelty in {} of cases \
                 (AUROC).",
                percent(auc)
            )
        });
        format!(
            "Of {} images of classes that were never learned {} are called `unknown`; the others get a class that is \
             wrong.{apart}",
            found.images, found.unknown
        )
    });
    [Some(novelty), known, novel].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::NovelClassDetection;
    use crate::metrics::RiskAtCoverage;

    #[test]
    fn novelty_is_explained_before_its_outcome_is_told() {
        let mut rejection = Rejection {
            keep: 0.9,
            threshold: Some(1.35),
            n_images: 40,
            at_threshold: Some(RiskAtCoverage { coverage: 0.9, risk: 0.05, threshold: 1.3 }),
            risk_of_all: Some(0.1),
            novel_classes: Some(NovelClassDetection { images: 12, unknown: 9, roc_auc: Some(0.95) }),
            by_novelty: RiskCoverage::default(),
            by_confidence: RiskCoverage::default(),
        };
        insta::assert_snapshot!(sentences(&rejection).join("\n"));
        rejection.threshold = None;
        assert!(sentences(&rejection)[0].contains("calls no image `unknown`"));
        assert_eq!(plot_title("test", &rejection), "Risk and coverage (test images, with classes it never learned)");
    }
}
