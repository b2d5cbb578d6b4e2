//! Events become bars on a terminal, plain lines elsewhere, nothing with `-q`.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::visible::visible_message;
use crate::progress::{Event, Observer, Stage};

/// Verbosity: how much the program prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// Draws on stderr; stdout is for results.
pub(super) struct Terminal {
    verbosity: Verbosity,
    bars: bool,
    current: Mutex<Option<Running>>,
}

struct Running {
    stage: Stage,
    total: usize,
    done: usize,
    skipped: usize,
    since: Instant,
    told: Instant,
    bar: Option<ProgressBar>,
}

/// Without a terminal, a long stage says how far it is this often.
const LINE_EVERY: Duration = Duration::from_secs(15);

impl Terminal {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        let bars = std::io::stderr().is_terminal() && verbosity != Verbosity::Quiet;
        Self { verbosity, bars, current: Mutex::new(None) }
    }

    /// Takes a bar away that an error left standing.
    pub(super) fn clear(&self) {
        if let Some(Running { bar: Some(bar), .. }) = self.lock().take() {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A line on stderr, above the bar where there is one. A closed stderr is no reason to stop.
    fn say(running: Option<&Running>, text: &str) {
        let text = visible_message(text);
        match running.and_then(|running| running.bar.as_ref()) {
            Some(bar) => bar.suspend(|| drop(writeln!(std::io::stderr(), "{text}"))),
            None => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }
}

impl Observer for Terminal {
    fn on(&self, event: Event<'_>) {
        let mut current = self.lock();
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        match event {
            Event::Started { stage, total } => {
                let bar = self.bars.then(|| bar(stage, total));
                let now = Instant::now();
                *current = Some(Running { stage, total, done: 0, skipped: 0, since: now, told: now, bar });
            }
            Event::Advanced { by } => {
                let Some(running) = current.as_mut() else { return };
                running.done += by;
                match &running.bar {
                    Some(bar) => bar.inc(by as u64),
                    None if running.told.elapsed() >= LINE_EVERY => {
                        running.told = Instant::now();
                        Self::say(None, &running.line());
                    }
                    None => {}
                }
            }
            Event::Skipped { path, why } => {
                if let Some(running) = current.as_mut() {
                    running.skipped += 1;
                }
                if self.verbosity == Verbosity::Verbose {
                    Self::say(current.as_ref(), &format!("skipped: {why}: `{}`", path.display()));
                }
            }
            Event::Note(note) => Self::say(current.as_ref(), &note.to_string()),
            Event::Warning(warning) => Self::say(current.as_ref(), &format!("warning: {warning}")),
            Event::Finished => {
                let Some(running) = current.take() else { return };
                if let Some(bar) = &running.bar {
                    bar.finish_and_clear();
                }
                let noteworthy = running.skipped > 0 || running.since.elapsed() > Duration::from_millis(500);
                if noteworthy || self.verbosity == Verbosity::Verbose {
                    Self::say(None, &running.line());
                }
            }
        }
    }
}

impl Running {
    /// `embedding: 720/720, 81.3/s, 8.9 s, 2 skipped`
    fn line(&self) -> String {
        let seconds = self.since.elapsed().as_secs_f64();
        let mut line = format!("{}:", self.stage);
        if self.done > 0 {
            let of = if self.total > 0 { format!("/{}", self.total) } else { String::new() };
            let rate = self.done as f64 / seconds.max(1e-9);
            let _ = write!(line, " {}{of}, {rate:.1}/s,", self.done);
        }
        let _ = write!(line, " {seconds:.1} s");
        if self.skipped > 0 {
            let _ = write!(line, ", {} skipped", self.skipped);
        }
        line
    }
}

fn bar(stage: Stage, total: usize) -> ProgressBar {
    let bar = if total > 0 { ProgressBar::new(total as u64) } else { ProgressBar::new_spinner() };
    let template = if total > 0 {
        "{msg:>15} [{bar:32}] {human_pos}/{human_len}  {per_sec}  ETA {eta}"
    } else {
        "{msg:>15} {spinner} {human_pos}  {elapsed}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.set_message(stage.to_string());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
