//! Computes suggestions and tables beside the requests: the answer to a decision never waits for them.
//!
//! Latest wins: decisions that come during a computation are seen by the next one, however many they are.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Shared;
use crate::workflow::labelling::write_tables;

/// How often the log is looked at for decisions of other processes.
const LOOK: Duration = Duration::from_secs(1);

/// Wakes the worker.
#[derive(Default)]
pub(super) struct Bell {
    rung: Mutex<Rung>,
    bell: Condvar,
}

#[derive(Default)]
struct Rung {
    decided: bool,
    closing: bool,
}

impl Bell {
    /// Something was decided.
    pub fn ring(&self) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).decided = true;
        self.bell.notify_all();
    }

    /// The worker is to end.
    pub fn close(&self) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).closing = true;
        self.bell.notify_all();
    }

    /// Waits for a ring, at most [`LOOK`]; `false` when it is time to end.
    fn wait(&self) -> bool {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = |rung: &mut Rung| !rung.decided && !rung.closing;
        let (mut rung, _) = self.bell.wait_timeout_while(rung, LOOK, quiet).unwrap_or_else(PoisonError::into_inner);
        rung.decided = false;
        !rung.closing
    }
}

/// Starts the worker. It ends when the bell is closed; the tables are then up to date.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("refit".to_owned()).spawn(move || {
        let mut written = None;
        loop {
            let open = shared.bell.wait();
            let (view, mut fit, folder) = {
                let mut session = shared.session();
                // A log that cannot be read now is told to whoever asks for the state.
                let _ = session.refresh();
                shared.events.publish(session.news());
                (Arc::clone(session.view()), Arc::clone(session.fit()), session.curator().folder().to_owned())
            };
            if fit.version != view.version {
                fit = Arc::new(shared.fit(&view));
                let mut session = shared.session();
                session.take_fit(Arc::clone(&fit));
                shared.events.publish(session.news());
            }
            // They follow from the log and are written again by whoever needs them; a full disk is told by decisions.
            if written != Some(view.version)
                && view.version > 0
                && write_tables(&folder, &shared.catalogue.table, &view.curation, &fit.trust).is_ok()
            {
                written = Some(view.version);
            }
            if !open {
                break;
            }
        }
    })
}
