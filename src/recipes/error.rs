//! Errors of recipes: a bad key or value, with file, line and column.

use std::fmt;
use std::path::{Path, PathBuf};

use super::document::RecipeMistake;

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// Neither the path nor the same path under `experiments/` exists.
    #[error("no such recipe: `{}`", .0.display())]
    Missing(PathBuf),
    /// The file is there but cannot be read.
    #[error("cannot read the recipe ({source}): `{}`", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// A key or value in the file is wrong, or a section is for another command.
    #[error("{message}\n  --> {}:{place}", .path.display())]
    Invalid { path: PathBuf, place: TextPlace, message: String, hint: Option<String> },
    /// Two sections or keys that exclude each other.
    #[error("{message}\n  --> {}:{}\n  --> {}:{}", .path.display(), .places[0], .path.display(), .places[1])]
    Contradiction { path: PathBuf, places: [TextPlace; 2], message: String, hint: String },
    /// A sweep without anything to sweep.
    #[error("the recipe has no section `[sweep]`: `{}`", .0.display())]
    NoSweep(PathBuf),
    /// A `--set` is wrong.
    #[error("`--set {setting}`: {message}")]
    Setting { setting: String, message: String, hint: Option<String> },
}

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextPlace {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for TextPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl TextPlace {
    /// Byte `at` of `text`.
    fn of(text: &str, at: usize) -> Self {
        let before = &text[..at.min(text.len())];
        Self {
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|&c| c != '\n').count() + 1,
        }
    }
}

impl RecipeError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(_) => Some("recipes are looked for as given, then under experiments/".to_owned()),
            Self::Invalid { hint: Some(hint), .. }
            | Self::Setting { hint: Some(hint), .. }
            | Self::Contradiction { hint, .. } => Some(hint.clone()),
            Self::Invalid { .. } | Self::Setting { .. } => {
                Some("`--print-config` shows every key with its default".to_owned())
            }
            Self::NoSweep(_) => {
                Some("add one, such as `[sweep]` with `\"classifier.hidden\" = [[], [256]]`".to_owned())
            }
            Self::Unreadable { .. } => None,
        }
    }

    /// Places a slip in the text of a file.
    pub(super) fn in_file(path: &Path, text: &str, slip: RecipeMistake) -> Self {
        let path = path.to_owned();
        match slip {
            RecipeMistake::Key { at, message, hint, .. } => {
                Self::Invalid { path, place: TextPlace::of(text, at), message, hint }
            }
            RecipeMistake::OtherMode { at, mode, .. } => {
                // As it may be given: recipes are looked for below experiments/ too.
                let given = path.strip_prefix("experiments").unwrap_or(&path);
                let message = format!("this recipe {}: `{mode} --config {}`", mode.verb(), given.display());
                let hint = Some(format!("run `{mode}`, or leave out what belongs to it"));
                Self::Invalid { path, place: TextPlace::of(text, at), message, hint }
            }
            RecipeMistake::TwoModes { places, sections: [first, second], modes: [one, other] } => Self::Contradiction {
                path,
                places: places.map(|at| TextPlace::of(text, at)),
                message: format!("two recipes in one: `[{first}]` is for `{one}`, `[{second}]` for `{other}`"),
                hint: "keep one of the two, or make a recipe of each".to_owned(),
            },
            RecipeMistake::Contradiction { places, message, hint } => {
                Self::Contradiction { path, places: places.map(|at| TextPlace::of(text, at)), message, hint }
            }
        }
    }

    /// Blames a slip on a `--set`.
    pub(super) fn in_setting(setting: String, slip: RecipeMistake) -> Self {
        let (message, hint) = match slip {
            RecipeMistake::Key { message, hint, .. } => (message, hint),
            RecipeMistake::OtherMode { section, mode, .. } => {
                (format!("`{section}` belongs to `{mode}`"), Some(format!("run `{mode}`, or leave it out")))
            }
            RecipeMistake::TwoModes { sections: [first, second], modes: [one, other], .. } => (
                format!("`{first}` belongs to `{one}`, and `{second}` to `{other}`"),
                Some("keep one of the two".to_owned()),
            ),
            RecipeMistake::Contradiction { message, hint, .. } => (message, Some(hint)),
        };
        Self::Setting { setting, message, hint }
    }
}

/// serde's message in words that need no Rust.
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
