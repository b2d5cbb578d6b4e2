//! A bad key or value, told with file, line and column.

use std::path::{Path, PathBuf};

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// Neither the path nor the same path under `experiments/` exists.
    #[error("no such recipe: `{}`", .0.display())]
    Missing(PathBuf),
    /// The file is there but cannot be read.
    #[error("cannot read the recipe ({source}): `{}`", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// A key or value in the file is wrong.
    #[error("{message}\n  --> {}:{line}:{column}", .path.display())]
    Invalid { path: PathBuf, line: usize, column: usize, message: String },
    /// A `--set` is wrong.
    #[error("`--set {setting}`: {message}")]
    Setting { setting: String, message: String },
}

impl RecipeError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(_) => Some("recipes are looked for as given, then under experiments/".to_owned()),
            Self::Invalid { .. } | Self::Setting { .. } => {
                Some("`--print-config` shows every key with its default".to_owned())
            }
            Self::Unreadable { .. } => None,
        }
    }

    /// Places a TOML error in `text`.
    pub(super) fn in_file(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = &text[..start];
        Self::Invalid {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|&c| c != '\n').count() + 1,
            message: error.message().to_owned(),
        }
    }
}
