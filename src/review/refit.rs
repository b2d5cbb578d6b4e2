//! Computes suggestions and tables beside the requests: the answer to a decision never waits for them.
//!
//! Latest wins: decisions that come during a computation are seen by the next one, however many they are.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Shared;
use crate::workflow::labelling::write_tables;

/// How often the log is polled for decisions of other processes.
const POLL: Duration = Duration::from_secs(1);

/// Wakes the worker: a condition variable and what it waits for.
#[derive(Default)]
pub(super) struct RefitSignal {
    pending: Mutex<Pending>,
    changed: Condvar,
}

#[derive(Default)]
struct Pending {
    decided: bool,
    closing: bool,
}

impl RefitSignal {
    /// Something was decided.
    pub fn notify(&self) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).decided = true;
        self.changed.notify_all();
    }

    /// The worker is to end.
    pub fn close(&self) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).closing = true;
        self.changed.notify_all();
    }

    /// Waits for a decision, at most [`POLL`]; `false` when it is time to end.
    fn wait(&self) -> bool {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = |pending: &mut Pending| !pending.decided && !pending.closing;
        let (mut pending, _) =
            self.changed.wait_timeout_while(pending, POLL, quiet).unwrap_or_else(PoisonError::into_inner);
        pending.decided = false;
        !pending.closing
    }
}

/// Starts the worker. It ends when the signal is closed; the tables are then up to date.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("refit".to_owned()).spawn(move || {
        let mut written = None;
        loop {
            let open = shared.refit.wait();
            let (state, mut suggestions, folder) = {
                let mut session = shared.session();
                // A log that cannot be read now is told to whoever asks for the state.
                let _ = session.refresh();
                shared.events.publish(session.news());
                (Arc::clone(session.state()), Arc::clone(session.suggestions()), session.curator().folder().to_owned())
            };
            if suggestions.version != state.version {
                suggestions = Arc::new(shared.suggestions(&state));
                let mut session = shared.session();
                session.take_suggestions(Arc::clone(&suggestions));
                shared.events.publish(session.news());
            }
            // They follow from the log and are written again by whoever needs them; a full disk is told by decisions. A run
            // that is gone gets none, and least of all another one that took its place.
            if written != Some(state.version)
                && state.version > 0
                && shared.session().refresh().is_ok()
                && write_tables(&folder, &shared.catalogue.table, &state.curation, &suggestions.weights).is_ok()
            {
                written = Some(state.version);
            }
            if !open {
                break;
            }
        }
    })
}
