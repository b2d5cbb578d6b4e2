//! Tables, plots and the page of an evaluation, for whichever command judged the images.

use super::explaining::Explainer;
use super::judged::Judged;
use super::measured::Evaluation;
use super::strangers::Strangers;
use super::withholding::Withheld;
use super::{page, pictures, tables};
use crate::commands::CommandError;
use crate::images::DepthRange;
use crate::metrics::{Ranking, Reliability};
use crate::progress::{Observer, Stage};
use crate::report::{
    Block, ClassCurves, ConfusionPlot, Figure, RankingCurves, ReliabilityBar, ReliabilityPlot, Report, Section,
};
use crate::runs::RunDir;

/// More classes than this make curves that nobody can tell apart.
const MOST_CURVES: usize = 20;

/// Everything that is written about judged images.
pub(in crate::commands) struct Dossier<'a> {
    pub run: &'a RunDir,
    /// Such as `rails train: mlp512`.
    pub title: String,
    /// `test` or `validation` images, or `given` ones.
    pub part: &'a str,
    pub judged: &'a Judged<'a>,
    pub strangers: &'a Strangers,
    pub evaluation: &'a Evaluation,
    /// When images are `unknown`; `None` where the classifier cannot say.
    pub withheld: Option<&'a Withheld>,
    /// The brightness scale of the classifier.
    pub depth: DepthRange,
    /// Shows where the network looked; a sentence why not.
    pub explainer: Result<Explainer<'a>, String>,
    /// Names and values at the top of the page.
    pub facts: Vec<(String, String)>,
    /// What only this command has to tell, ahead of everything else.
    pub first: Vec<Section>,
    /// The same, ahead of the settings.
    pub more: Vec<Section>,
    /// The lines that make the run again.
    pub settings: Vec<String>,
}

impl Dossier<'_> {
    /// Fills the run folder with tables, plots and report.html.
    pub fn write(mut self, observer: &dyn Observer) -> Result<(), CommandError> {
        let stage = observer.stage(Stage::Plot, 12);
        tables::write(self.run, self.judged, self.strangers, self.evaluation)?;
        let mut report = Report::new(&self.title);
        report.facts.clone_from(&self.facts);
        let strangers = self.strangers.summary(self.judged.classes);
        report.sections.append(&mut self.first);
        report.sections.push(page::headline(self.part, self.evaluation, &strangers));
        report.section("What is taken for what", self.confusion()?);
        report.sections.push(page::classes(self.judged, self.evaluation));
        report.sections.extend(page::fields(self.evaluation));
        report.sections.extend(page::strangers(&strangers));
        report.section("Can the confidence be trusted?", self.reliability()?);
        report.section("How well probabilities sort the images", self.ranking()?);
        stage.advance(4);
        report.section("The most confident errors", self.errors()?);
        report.section("Where the network looked", self.explanations(observer)?);
        if let Some(withheld) = self.withheld {
            report.sections.push(withheld.show(self.run, self.part, self.judged, self.strangers, &self.depth)?);
        }
        report.sections.append(&mut self.more);
        report.sections.push(page::settings(&self.settings));
        report.write(&self.run.file("report.html")?)?;
        Ok(())
    }

    fn plot(&self, name: &str, figure: &dyn Figure, how: &str) -> Result<Block, CommandError> {
        let path = self.run.file(&format!("plots/{name}.png"))?;
        figure.save(&path)?;
        Block::plot_file(&path, how).map_err(CommandError::at(&path))
    }

    fn confusion(&self) -> Result<Vec<Block>, CommandError> {
        let matrix = &self.evaluation.confusion;
        let title = format!("Confusion matrix ({} images)", self.part);
        let plot = ConfusionPlot { title: &title, names: matrix.classes(), counts: matrix.counts() };
        let how = "Each row holds the images of one true class, each column what they were called: what lies on the \
                   diagonal is right, everything else is a mix-up.";
        Ok(vec![self.plot("confusion_matrix", &plot, how)?])
    }

    fn reliability(&self) -> Result<Vec<Block>, CommandError> {
        let confidence = &self.evaluation.confidence;
        let bars = |reliability: &Reliability| -> Vec<ReliabilityBar> {
            let bar = |bin: &crate::metrics::ReliabilityBin| ReliabilityBar {
                images: bin.images,
                confidence: bin.confidence.unwrap_or(f64::NAN),
                accuracy: bin.accuracy.unwrap_or(f64::NAN),
            };
            reliability.bins.iter().map(bar).collect()
        };
        let (before, after) = (bars(&confidence.reliability_before), bars(&confidence.reliability));
        let named =
            |name: &str, ece: Option<f64>| format!("{name} (ECE {})", ece.map_or_else(|| "–".into(), page::percent));
        let mut panels = vec![(named("Confidence as shown", confidence.ece), &after[..])];
        if confidence.temperature != 1.0 {
            panels.insert(0, (named("Before calibration", confidence.ece_before), &before[..]));
        }
        let plot = ReliabilityPlot { title: "Reliability: confidence against truth", panels };
        let how = "Of the images called with 80 % confidence, 80 % should be right: bars that end on the diagonal are \
                   honest, below it the classifier is too sure of itself, above it too shy. Pale bars hold fewer than 10 \
                   images and prove little.";
        let mut blocks = page::trust(confidence);
        blocks.push(self.plot("reliability", &plot, how)?);
        Ok(blocks)
    }

    fn ranking(&self) -> Result<Vec<Block>, CommandError> {
        let classes: Vec<ClassCurves> = self
            .judged
            .classes
            .iter()
            .zip(&self.evaluation.rankings)
            .filter(|(_, ranking)| ranking.roc_auc().is_some())
            .take(MOST_CURVES)
            .map(|(class, ranking)| ClassCurves {
                name: format!("{class} (AUC {:.3})", ranking.roc_auc().unwrap_or(f64::NAN)),
                roc: Ranking::roc_curve(ranking),
                precision_recall: Ranking::precision_recall_curve(ranking),
            })
            .collect();
        let plot = RankingCurves { title: "One class against the rest", classes: &classes };
        let how = "Left: the nearer a curve comes to the top left corner, the better the class is told from the rest; \
                   the grey line is guessing. Right: how many of the images found are right (up) as more of the class \
                   are found (across).";
        Ok(vec![self.plot("ranking_curves", &plot, how)?])
    }

    fn errors(&self) -> Result<Vec<Block>, CommandError> {
        let gallery = pictures::errors(self.run, self.judged, &self.depth)?;
        let how = if gallery.is_empty() {
            "There was none."
        } else {
            "Look here first: an error the classifier is sure of is often a wrong label, an image that shows two things, \
             or something it never saw. Below each image: the true class → what it was called, the confidence, the file."
        };
        let mut blocks = vec![page::text(how)];
        blocks.extend(gallery);
        Ok(blocks)
    }

    fn explanations(&self, observer: &dyn Observer) -> Result<Vec<Block>, CommandError> {
        let explainer = match &self.explainer {
            Ok(explainer) => explainer,
            Err(why) => return Ok(vec![page::text(why.as_str())]),
        };
        let how = "Warm colours cover what spoke for a class (Grad-CAM): they should lie on the thing itself. Warm \
                   borders, shadows or scale bars mean that the classifier learned something beside the point. No colour \
                   means that nothing spoke for the class.";
        let mut blocks = vec![page::text(how)];
        blocks.extend(pictures::explanations(self.run, self.judged, &self.depth, explainer, observer)?);
        Ok(blocks)
    }
}
