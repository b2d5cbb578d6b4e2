//! Learning curves: loss and accuracy over the epochs, the best epoch marked.

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{BLUE, GREEN, MARGIN, Mark, STROKE, VERMILION};

/// Scores after an epoch; NaN where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochScores {
    /// Its number.
    pub epoch: usize,
    /// Mean loss on the training images.
    pub train_loss: f64,
    /// Mean loss on the validation images.
    pub valid_loss: f64,
    /// Share of training images predicted right, `0.0..=1.0`.
    pub train_accuracy: f64,
    /// Share of validation images predicted right, `0.0..=1.0`.
    pub valid_accuracy: f64,
}

/// Two panels: loss and accuracy.
#[derive(Debug, Clone)]
pub struct LearningCurves<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// One entry per epoch, in order.
    pub epochs: &'a [EpochScores],
    /// Position in `epochs` of the checkpoint that was kept.
    pub best: Option<usize>,
}

impl Figure for LearningCurves<'_> {
    fn draw(&self) -> Canvas {
        let best = self.best.filter(|&epoch| epoch < self.epochs.len());
        let remark = best.map_or_else(String::new, |best| {
            let EpochScores { epoch, valid_loss, valid_accuracy, .. } = self.epochs[best];
            let accuracy = number(valid_accuracy * 100.0, 1);
            format!("best epoch {epoch}: validation loss {}, accuracy {accuracy} %", number(valid_loss, 4))
        });
        let entries = [("training", BLUE), ("validation", VERMILION)].map(|(name, colour)| LegendEntry {
            name: name.to_owned(),
            colour,
            mark: Mark::Disc,
        });
        let best_entry = best.map(|_| LegendEntry { name: "best epoch".to_owned(), colour: GREEN, mark: Mark::Square });
        let legend = Legend::new(entries.into_iter().chain(best_entry).collect(), 600);
        let (mut canvas, body) = page(1900 + legend.width() + MARGIN, 760, self.title, &remark);
        let panels = body.without(0, 0, legend.width() + MARGIN, 0);
        let loss = Axis::from_zero("loss", self.epochs.iter().flat_map(|epoch| [epoch.train_loss, epoch.valid_loss]));
        self.panel(&mut canvas, panels.cell((1, 2), (0, 0), MARGIN), "Loss", &loss, best, |epoch| {
            (epoch.train_loss, epoch.valid_loss)
        });
        let accuracies = self.epochs.iter().flat_map(|epoch| [epoch.train_accuracy, epoch.valid_accuracy]);
        let accuracy = Axis::around("accuracy", accuracies);
        self.panel(&mut canvas, panels.cell((1, 2), (0, 1), MARGIN), "Accuracy", &accuracy, best, |epoch| {
            (epoch.train_accuracy, epoch.valid_accuracy)
        });
        legend.draw(&mut canvas, Rect::new(panels.right() + MARGIN, body.y + 54, legend.width(), 600));
        canvas
    }
}

impl LearningCurves<'_> {
    fn panel(
        &self,
        canvas: &mut Canvas,
        area: Rect,
        title: &str,
        y: &Axis,
        best: Option<usize>,
        scores: impl Fn(&EpochScores) -> (f64, f64),
    ) {
        let numbers = self.epochs.iter().map(|scores| scores.epoch as f64);
        let frame = Frame::draw(canvas, area, title, &Axis::whole("epoch", numbers.clone()), y);
        if let Some(best) = best {
            let x = frame.x(self.epochs[best].epoch as f64);
            canvas.dashes((x, frame.inner.y), (x, frame.inner.bottom()), GREEN, 3);
        }
        for (colour, second) in [(BLUE, false), (VERMILION, true)] {
            let value = |epoch| if second { scores(epoch).1 } else { scores(epoch).0 };
            let points: Vec<_> = numbers.clone().zip(self.epochs.iter().map(value)).collect();
            frame.curve(canvas, &points, colour, STROKE);
            if points.len() <= 40 {
                for (x, y) in points.iter().filter(|point| point.1.is_finite()) {
                    canvas.mark((frame.x(*x), frame.y(*y)), 6, Mark::Disc, colour, 1.0);
                }
            }
        }
        if self.epochs.is_empty() {
            nothing(canvas, frame.inner);
        }
    }
}
