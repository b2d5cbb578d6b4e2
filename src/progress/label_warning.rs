//! Warnings about classes and labels that may not be what was meant, or fit no image, as data.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// Classes and labels that may not be what was meant. Where rows of `table` label nothing, `first` is the first of them by
/// the name it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
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
    /// Images in class folders that are called like images of the run, and are others.
    #[serde(rename = "labels_called_alike")]
    CalledAlike { files: usize, folder: PathBuf, first: String },
    /// Rows of a label table without a class; `words` are those that stand for an empty cell.
    EmptyLabels { rows: usize, words: Vec<String>, table: PathBuf },
    /// Classes that differ only in case, in space, `_` and `-`, or in how a number is written.
    ClassesAlike { classes: Vec<String> },
    /// Folders whose names mean one class.
    FoldersOfOneClass { class: String, folders: Vec<String> },
    /// A checkpoint with a class that is called like no class.
    ClassCalledUnknown { class: String },
}

/// Names in a sentence; different ones are shown differently.
fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>().join(", ")
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
            Self::CalledAlike { files, folder, first } => write!(
                f,
                "{files} images of `{}` label nothing: they are called like images of the run, such as `{first}`, and are \
                 others, or have changed since",
                folder.display()
            ),
            Self::EmptyLabels { rows, words, table } => {
                write!(f, "{rows} rows of `{}` have no class and are left out", table.display())?;
                if words.is_empty() {
                    return Ok(());
                }
                let counted = listed(words);
                write!(
                    f,
                    "; {counted} stands for an empty cell there: a class is to be called otherwise, such as `no rust`"
                )
            }
            Self::ClassesAlike { classes } => {
                write!(f, "{} are different classes: if they are one, write it in one way", listed(classes))
            }
            Self::FoldersOfOneClass { class, folders } => {
                write!(f, "the folders {} are one class, `{class}`", listed(folders))
            }
            Self::ClassCalledUnknown { class } => write!(
                f,
                "the checkpoint has a class `{class}`, which is also what images that no class fits are called: train \
                 again with another name for it"
            ),
        }
    }
}
