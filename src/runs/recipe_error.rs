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
    /// A sweep without anything to sweep.
    #[error("the recipe has no section `[sweep]`: `{}`", .0.display())]
    NoSweep(PathBuf),
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
            Self::NoSweep(_) => Some("add one, such as `[sweep]` with `\"mlp.hidden\" = [[], [256]]`".to_owned()),
            Self::Unreadable { .. } => None,
        }
    }

    /// Places a TOML error in `text`.
    pub(super) fn in_file(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        Self::at(path, text, error.span().map_or(0, |span| span.start), plain(error.message()))
    }

    /// Says that something is wrong at byte `start` of `text`.
    pub(super) fn at(path: &Path, text: &str, start: usize, message: String) -> Self {
        let before = &text[..start.min(text.len())];
        Self::Invalid {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|&c| c != '\n').count() + 1,
            message,
        }
    }
}

/// What serde expects, in words that need no Rust.
pub(super) fn plain(message: &str) -> String {
    let words = [
        ("a nonzero usize", "a whole number of at least 1"),
        ("a nonzero u32", "a whole number of at least 1"),
        ("expected usize", "expected a whole number of at least 0"),
        ("expected u32", "expected a whole number of at least 0"),
        ("expected u64", "expected a whole number of at least 0"),
        ("expected f32", "expected a number"),
        ("expected f64", "expected a number"),
        ("expected path string", "expected a path in quotes"),
        ("expected a string", "expected a text in quotes"),
        ("expected a boolean", "expected `true` or `false`"),
        ("expected a sequence", "expected a list such as `[\"a\", \"b\"]`"),
    ];
    words.iter().fold(message.to_owned(), |message, (from, to)| message.replace(from, to))
}
