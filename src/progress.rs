//! What the library tells while it works. It never prints: an [`Observer`] draws bars, writes JSON, or listens in a test.

use std::fmt;
use std::path::Path;

/// A part of the work that can take long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Finding and hashing files.
    Scan,
    /// Measuring the range of 16-bit images.
    Depth,
    /// Running images through a feature extractor.
    Embed,
    /// Fitting the projection.
    Reduce,
    /// Grouping.
    Cluster,
    /// Judging the groups.
    Evaluate,
    /// Laying points out in the plane.
    Layout,
    /// Writing the run folder.
    Write,
    /// Drawing plots.
    Plot,
    /// Training epochs.
    Train,
    /// Choosing temperature and reject threshold.
    Calibrate,
    /// Cutting tiles.
    Tile,
    /// Copying or linking images.
    Copy,
    /// Reading or fetching weights.
    Weights,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scan => "scanning",
            Self::Depth => "measuring depth",
            Self::Embed => "embedding",
            Self::Reduce => "reducing",
            Self::Cluster => "clustering",
            Self::Evaluate => "evaluating",
            Self::Layout => "laying out",
            Self::Write => "writing",
            Self::Plot => "plotting",
            Self::Train => "training",
            Self::Calibrate => "calibrating",
            Self::Tile => "cutting tiles",
            Self::Copy => "copying",
            Self::Weights => "weights",
        })
    }
}

/// Something worth telling.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A stage begins; `total` steps, 0 where nobody knows.
    Started { stage: Stage, total: usize },
    /// Steps done since the last event.
    Advanced { by: usize },
    /// A file is left out; the run goes on.
    Skipped { path: &'a Path, why: &'a str },
    /// Something the user should know, in a sentence.
    Note { text: &'a str },
    /// Something the user should worry about, in a sentence.
    Warning { text: &'a str },
    /// The stage ends.
    Finished,
}

/// Listens to events, from any thread.
pub trait Observer: Sync {
    /// Called as things happen; must not block for long.
    fn on(&self, event: Event<'_>);
}

/// Hears nothing: for library use and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _: Event<'_>) {}
}
