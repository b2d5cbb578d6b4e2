//! Events that the library sends while it works. It never prints: an [`Observer`] draws bars, writes JSON, or listens
//! in a test.

mod label_warning;
mod light_note;
mod note;
mod own_output;
mod split_warning;
mod warning;

use std::fmt;
use std::path::Path;

pub use label_warning::LabelWarning;
pub use light_note::LightNote;
pub use note::Note;
pub use own_output::OwnOutput;
pub use split_warning::{Lack, SplitWarning};
pub use warning::Warning;

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
    /// Something the user should know.
    Note(&'a Note),
    /// Something the user should worry about.
    Warning(&'a Warning),
    /// The stage ends.
    Finished,
}

/// Listens to events, from any thread.
pub trait Observer: Sync {
    /// Called as things happen; must not block for long.
    fn on(&self, event: Event<'_>);
}

impl<'o> dyn Observer + 'o {
    /// Begins a stage of `total` steps, 0 where nobody knows how many; it ends when the guard is dropped, also on `?`.
    pub fn stage<'a>(&'a self, stage: Stage, total: usize) -> RunningStage<'a>
    where
        'o: 'a,
    {
        self.on(Event::Started { stage, total });
        RunningStage { observer: self }
    }

    /// Tells something that the user should know.
    pub fn note(&self, note: &Note) {
        self.on(Event::Note(note));
    }

    /// Tells something that the user should worry about.
    pub fn warn(&self, warning: &Warning) {
        self.on(Event::Warning(warning));
    }
}

/// A stage that has begun and ends with this guard.
#[must_use = "the stage ends where this is dropped"]
pub struct RunningStage<'a> {
    observer: &'a (dyn Observer + 'a),
}

impl RunningStage<'_> {
    /// Tells of `by` more steps done.
    pub fn advance(&self, by: usize) {
        self.observer.on(Event::Advanced { by });
    }
}

impl Drop for RunningStage<'_> {
    fn drop(&mut self) {
        self.observer.on(Event::Finished);
    }
}

/// Hears nothing: for library use and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _: Event<'_>) {}
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Observer for Heard {
        fn on(&self, event: Event<'_>) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }

    #[test]
    fn a_stage_ends_also_where_an_error_ends_it() {
        fn fails(observer: &dyn Observer) -> Result<(), std::fmt::Error> {
            let stage = observer.stage(Stage::Scan, 2);
            stage.advance(1);
            Err(std::fmt::Error)?;
            stage.advance(1);
            Ok(())
        }
        let heard = Heard::default();
        assert!(fails(&heard).is_err());
        let expected = ["Started { stage: Scan, total: 2 }", "Advanced { by: 1 }", "Finished"];
        assert_eq!(*heard.0.lock().unwrap(), expected);
    }
}
