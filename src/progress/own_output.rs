//! Kinds of the program's own output, which is no input.

use serde::Serialize;

/// What a folder or file of the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnOutput {
    /// A finished run, or one in the making.
    Run,
    /// A trained classifier.
    Checkpoint,
    /// Features and thumbnails that are kept between runs, or another program's cache.
    Cache,
    /// Images that were sorted, kept or exported.
    Sorted,
    /// A plot outside a run.
    Plot,
}

impl OwnOutput {
    /// `count` of them in words.
    #[must_use]
    pub fn counted(self, count: usize) -> String {
        let [one, several] = match self {
            Self::Run => ["run", "runs"],
            Self::Checkpoint => ["checkpoint", "checkpoints"],
            Self::Cache => ["cache", "caches"],
            Self::Sorted => ["folder of sorted or exported images", "folders of sorted or exported images"],
            Self::Plot => ["plot", "plots"],
        };
        format!("{count} {}", if count == 1 { one } else { several })
    }
}
