//! `predictions.csv` of runs and checkpoints: what a classifier said about each image whose class is known.
//!
//! Columns: `id, path, truth, class, confidence`, where the classifier measures it `novelty, unknown` (novelty score, and
//! whether prediction would call the image `unknown`), then `p_<class>` for every class. Files of earlier versions call
//! the novelty `unfamiliarity`; whoever reads looks at neither.

use std::collections::BTreeMap;
use std::path::Path;

use crate::data::{ImageId, NotAnImageId};
use crate::evaluation::{LabelledPredictions, NovelImages};
use crate::runs::TableError;

/// Its name beside a results.json.
pub(crate) const FILE: &str = "predictions.csv";

/// The columns that every file has.
const COLUMNS: [&str; 5] = ["id", "path", "truth", "class", "confidence"];

/// The predictions of a finished run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordedPredictions {
    /// The classifier's classes.
    pub classes: Vec<String>,
    /// By content: images of equal bytes count once.
    pub images: BTreeMap<ImageId, RecordedPrediction>,
}

/// What was said about an image.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordedPrediction {
    pub path: String,
    pub truth: String,
    pub class: String,
    /// In `0.0..=1.0`.
    pub confidence: f32,
}

/// Writes the labelled images, then those of novel classes.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn write(path: &Path, labelled: &LabelledPredictions<'_>, novel: &NovelImages) -> Result<(), TableError> {
    let failed = |source: csv::Error| TableError::Csv { path: path.to_owned(), source };
    let all = [&labelled.predictions, &novel.predictions];
    let novelty: Vec<_> = all.iter().flat_map(|predictions| &predictions.novelty).collect();
    let mut header = COLUMNS.map(str::to_owned).to_vec();
    if !novelty.is_empty() {
        header.extend(["novelty", "unknown"].map(str::to_owned));
    }
    header.extend(labelled.classes.iter().map(|class| format!("p_{class}")));
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    writer.write_record(&header).map_err(failed)?;
    let truths = labelled.truth.iter().map(|class| &labelled.classes[class.0]).chain(&novel.truth);
    let images = labelled.images.iter().chain(&novel.images);
    let predicted = all.iter().flat_map(|predictions| predictions.predicted());
    let probabilities = all.iter().flat_map(|predictions| predictions.probabilities.rows());
    let rows = images.zip(truths).zip(predicted.zip(probabilities)).enumerate();
    for (row, ((image, truth), (class, probabilities))) in rows {
        let mut cells = vec![image.id.to_string(), image.path(), truth.clone(), labelled.classes[class.0].clone()];
        cells.push(probabilities[class.0].to_string());
        if let Some(novelty) = novelty.get(row) {
            cells.extend([(novelty.score as f32).to_string(), novelty.rejected.to_string()]);
        }
        cells.extend(probabilities.iter().map(f32::to_string));
        writer.write_record(&cells).map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))
}

/// Reads what any version wrote.
///
/// # Errors
/// When the file is not there, lacks a column, or holds a cell that cannot be read.
pub(crate) fn read(path: &Path) -> Result<RecordedPredictions, TableError> {
    let failed = |source| TableError::Csv { path: path.to_owned(), source };
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let headers = reader.headers().map_err(failed)?.clone();
    let column = |name: &str| {
        let found = headers.iter().position(|header| header == name);
        found.ok_or_else(|| TableError::NoColumn { column: name.to_owned(), path: path.to_owned() })
    };
    let [id, file, truth, class, confidence] = COLUMNS;
    let columns = [column(id)?, column(file)?, column(truth)?, column(class)?, column(confidence)?];
    let mut images = BTreeMap::new();
    for (row, record) in (2..).zip(reader.records()) {
        let record = record.map_err(failed)?;
        let cell = |message: String| TableError::Cell { row, message, path: path.to_owned() };
        let [id, file, truth, class, confidence] = columns.map(|column| record[column].to_owned());
        let id: ImageId = id.parse().map_err(|error: NotAnImageId| cell(error.to_string()))?;
        let confidence = confidence.parse().map_err(|_| cell(format!("expected a confidence, got `{confidence}`")))?;
        images.entry(id).or_insert(RecordedPrediction { path: file, truth, class, confidence });
    }
    let classes = headers.iter().filter_map(|header| header.strip_prefix("p_")).map(str::to_owned).collect();
    Ok(RecordedPredictions { classes, images })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{LabelledImage, Novelty, Predictions, divide_by_truth};
    use ndarray::{Array2, array};

    #[test]
    fn what_is_written_is_read_and_so_are_files_of_earlier_versions() {
        let classes = ["a".to_owned(), "b".to_owned()];
        let image = |name: &str| LabelledImage {
            id: ImageId::of_bytes(name.as_bytes()),
            file: name.into(),
            fields: BTreeMap::new(),
        };
        let images = vec![image("1.png"), image("2.png")];
        let novelty = [(0.25, false), (3.5, true)].map(|(score, rejected)| Novelty { score, rejected }).to_vec();
        let probabilities = array![[0.75, 0.25], [0.5, 0.5]];
        let predictions = Predictions { uncalibrated: probabilities.clone(), probabilities, novelty };
        let features = Array2::zeros((2, 1));
        let (labelled, novel) =
            divide_by_truth(&classes, images, &[Some("b"), Some("c")], features.view(), &predictions);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        write(&path, &labelled, &novel).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let [known, other] = ["1.png", "2.png"].map(|name| ImageId::of_bytes(name.as_bytes()));
        let expected = format!(
            "id,path,truth,class,confidence,novelty,unknown,p_a,p_b\n{known},1.png,b,a,0.75,0.25,false,0.75,0.25\n\
             {other},2.png,c,a,0.5,3.5,true,0.5,0.5\n"
        );
        assert_eq!(text, expected);
        let found = read(&path).unwrap();
        assert_eq!((found.classes.as_slice(), found.images.len()), (&classes[..], 2));
        let said = RecordedPrediction { path: "1.png".into(), truth: "b".into(), class: "a".into(), confidence: 0.75 };
        assert_eq!(found.images[&known], said);
        std::fs::write(&path, text.replace("novelty", "unfamiliarity")).unwrap();
        assert_eq!(read(&path).unwrap(), found);
        std::fs::write(&path, "id,path,truth,class\n").unwrap();
        assert!(matches!(read(&path), Err(TableError::NoColumn { .. })));
    }
}
