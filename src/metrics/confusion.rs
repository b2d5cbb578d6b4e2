//! Confusion matrices: which classes are taken for which.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::data::ClassId;

/// Counts of images by true class (rows) and predicted class (columns).
///
/// `counts` has shape `[classes.len(), classes.len()]`, in the order of `classes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct ConfusionMatrix {
    classes: Vec<String>,
    counts: Array2<u64>,
}

/// As in results.json: a list of rows.
#[derive(Serialize, Deserialize)]
struct Unchecked {
    classes: Vec<String>,
    counts: Vec<Vec<u64>>,
}

/// Counts that are not a square of the classes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a confusion matrix of {classes} classes needs {classes} rows and columns")]
pub struct NotSquare {
    classes: usize,
}

impl ConfusionMatrix {
    /// Counts the pairs of `truth` and `predicted`, one entry per image.
    ///
    /// # Panics
    /// When the two differ in length, or a class is not in `classes`.
    #[must_use]
    pub fn of(truth: &[ClassId], predicted: &[ClassId], classes: &[String]) -> Self {
        assert_eq!(truth.len(), predicted.len(), "one prediction per image");
        let mut counts = Array2::zeros((classes.len(), classes.len()));
        for (truth, predicted) in truth.iter().zip(predicted) {
            counts[[truth.0, predicted.0]] += 1;
        }
        Self { classes: classes.to_vec(), counts }
    }

    /// Other counts of the same classes.
    pub(super) fn with_counts(&self, counts: Array2<u64>) -> Self {
        debug_assert_eq!(counts.dim(), self.counts.dim());
        Self { classes: self.classes.clone(), counts }
    }

    /// Class names, in the order of rows and columns.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Images by true class (rows) and predicted class (columns).
    #[must_use]
    pub fn counts(&self) -> &Array2<u64> {
        &self.counts
    }

    /// Number of images.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.sum()
    }

    /// Share of each true class by predicted class, in `0.0..=100.0`; a row without images is all 0.
    #[must_use]
    pub fn row_percent(&self) -> Array2<f64> {
        let mut percent = self.counts.mapv(|count| count as f64);
        for mut row in percent.rows_mut() {
            let images = row.sum().max(1.0);
            row.mapv_inplace(|count| 100.0 * count / images);
        }
        percent
    }
}

impl TryFrom<Unchecked> for ConfusionMatrix {
    type Error = NotSquare;

    fn try_from(Unchecked { classes, counts }: Unchecked) -> Result<Self, NotSquare> {
        let n = classes.len();
        if counts.len() != n || counts.iter().any(|row| row.len() != n) {
            return Err(NotSquare { classes: n });
        }
        let counts = Array2::from_shape_vec((n, n), counts.concat()).map_err(|_| NotSquare { classes: n })?;
        Ok(Self { classes, counts })
    }
}

impl From<ConfusionMatrix> for Unchecked {
    fn from(matrix: ConfusionMatrix) -> Self {
        let counts = matrix.counts.rows().into_iter().map(|row| row.to_vec()).collect();
        Self { classes: matrix.classes, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn matrix() -> ConfusionMatrix {
        let [a, b, c] = [0, 1, 2].map(ClassId);
        let classes = ["grass", "stone, big", "fault"].map(str::to_owned);
        ConfusionMatrix::of(&[a, a, a, b, b], &[a, a, c, a, b], &classes)
    }

    #[test]
    fn rows_are_true_and_columns_predicted() {
        assert_eq!(matrix().counts(), array![[2, 0, 1], [1, 1, 0], [0, 0, 0]]);
        assert_eq!(matrix().total(), 5);
        let percent = matrix().row_percent();
        assert!((percent[[0, 2]] - 100.0 / 3.0).abs() < 1e-12);
        assert_eq!(percent.row(2), array![0.0, 0.0, 0.0]);
    }

    #[test]
    fn it_survives_json_and_a_bent_one_is_refused() {
        let text = serde_json::to_string(&matrix()).unwrap();
        assert_eq!(serde_json::from_str::<ConfusionMatrix>(&text).unwrap(), matrix());
        assert!(text.contains("\"counts\":[[2,0,1],[1,1,0],[0,0,0]]"), "{text}");
        let bent = r#"{"classes":["a","b"],"counts":[[1,2],[3]]}"#;
        let error = serde_json::from_str::<ConfusionMatrix>(bent).unwrap_err().to_string();
        assert!(error.contains("2 rows and columns"), "{error}");
    }
}
