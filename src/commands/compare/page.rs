//! compare.html: results side by side in one file.

use ndarray::{Array2, ArrayView2};
use serde_json::Value;

use super::pair::{Change, Pair};
use super::{Compared, more_is_better};
use crate::commands::CommandError;
use crate::data::path_text;
use crate::files::Results;
use crate::images::DepthRange;
use crate::report::{ConfusionDifference, CurvesCompared, EpochScores, GroupedBars, PageBlock, Report};
use crate::workflow::gallery::{GalleryRow, read, show};

/// Changed images that are shown of each kind.
const SHOWN: usize = 30;

/// The page of a comparison: the runs and everything it shows.
pub(super) struct ComparePage<'a> {
    pub compared: &'a Compared,
    pub results: &'a [Results],
    /// Metrics of the bar chart, and their values by metric and run.
    pub bars: Option<(&'a [String], ArrayView2<'a, f64>)>,
    pub pair: Option<&'a Pair>,
    /// The brightness scale of changed images.
    pub depth: DepthRange,
}

impl ComparePage<'_> {
    pub fn report(&self) -> Result<Report, CommandError> {
        let mut report = Report::new(format!("rails compare: {}", self.compared.runs.join(", ")));
        for (run, kind) in self.compared.runs.iter().zip(&self.compared.kinds) {
            report.fact(kind, run);
        }
        if let Some(pair) = self.pair {
            report.section("Which is better?", vec![PageBlock::Paragraph(capital(&pair.sentence)), counts(pair)]);
        }
        report.section("Scores", self.scores()?);
        if !self.compared.differences.is_empty() {
            report.section("Settings that differ", vec![self.settings()]);
        }
        if let Some(pair) = self.pair.filter(|pair| pair.shared > 0) {
            report.section("What changed", self.difference(pair)?);
            for (kind, title, how) in [
                ("fixed", "Fixed", "Only the second calls these right"),
                ("broken", "Broken", "Only the first calls these right"),
                ("other", "Wrong in another way", "Both are wrong, each in its own way"),
            ] {
                report.section(title, self.gallery(pair, kind, how)?);
            }
        }
        let curves: Vec<(String, Vec<EpochScores>)> = self
            .compared
            .runs
            .iter()
            .cloned()
            .zip(self.results.iter().map(history))
            .filter(|run| !run.1.is_empty())
            .collect();
        if !curves.is_empty() {
            let figure = CurvesCompared { title: "Learning curves", runs: &curves };
            let how =
                "One line per run, on validation images: the lower the loss and the higher the accuracy, the better.";
            report.section("How they learned", vec![PageBlock::figure(&figure, how)?]);
        }
        Ok(report)
    }

    fn scores(&self) -> Result<Vec<PageBlock>, CommandError> {
        let mut blocks = Vec::new();
        if let Some((metrics, values)) = self.bars {
            let figure = GroupedBars { title: "Runs compared", metrics, runs: &self.compared.runs, values };
            blocks.push(PageBlock::figure(&figure, "A group of bars per score, a colour per run: higher is better.")?);
        }
        let rows = self.compared.metrics.iter().map(|(name, values)| {
            let known = || values.iter().flatten().copied();
            let best = more_is_better(name)
                .filter(|_| known().count() > 1)
                .and_then(|more| known().reduce(|a, b| if (a < b) == more { b } else { a }));
            let cell = |value: &Option<f64>| match value {
                None => String::new(),
                Some(value) if Some(*value) == best => format!("{value:.4} ★"),
                Some(value) if value.fract() == 0.0 => format!("{value}"),
                Some(value) => format!("{value:.4}"),
            };
            std::iter::once(name.clone()).chain(values.iter().map(cell)).collect()
        });
        blocks.push(PageBlock::Table {
            caption: "Everything measured; ★ is the best of the row where one is better".to_owned(),
            columns: self.columns("metric"),
            rows: rows.collect(),
        });
        Ok(blocks)
    }

    fn settings(&self) -> PageBlock {
        let rows = self.compared.differences.iter();
        PageBlock::Table {
            caption: "Settings that are the same in all runs of a kind are left out".to_owned(),
            columns: self.columns("setting"),
            rows: rows.map(|(name, values)| std::iter::once(name).chain(values).cloned().collect()).collect(),
        }
    }

    fn columns(&self, first: &str) -> Vec<String> {
        std::iter::once(first.to_owned()).chain(self.compared.runs.iter().cloned()).collect()
    }

    fn difference(&self, pair: &Pair) -> Result<Vec<PageBlock>, CommandError> {
        let [first, second]: &[Array2<u64>; 2] = &pair.counts;
        let title = format!("From {} to {}", self.compared.runs[0], self.compared.runs[1]);
        let figure = ConfusionDifference { title: &title, names: &pair.classes, first, second };
        let how = "Each cell: how many more (+) or fewer (−) images of the true class (row) the second calls the class of \
                   the column. Blue is better: more on the diagonal, fewer mix-ups beside it.";
        Ok(vec![self.mixes(pair), PageBlock::figure(&figure, how)?])
    }

    /// Both confusion matrices side by side; cells that are empty in both are left out.
    fn mixes(&self, pair: &Pair) -> PageBlock {
        let [first, second]: &[Array2<u64>; 2] = &pair.counts;
        let cells = first.indexed_iter().filter(|(place, count)| **count + second[*place] > 0);
        let row = |(place, count): ((usize, usize), &u64)| {
            let [truth, called] = [place.0, place.1].map(|class| pair.classes[class].clone());
            vec![truth, called, count.to_string(), second[place].to_string()]
        };
        let columns =
            ["true class".to_owned(), "called".to_owned()].into_iter().chain(self.compared.runs.iter().cloned());
        let caption = "Both confusion matrices: images of a true class and what each calls them".to_owned();
        PageBlock::Table { caption, columns: columns.collect(), rows: cells.map(row).collect() }
    }

    fn gallery(&self, pair: &Pair, kind: &str, how: &str) -> Result<Vec<PageBlock>, CommandError> {
        let changes: Vec<&Change> = pair.changes.iter().filter(|change| change.kind() == kind).collect();
        if changes.is_empty() {
            return Ok(vec![PageBlock::Paragraph("None.".to_owned())]);
        }
        let images = changes
            .iter()
            .take(SHOWN)
            .filter_map(|change| {
                let [before, after] = &change.class;
                let name = change.path.rsplit('/').next().unwrap_or(&change.path);
                let [p, q] = change.confidence.map(|confidence| confidence * 100.0);
                let caption = format!("{} is\n{before} {p:.0} % →\n{after} {q:.0} %\n{name}", change.truth);
                Some((read(&path_text::to_path(&change.path), &self.depth)?, caption))
            })
            .collect::<Vec<_>>();
        let title = format!("{how}: {} images, {} shown", changes.len(), images.len());
        Ok(show("", &[GalleryRow { title, images }], None)?)
    }
}

