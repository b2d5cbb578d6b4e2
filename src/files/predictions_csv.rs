//! `predictions.csv` of runs and checkpoints: the prediction for each image whose class is known.
//!
//! Columns: `id, path, truth, class, confidence`, where the classifier measures it `novelty, unknown, unknown_because`
//! (the share of known images that are less novel, whether prediction would call the image `unknown`, and why: `novel`,
//! `unsure` or empty), then `p_<class>` for every class. In files of earlier versions novelty counts standard deviations,
//! or is called `unfamiliarity`, and nothing says why; readers use none of them.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::ArrayView1;

use super::csv_table::{self, CsvTable, TableError};
use crate::data::{ImageId, NotAnImageId};

/// Its name beside a results.json.
pub const FILE: &str = "predictions.csv";

/// The columns that every file has.
const COLUMNS: [&str; 5] = ["id", "path", "truth", "class", "confidence"];

/// The predictions of a finished run.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedPredictions {
    /// The classifier's classes.
    pub classes: Vec<String>,
    /// By content: images of equal bytes count once.
    pub images: BTreeMap<ImageId, RecordedPrediction>,
}

/// The prediction for one image, as read from the file.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedPrediction {
    pub path: String,
    pub truth: String,
    pub class: String,
    /// In `0.0..=1.0`.
    pub confidence: f32,
}

/// A labelled image and the prediction for it.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionRow<'a> {
    pub id: ImageId,
    pub path: String,
    /// Its true class.
    pub truth: &'a str,
    /// The most likely class.
    pub class: &'a str,
    /// Its probability, in `0.0..=1.0`.
    pub confidence: f32,
    /// How novel it is, and why prediction would call it `unknown`, empty where it would not.
    pub recognition: Option<RecognitionCells>,
    /// One per class.
    pub probabilities: ArrayView1<'a, f32>,
}

/// What a row says of an image's novelty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecognitionCells {
    /// `None` where there were no known images to compare with.
    pub novelty: Option<f32>,
    /// `novel`, `unsure`, or empty where a checkpoint of before does not tell; `None` where the image gets a class.
    pub unknown_because: Option<&'static str>,
}

/// Writes one row per image; all of them have a recognition, or none.
///
/// # Errors
/// When the disk refuses.
pub fn write<'a>(
    path: &Path,
    classes: &[String],
    rows: impl IntoIterator<Item = PredictionRow<'a>>,
) -> Result<(), TableError> {
    let mut rows = rows.into_iter().peekable();
    let with_novelty = rows.peek().is_some_and(|row| row.recognition.is_some());
    let mut header = COLUMNS.map(str::to_owned).to_vec();
    if with_novelty {
        header.extend(["novelty", "unknown", "unknown_because"].map(str::to_owned));
    }
    header.extend(classes.iter().map(|class| format!("p_{class}")));
    let cells = |row: PredictionRow<'a>| {
        let mut cells = vec![row.id.to_string(), row.path, row.truth.to_owned(), row.class.to_owned()];
        cells.push(row.confidence.to_string());
        if let Some(RecognitionCells { novelty, unknown_because }) = row.recognition {
            let novelty = novelty.map_or_else(String::new, |novelty| novelty.to_string());
            let unknown = unknown_because.is_some().to_string();
            cells.extend([novelty, unknown, unknown_because.unwrap_or_default().to_owned()]);
        }
        cells.extend(row.probabilities.iter().map(f32::to_string));
        cells
    };
    csv_table::write(path, header, rows.map(cells))
}

/// Reads what any version wrote.
///
/// # Errors
/// When the file is not there, lacks a column, or holds a cell that cannot be read.
pub fn read(path: &Path) -> Result<RecordedPredictions, TableError> {
    let mut table = CsvTable::open(path)?;
    let [id, file, truth, class, confidence] = COLUMNS;
    let columns =
        [table.column(id)?, table.column(file)?, table.column(truth)?, table.column(class)?, table.column(confidence)?];
    let mut images = BTreeMap::new();
    table.for_each(|record| {
        let [id, file, truth, class, confidence] = columns.map(|column| record[column].to_owned());
        let id: ImageId = id.parse().map_err(|error: NotAnImageId| error.to_string())?;
        let confidence = confidence.parse().map_err(|_| format!("expected a confidence, got `{confidence}`"))?;
        images.entry(id).or_insert(RecordedPrediction { path: file, truth, class, confidence });
        Ok(())
    })?;
    let classes = table.headers().filter_map(|header| header.strip_prefix("p_")).map(str::to_owned).collect();
    Ok(RecordedPredictions { classes, images })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn what_is_written_is_read_and_so_are_files_of_earlier_versions() {
        let classes = ["a".to_owned(), "b".to_owned()];
        let probabilities = array![[0.75, 0.25], [0.5, 0.5]];
        let row = |at: usize, truth: &'static str, novelty: f32, unknown_because: Option<&'static str>| PredictionRow {
            id: ImageId::of_bytes(format!("{at}").as_bytes()),
            path: format!("{at}.png"),
            truth,
            class: "a",
            confidence: probabilities[[at, 0]],
            recognition: Some(RecognitionCells { novelty: Some(novelty), unknown_because }),
            probabilities: probabilities.row(at),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        write(&path, &classes, [row(0, "b", 0.25, None), row(1, "c", 0.96875, Some("novel"))]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let [known, other] = ["0", "1"].map(|name| ImageId::of_bytes(name.as_bytes()));
        let expected = format!(
            "id,path,truth,class,confidence,novelty,unknown,unknown_because,p_a,p_b\n\
             {known},0.png,b,a,0.75,0.25,false,,0.75,0.25\n{other},1.png,c,a,0.5,0.96875,true,novel,0.5,0.5\n"
        );
        assert_eq!(text, expected);
        let found = read(&path).unwrap();
        assert_eq!((found.classes.as_slice(), found.images.len()), (&classes[..], 2));
        let said = RecordedPrediction { path: "0.png".into(), truth: "b".into(), class: "a".into(), confidence: 0.75 };
        assert_eq!(found.images[&known], said);
        std::fs::write(&path, text.replace("novelty", "unfamiliarity")).unwrap();
        assert_eq!(read(&path).unwrap(), found);
        std::fs::write(&path, "id,path,truth,class\n").unwrap();
        assert!(matches!(read(&path), Err(TableError::NoColumn { .. })));
    }
}
