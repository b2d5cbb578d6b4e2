//! The review page: from clusters to a clean training set with as few gestures as possible.
//!
//! ```text
//!  page ──decide──▶ Session ──synced──▶ decisions.jsonl ──replay──▶ ReviewState ──▶ /api/state
//!    ▲                                                                   │
//!    └──────────── events ◀────── FittedSuggestions ◀──────refit─────────┘
//! ```
//!
//! The log is the truth. A `ReviewState` is what it comes to at one version, `FittedSuggestions` are what the
//! suggestion model makes of that; both are replaced whole, so that every answer is of one piece. `page/` is what the
//! browser gets.

mod catalogue;
mod features;
mod page;
mod pictures;
mod refit;
mod routes;
mod session;
mod state;
mod state_answer;
mod suggestions;
mod thumbnails;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::curation::REVIEW;
use crate::progress::Warning;
use crate::server::{Events, Listen, Server};
use crate::workflow::{Context, CurateSummary, Curator, WorkflowError};
use catalogue::Catalogue;
use features::ReviewFeatures;
use refit::RefitSignal;
use session::Session;
use state::ReviewState;
use suggestions::FittedSuggestions;
use thumbnails::Thumbnails;

/// A review page that is about to be served.
pub struct Review {
    server: Server,
    shared: Arc<Shared>,
}

/// State that all requests share.
struct Shared {
    catalogue: Arc<Catalogue>,
    session: Mutex<Session>,
    /// `None` where the embeddings cannot be had any more.
    features: Option<ReviewFeatures>,
    events: Events,
    refit: RefitSignal,
    thumbnails: Thumbnails,
}

impl Shared {
    /// The session; one that a bug interrupted is as good as before, since the log is what counts.
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn suggestions(&self, state: &ReviewState) -> FittedSuggestions {
        FittedSuggestions::new(&self.catalogue, state, self.features.as_ref())
    }

    /// Tells pages and the worker that something was decided.
    fn decided(&self, session: &Session) {
        self.events.publish(session.news());
        self.refit.notify();
    }
}

impl Review {
    /// Opens the run meant by `run`, its features out of the store, and takes the port. `by` is who decides.
    ///
    /// # Errors
    /// When there is no such run or the address cannot be listened on.
    pub fn open(run: Option<&Path>, listen: Listen, by: &str, context: &Context<'_>) -> Result<Self, WorkflowError> {
        // First, since a wrong port should be told before any work.
        let server = Server::bind(listen)?;
        let mut curator = Curator::open(run, context.workspace)?;
        let features = match ReviewFeatures::of_run(&curator, context) {
            Ok(features) => Some(features),
            Err(error) => {
                context.observer.warn(&Warning::NoFeatureSuggestions { reason: error.with_causes() });
                None
            }
        };
        if let Some(features) = features.as_ref().filter(|_| !curator.methods().iter().any(|method| method == REVIEW)) {
            curator.add_review(features.review_clusters())?;
        }
        // Its own clustering comes last; without it the run's first is reviewed.
        let own = curator.methods().last().filter(|method| *method == REVIEW);
        let method = own.or(curator.methods().first()).cloned().ok_or_else(|| {
            WorkflowError::failed("the run has no clustering", "cluster again with at least one method")
        })?;
        let distances = features::distances(&curator, &method, features.as_ref());
        let catalogue = Arc::new(Catalogue::new(&curator, &method, &distances)?);
        let suggestions = |state: &ReviewState| FittedSuggestions::new(&catalogue, state, features.as_ref());
        let session = Session::new(Arc::clone(&catalogue), curator, by.to_owned(), suggestions);
        let events = Events::new("state", session.news());
        let thumbnails = Thumbnails::new(&context.workspace.cache, catalogue.depth);
        let session = Mutex::new(session);
        let refit = RefitSignal::default();
        Ok(Self { server, shared: Arc::new(Shared { catalogue, session, features, events, refit, thumbnails }) })
    }

    /// The URL of the page, with the secret in it.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// A file that sends a browser on to the page and that only this user can read.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn doorway(&mut self) -> Result<PathBuf, WorkflowError> {
        Ok(self.server.doorway()?)
    }

    /// The port that is listened on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Serves the page until Ctrl-C and says where the curation stands then.
    ///
    /// # Errors
    /// When serving is not possible.
    pub fn serve(self) -> Result<CurateSummary, WorkflowError> {
        let before = self.shared.session().curator().entries().len();
        let worker =
            refit::start(Arc::clone(&self.shared)).map_err(WorkflowError::at(Path::new("the refit thread")))?;
        let served = self.server.run(routes::router(&self.shared), &self.shared.events);
        self.shared.refit.close();
        // A worker that met a bug has written no tables; the log has everything.
        let _ = worker.join();
        served?;
        let session = self.shared.session();
        let mut summary = session.curator().summary();
        summary.new_decisions = session.curator().entries().len().saturating_sub(before);
        Ok(summary)
    }
}