fn counts(pair: &Pair) -> PageBlock {
    let rows = [
        ("both right", pair.both_right),
        ("both wrong", pair.both_wrong),
        ("fixed: only the second right", pair.fixed),
        ("broken: only the first right", pair.broken),
        ("judged by the first alone", pair.only_first),
        ("judged by the second alone", pair.only_second),
        ("left out, since the two were told different truths", pair.relabelled),
    ];
    PageBlock::Table {
        caption: format!("{} images were judged by both, images of equal bytes counted once", pair.shared),
        columns: ["images that are", "number"].map(str::to_owned).to_vec(),
        rows: rows.map(|(name, count)| vec![name.to_owned(), count.to_string()]).to_vec(),
    }
}

/// The epochs of a training run; empty for others.
fn history(results: &Results) -> Vec<EpochScores> {
    let number = |epoch: &Value, name: &str| epoch.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let epochs = results.metrics.get("history").and_then(Value::as_array);
    epochs
        .into_iter()
        .flatten()
        .map(|epoch| EpochScores {
            epoch: epoch.get("epoch").and_then(Value::as_u64).unwrap_or(0) as usize,
            train_loss: number(epoch, "train_loss"),
            valid_loss: number(epoch, "validation_loss"),
            train_accuracy: number(epoch, "train_accuracy"),
            valid_accuracy: number(epoch, "validation_accuracy"),
        })
        .collect()
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str() + ".").unwrap_or_default()
}
