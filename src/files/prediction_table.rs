//! The table of predictions that `rails predict` gives: CSV, JSON lines or Parquet.
//!
//! Columns: path, class, confidence, where the checkpoint measures it novelty, where it tells `unknown_because` (`novel`,
//! `unsure` or empty), `p_<class>` for every class and, where asked, `neighbour_<n>`, `neighbour_<n>_class` and `neighbour_<n>_distance`. (`predictions.csv` of a run, which knows
//! the true class too, is [`predictions_csv`](super::predictions_csv).)

use std::io;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, StringArray};
use serde::{Serialize, Serializer};

use super::{csv_table, parquet_table};

/// Predictions for images, to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionTable<'a> {
    /// The classifier's classes.
    pub classes: &'a [String],
    /// Whether the checkpoint tells why an image is `unknown`; those of before do not.
    pub tells_why: bool,
    /// Columns of how many nearest training images there are.
    pub neighbours: usize,
    pub rows: Vec<PredictionTableRow<'a>>,
}

/// The prediction for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionTableRow<'a> {
    pub path: &'a str,
    /// A class name or `unknown`.
    pub class: &'a str,
    /// In `0.0..=1.0`.
    pub confidence: f32,
    /// `None` where the checkpoint measures none.
    pub novelty: Option<f32>,
    /// `novel` or `unsure`; `None` for an image with a class.
    pub unknown_because: Option<&'a str>,
    /// One per class.
    pub probabilities: &'a [f32],
    /// The nearest training images, nearest first; there may be fewer than columns.
    pub neighbours: Vec<NeighbourCells<'a>>,
}

/// A training image near to an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeighbourCells<'a> {
    pub path: &'a str,
    pub class: &'a str,
    pub distance: f32,
}

/// A column of the table: one cell per row, `None` where there is nothing to say.
enum PredictionColumn<'a> {
    Text(Vec<Option<&'a str>>),
    Number(Vec<Option<f32>>),
}

/// A value as it is written: in single precision, with no digits that mean nothing.
#[derive(Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    Text(Option<&'a str>),
    Number(Option<f32>),
}

impl<'a> PredictionTable<'a> {
    /// As CSV with a header; empty cells where there is nothing to say.
    ///
    /// # Errors
    /// None is known.
    pub fn to_csv(&self) -> io::Result<Vec<u8>> {
        let columns = self.columns();
        let row = |row: usize| {
            columns.iter().map(move |(_, column)| match column {
                PredictionColumn::Text(cells) => cells[row].unwrap_or_default().to_owned(),
                PredictionColumn::Number(cells) => cells[row].map_or_else(String::new, |number| number.to_string()),
            })
        };
        let mut bytes = Vec::new();
        csv_table::write_into(&mut bytes, columns.iter().map(|(name, _)| name), (0..self.rows.len()).map(row))?;
        Ok(bytes)
    }

    /// As one JSON object a line.
    ///
    /// # Errors
    /// None is known.
    pub fn to_json_lines(&self) -> io::Result<Vec<u8>> {
        let columns = self.columns();
        let mut lines = Vec::new();
        for row in 0..self.rows.len() {
            let cells = columns.iter().map(|(name, column)| match column {
                PredictionColumn::Text(cells) => (name, Cell::Text(cells[row])),
                PredictionColumn::Number(cells) => (name, Cell::Number(cells[row])),
            });
            serde_json::Serializer::new(&mut lines).collect_map(cells)?;
            lines.push(b'\n');
        }
        Ok(lines)
    }

    /// As Parquet: texts, and numbers in single precision.
    ///
    /// # Errors
    /// Where two columns have one name, as those of two classes of one name would.
    pub fn to_parquet(&self) -> io::Result<Vec<u8>> {
        parquet_table::to_bytes(self.columns().into_iter().map(|(name, column)| -> (String, ArrayRef) {
            match column {
                PredictionColumn::Text(cells) => (name, Arc::new(StringArray::from(cells))),
                PredictionColumn::Number(cells) => (name, Arc::new(Float32Array::from(cells))),
            }
        }))
    }

    /// The columns in their order, by name.
    fn columns(&self) -> Vec<(String, PredictionColumn<'a>)> {
        type Row<'a> = PredictionTableRow<'a>;
        let text =
            |pick: &dyn Fn(&Row<'a>) -> Option<&'a str>| PredictionColumn::Text(self.rows.iter().map(pick).collect());
        let number =
            |pick: &dyn Fn(&Row<'a>) -> Option<f32>| PredictionColumn::Number(self.rows.iter().map(pick).collect());
        let mut columns = vec![
            ("path".to_owned(), text(&|row| Some(row.path))),
            ("class".to_owned(), text(&|row| Some(row.class))),
            ("confidence".to_owned(), number(&|row| Some(row.confidence))),
        ];
        if self.rows.iter().any(|row| row.novelty.is_some()) {
            columns.push(("novelty".to_owned(), number(&|row| row.novelty)));
        }
        if self.tells_why {
            columns.push(("unknown_because".to_owned(), text(&|row| row.unknown_because)));
        }
        for (class, name) in self.classes.iter().enumerate() {
            columns.push((format!("p_{name}"), number(&|row| row.probabilities.get(class).copied())));
        }
        for near in 0..self.neighbours {
            let name = format!("neighbour_{}", near + 1);
            let (class, distance) = (format!("{name}_class"), format!("{name}_distance"));
            columns.push((name, text(&|row| Some(row.neighbours.get(near)?.path))));
            columns.push((class, text(&|row| Some(row.neighbours.get(near)?.class))));
            columns.push((distance, number(&|row| Some(row.neighbours.get(near)?.distance))));
        }
        columns
    }
}
