//! Report of an evaluation: tables, plots, pictures and the page, for every command that evaluates.
//!
//! Everything here draws and writes; the numbers come from [`crate::evaluation`].

mod galleries;
mod grad_cam_explainer;
mod measurements;
mod plots;
mod rejection;
mod sections;
mod tables;

use crate::evaluation::{Evaluation, LabelledPredictions, NovelClass, NovelImages, Rejection};
use crate::images::DepthRange;
use crate::progress::{Event, Observer, Stage};
use crate::report::{Figure, PageBlock, PageSection, Report};
use crate::runs::RunDir;
use crate::workflow::WorkflowError;

pub(crate) use grad_cam_explainer::GradCamExplainer;
pub(crate) use measurements::{record_evaluation, record_rejection};
pub(crate) use tables::write_predictions;

/// Everything that is written about an evaluation.
pub(crate) struct EvaluationReport<'a> {
    /// The folder it is written into.
    pub run: &'a RunDir,
    /// Such as `rails train: mlp512`.
    pub title: String,
    /// `test` or `validation` images, or `given` ones.
    pub part: &'a str,
    pub labelled: &'a LabelledPredictions<'a>,
    pub novel: &'a NovelImages,
    pub novel_classes: &'a [NovelClass],
    pub evaluation: &'a Evaluation,
    /// When images are `unknown`; `None` where the classifier never says so.
    pub rejection: Option<&'a Rejection>,
    /// The brightness scale of the classifier.
    pub depth: DepthRange,
    /// Shows where the network looked; a sentence why not.
    pub explainer: Result<GradCamExplainer<'a>, String>,
    /// Names and values at the top of the page.
    pub facts: Vec<(String, String)>,
    /// Sections that only this command has, ahead of everything else.
    pub first: Vec<PageSection>,
    /// The same, ahead of the settings.
    pub more: Vec<PageSection>,
    /// The lines that make the run again.
    pub settings: Vec<String>,
}

impl EvaluationReport<'_> {
    /// Fills the run folder with predictions.csv, tables, plots and report.html.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(mut self, observer: &dyn Observer) -> Result<(), WorkflowError> {
        let _stage = observer.stage(Stage::Plot, 12);
        tables::write(self.run, self.labelled, self.novel, self.evaluation)?;
        let mut report = Report::new(&self.title);
        report.facts.clone_from(&self.facts);
        report.sections.append(&mut self.first);
        report.sections.push(sections::headline(self.part, self.evaluation, self.novel_classes));
        report.section("What is taken for what", self.confusion()?);
        report.sections.push(sections::classes(self.labelled.classes, self.evaluation));
        report.sections.extend(sections::fields(self.evaluation));
        report.sections.extend(sections::novel_classes(self.novel_classes));
        report.section("Can the confidence be trusted?", self.reliability()?);
        report.section("How well probabilities sort the images", self.ranking()?);
        observer.on(Event::Advanced { by: 4 });
        report.section("The most confident errors", self.errors()?);
        report.section("Where the network looked", self.explanations(observer)?);
        report.sections.extend(self.rejection()?);
        report.sections.append(&mut self.more);
        report.sections.push(sections::settings(&self.settings));
        Ok(report.write(&self.run.file("report.html")?)?)
    }

    fn plot(&self, name: &str, figure: &dyn Figure, how: &str) -> Result<PageBlock, WorkflowError> {
        super::report_blocks::plot(self.run, name, how, figure)
    }

    fn confusion(&self) -> Result<Vec<PageBlock>, WorkflowError> {
        let title = format!("Confusion matrix ({} images)", self.part);
        let how = "Each row holds the images of one true class, each column what they were called: what lies on the \
                   diagonal is right, everything else is a mix-up.";
        Ok(vec![self.plot("confusion_matrix", &plots::confusion(&title, self.evaluation), how)?])
    }

    fn reliability(&self) -> Result<Vec<PageBlock>, WorkflowError> {
        let confidence = &self.evaluation.confidence;
        let how = "Of the images called with 80 % confidence, 80 % should be right: bars that end on the diagonal are \
                   honest, below it the classifier is too sure of itself, above it too shy. Pale bars hold fewer than 10 \
                   images and prove little.";
        let bars = plots::ReliabilityBars::of(confidence);
        let mut blocks = sections::calibration_error(confidence);
        blocks.push(self.plot("reliability", &bars.figure(), how)?);
        Ok(blocks)
    }

    fn ranking(&self) -> Result<Vec<PageBlock>, WorkflowError> {
        let curves = plots::ranking_curves(self.labelled.classes, self.evaluation);
        let how = "Left: the nearer a curve comes to the top left corner, the better the class is told from the rest; \
                   the grey line is guessing. Right: how many of the images found are right (up) as more of the class \
                   are found (across).";
        Ok(vec![self.plot("ranking_curves", &plots::ranking(&curves), how)?])
    }

    fn errors(&self) -> Result<Vec<PageBlock>, WorkflowError> {
        let gallery = galleries::errors(self.run, self.labelled, &self.depth)?;
        let how = if gallery.is_empty() {
            "There was none."
        } else {
            "Look here first: an error the classifier is sure of is often a wrong label, an image that shows two things, \
             or something it never saw. Below each image: the true class → what it was called, the confidence, the file."
        };
        Ok([vec![sections::text(how)], gallery].concat())
    }

    fn explanations(&self, observer: &dyn Observer) -> Result<Vec<PageBlock>, WorkflowError> {
        let explainer = match &self.explainer {
            Ok(explainer) => explainer,
            Err(why) => return Ok(vec![sections::text(why.as_str())]),
        };
        let how = "Warm colours cover what spoke for a class (Grad-CAM): they should lie on the thing itself. Warm \
                   borders, shadows or scale bars mean that the classifier learned something beside the point. No colour \
                   means that nothing spoke for the class.";
        let gallery = galleries::explanations(self.run, self.labelled, &self.depth, explainer, observer)?;
        Ok([vec![sections::text(how)], gallery].concat())
    }

    fn rejection(&self) -> Result<Option<PageSection>, WorkflowError> {
        let Some(rejection) = self.rejection else { return Ok(None) };
        tables::write_risk_coverage(self.run, rejection)?;
        let mut blocks: Vec<PageBlock> = rejection::sentences(rejection).into_iter().map(sections::text).collect();
        let title = rejection::plot_title(self.part, rejection);
        let curves = rejection::curves(rejection);
        let how = "The fewer images get a class (to the left), the fewer of these should be wrong (down): a curve that \
                   falls to the left means that the images it would get wrong are known beforehand. By both: as the two \
                   thresholds move together.";
        blocks.push(self.plot("risk_coverage", &rejection::plot(&title, &curves, rejection), how)?);
        blocks.extend(galleries::unknown(self.run, self.labelled, self.novel, &self.depth)?);
        Ok(Some(PageSection { title: "When it should rather say unknown".to_owned(), blocks }))
    }
}
