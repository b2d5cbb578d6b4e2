//! Warnings about label tables whose rows cannot be matched to images, as data.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// Rows of `table` that label nothing, the `first` of them by the name it gives; or a table that is read with a guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code")]
pub enum LabelWarning {
    /// No image is called like that; one is called `image`.
    #[serde(rename = "labels_without_image")]
    WithoutImage { rows: usize, table: PathBuf, first: String, image: String },
    /// They may mean several images.
    #[serde(rename = "labels_ambiguous")]
    Ambiguous { rows: usize, table: PathBuf, first: String },
    /// They carry ids of other images.
    #[serde(rename = "labels_of_other_content")]
    OtherContent { rows: usize, table: PathBuf, first: String },
    /// They speak of files of another folder.
    #[serde(rename = "labels_of_other_folder")]
    OtherFolder { rows: usize, table: PathBuf, first: String },
    /// The paths of the table were taken to lie below another folder.
    #[serde(rename = "labels_below")]
    Below { table: PathBuf, below: String },
}

impl fmt::Display for LabelWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutImage { rows, table, first, image } => write!(
                f,
                "{rows} rows of `{}` name images that are not there, such as `{first}`; an image is called `{image}`",
                table.display()
            ),
            Self::Ambiguous { rows, table, first } => write!(
                f,
                "{rows} rows of `{}` may mean several images and label none: `{first}` is the name of more than one; \
                 write their paths",
                table.display()
            ),
            Self::OtherContent { rows, table, first } => write!(
                f,
                "{rows} rows of `{}` label nothing: their ids are those of other images, such as that of `{first}`; the \
                 table was made for other images, or these have changed since",
                table.display()
            ),
            Self::OtherFolder { rows, table, first } => write!(
                f,
                "{rows} rows of `{}` label nothing: they speak of files in another folder, such as `{first}`; if these \
                 images are meant, put the table into their folder and write paths from there",
                table.display()
            ),
            Self::Below { table, below } => {
                let table = table.display();
                write!(f, "what lies below `{below}` in `{table}` is taken for the images of the same paths")
            }
        }
    }
}
