//! Warnings about classes and labels that may not be what was meant, as data.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// Classes and labels that may not be what was meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum LabelWarning {
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
