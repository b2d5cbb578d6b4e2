//! Rejection on the page: risk and coverage, in a plot and in words.

use super::sections::percent;
use crate::evaluation::Rejection;
use crate::metrics::RiskCoverage;
use crate::report::RiskCoveragePlot;

pub(super) fn plot_title(part: &str, rejection: &Rejection) -> String {
    let novel = if rejection.novel_classes.is_some() { ", with classes it never learned" } else { "" };
    format!("Risk and coverage ({part} images{novel})")
}

pub(super) fn curves(rejection: &Rejection) -> [(&'static str, &RiskCoverage); 3] {
    [
        ("by both", &rejection.by_both),
        ("by novelty alone", &rejection.by_novelty),
        ("by confidence alone", &rejection.by_confidence),
    ]
}

pub(super) fn plot<'a>(
    title: &'a str,
    curves: &'a [(&'a str, &'a RiskCoverage)],
    rejection: &Rejection,
) -> RiskCoveragePlot<'a> {
    RiskCoveragePlot { title, curves, chosen: rejection.coverage }
}

pub(super) fn sentences(rejection: &Rejection) -> Vec<String> {
    let Rejection { threshold, min_confidence, novelty_is_share, .. } = rejection;
    let of_share = |threshold| {
        format!(
            "Novelty tells how unlike the training images an image is: the share of known images, which the classifier \
             had not learned, that are less unlike them. Prediction calls an image `unknown`, as novel, when more than \
             {} of them are: it resembles nothing that was learned.",
            percent(threshold)
        )
    };
    let of_deviations = |threshold: f64| {
        format!(
            "Novelty tells how unlike the training images an image is: 0 is usual for an image of a known class, each \
             step of 1 is one standard deviation of such images, and more is less like them. Prediction calls an image \
             `unknown` when its novelty is above {threshold:.2}: it resembles nothing that was learned, or the confidence \
             is low."
        )
    };
    let novelty =
        threshold.map(|threshold| if *novelty_is_share { of_share(threshold) } else { of_deviations(threshold) });
    let unsure = min_confidence.map(|least| {
        format!(
            "An image that is not novel is `unknown`, as unsure, when the confidence is below {}: it lies between \
             classes.",
            percent(least)
        )
    });
    if novelty.is_none() && unsure.is_none() {
        return vec![
            "This classifier calls no image `unknown`: it was told to keep all, or too few images were left to choose a \
             threshold on."
                .to_owned(),
        ];
    }
    [novelty, unsure, rejected(rejection), kept(rejection), novel_classes(rejection)].into_iter().flatten().collect()
}

/// What the images without a class would have been called.
fn rejected(rejection: &Rejection) -> Option<String> {
    rejection.risk_of_all?;
    let all = rejection.unknown();
    let reasons = rejection.reasons();
    Some(format!(
        "{} of the judged images {} `unknown`, {} of which would have been called right{}{}.",
        all.images,
        if all.images == 1 { "is" } else { "are" },
        all.right,
        if reasons.is_empty() { "" } else { ": " },
        reasons
    ))
}

fn kept(rejection: &Rejection) -> Option<String> {
    let (kept, all) = rejection.at_threshold.zip(rejection.risk_of_all)?;
    Some(format!(
        "Of the judged images {} keep their class; {} of those are wrong, instead of {} of all.",
        percent(kept.coverage),
        percent(kept.risk),
        percent(all)
    ))
}

fn novel_classes(rejection: &Rejection) -> Option<String> {
    let found = rejection.novel_classes.as_ref()?;
    let apart = found.roc_auc.map_or_else(String::new, |auc| {
        format!(
            " Taking one of them and one image of a known class, the former has the higher novelty in {} of cases \
             (AUROC).",
            percent(auc)
        )
    });
    Some(format!(
        "Of {} images of classes that were never learned {} are called `unknown`{}; the others get a class that is \
         wrong.{apart}",
        found.images,
        found.unknown,
        if rejection.novelty_is_share { format!(", {} of them as novel", found.novel) } else { String::new() }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{KeptImages, NovelClassDetection, RejectedImages};

    #[test]
    fn novelty_is_explained_before_its_outcome_is_told() {
        let mut rejection = Rejection {
            keep: 0.9,
            threshold: Some(0.951),
            min_confidence: Some(0.55),
            novelty_is_share: true,
            n_images: 40,
            at_threshold: Some(KeptImages { coverage: 0.9, risk: 0.05 }),
            novel: RejectedImages { images: 1, right: 1 },
            unsure: RejectedImages { images: 5, right: 3 },
            risk_of_all: Some(0.1),
            untold: RejectedImages::default(),
            novel_classes: Some(NovelClassDetection { images: 12, unknown: 9, novel: 7, roc_auc: Some(0.95) }),
            coverage: Some(0.8),
            by_both: RiskCoverage::default(),
            by_novelty: RiskCoverage::default(),
            by_confidence: RiskCoverage::default(),
        };
        insta::assert_snapshot!(sentences(&rejection).join("\n"));
        let before =
            Rejection { threshold: Some(1.35), min_confidence: None, novelty_is_share: false, ..rejection.clone() };
        assert!(sentences(&before)[0].contains("one standard deviation"));
        (rejection.threshold, rejection.min_confidence) = (None, None);
        assert!(sentences(&rejection)[0].contains("calls no image `unknown`"));
        assert_eq!(plot_title("test", &rejection), "Risk and coverage (test images, with classes it never learned)");
    }
}
