//! Learning curves of several runs over each other.

use super::Figure;
use super::axes::{Axis, Frame};
use super::canvas::{Canvas, Rect};
use super::curves::EpochScores;
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{MARGIN, STROKE, group_colour, group_mark};

/// Two panels, validation loss and validation accuracy, with a curve per run.
#[derive(Debug, Clone)]
pub struct CurvesCompared<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Name and epochs of each run.
    pub runs: &'a [(String, Vec<EpochScores>)],
}

impl Figure for CurvesCompared<'_> {
    fn draw(&self) -> Canvas {
        let entries = self.runs.iter().enumerate().map(|(index, (name, _))| LegendEntry {
            name: name.clone(),
            colour: group_colour(index),
            mark: group_mark(index),
        });
        let legend = Legend::new(entries.collect(), 600);
        let (mut canvas, body) = page(1900 + legend.width() + MARGIN, 760, self.title, "");
        let panels = body.without(0, 0, legend.width() + MARGIN, 0);
        let all = || self.runs.iter().flat_map(|(_, epochs)| epochs);
        let epochs = Axis::whole("epoch", all().map(|scores| scores.epoch as f64));
        let loss = Axis::from_zero("loss", all().map(|epoch| epoch.valid_loss));
        let accuracy = Axis::around("accuracy", all().map(|epoch| epoch.valid_accuracy));
        let [left, right] = [0, 1].map(|column| panels.cell((1, 2), (0, column), MARGIN));
        let loss = Frame::draw(&mut canvas, left, "Validation loss", &epochs, &loss);
        let accuracy = Frame::draw(&mut canvas, right, "Validation accuracy", &epochs, &accuracy);
        for (index, (_, epochs)) in self.runs.iter().enumerate() {
            let curve = |value: fn(&EpochScores) -> f64| -> Vec<(f64, f64)> {
                epochs.iter().map(|scores| (scores.epoch as f64, value(scores))).collect()
            };
            loss.curve(&mut canvas, &curve(|epoch| epoch.valid_loss), group_colour(index), STROKE);
            accuracy.curve(&mut canvas, &curve(|epoch| epoch.valid_accuracy), group_colour(index), STROKE);
        }
        if all().next().is_none() {
            nothing(&mut canvas, loss.inner);
            nothing(&mut canvas, accuracy.inner);
        }
        legend.draw(&mut canvas, Rect::new(panels.right() + MARGIN, body.y + 54, legend.width(), 600));
        canvas
    }
}
