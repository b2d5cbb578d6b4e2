//! The review session, the one place where decisions are taken: everything that changes goes through here, one request
//! at a time.

use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::StatusCode;
use serde_json::json;

use super::catalogue::Catalogue;
use super::state::ReviewState;
use super::state_answer::state_answer;
use super::suggestions::FittedSuggestions;
use crate::curation::{Decision, LogError};
use crate::server::Failure;
use crate::workflow::Curator;

/// The curation while the page is open.
pub(super) struct Session {
    catalogue: Arc<Catalogue>,
    curator: Curator,
    /// Who decides, for the log.
    by: String,
    state: Arc<ReviewState>,
    suggestions: Arc<FittedSuggestions>,
    /// The answer to `/api/state`, until something changes.
    answer: Option<Bytes>,
    /// Why nothing could be saved now, as far as is known.
    trouble: Option<String>,
}

impl Session {
    pub fn new(
        catalogue: Arc<Catalogue>,
        curator: Curator,
        by: String,
        fit: impl FnOnce(&ReviewState) -> FittedSuggestions,
    ) -> Self {
        let state = Arc::new(ReviewState::new(&catalogue, curator.entries(), curator.state()));
        let suggestions = Arc::new(fit(&state));
        Self { catalogue, curator, by, state, suggestions, answer: None, trouble: None }
    }

    pub fn state(&self) -> &Arc<ReviewState> {
        &self.state
    }

    pub fn suggestions(&self) -> &Arc<FittedSuggestions> {
        &self.suggestions
    }

    pub fn curator(&self) -> &Curator {
        &self.curator
    }

    /// The news that open pages get.
    pub fn news(&self) -> String {
        let (version, fitted) = (self.state.version, self.suggestions.version);
        json!({ "version": version, "fitted": fitted, "trouble": self.trouble }).to_string()
    }

    /// Takes over suggestions that were computed meanwhile.
    pub fn take_suggestions(&mut self, suggestions: Arc<FittedSuggestions>) {
        self.suggestions = suggestions;
        self.answer = None;
    }

    /// Reads what another process decided, such as `rails curate --apply`.
    ///
    /// # Errors
    /// 503 where the run or its log is not there any more.
    pub fn refresh(&mut self) -> Result<(), Failure> {
        let is_new = self.curator.reload();
        self.trouble = is_new.as_ref().err().map(in_words);
        if is_new.map_err(|error| unsaved(&error))? {
            self.changed();
        }
        Ok(())
    }

    /// The JSON of `/api/state`.
    pub fn state_answer(&mut self) -> Result<Bytes, Failure> {
        self.refresh()?;
        if let Some(answer) = &self.answer {
            return Ok(answer.clone());
        }
        let bytes =
            state_answer(&self.state, &self.suggestions).map_err(|error| Failure::internal(error.to_string()))?;
        Ok(self.answer.insert(bytes.into()).clone())
    }

    /// Takes decisions, JSON lines, together or not at all; `seen` is the version that the page showed. Once this
    /// returns the new version, they are on the disk.
    ///
    /// # Errors
    /// 409 where decisions on clusters rest on an old version, 422 where a line cannot be taken, 507 where the disk
    /// is full.
    pub fn decide(&mut self, lines: &str, seen: u64) -> Result<u64, Failure> {
        self.append(|session| {
            let beside = Path::new("decisions.jsonl");
            let decisions = session
                .curator
                .parse(lines, beside)
                .map_err(|error| Failure { line: Some(error.line), ..Failure::refused(error.to_string()) })?;
            if decisions.is_empty() {
                return Err(Failure::refused("no decision was sent"));
            }
            if seen != session.state.version && decisions.iter().any(|decision| !decision.clusters().is_empty()) {
                return Err(Failure::new(
                    StatusCode::CONFLICT,
                    "the clusters changed in another window meanwhile: look again and decide again",
                ));
            }
            Ok(decisions)
        })?;
        Ok(self.state.version)
    }

    /// Takes back the last decisions that still count; says which.
    ///
    /// # Errors
    /// 409 where there are none; 507 where the disk is full.
    pub fn undo(&mut self) -> Result<(u64, String), Failure> {
        self.revert(|state| &state.undo, |of| Decision::Undo { of }, "there is nothing to undo")
    }

    /// Brings back what the last undo took; says what.
    ///
    /// # Errors
    /// As [`Session::undo`].
    pub fn redo(&mut self) -> Result<(u64, String), Failure> {
        self.revert(|state| &state.redo, |of| Decision::Redo { of }, "there is nothing to redo")
    }

    fn revert(
        &mut self,
        which: impl Fn(&ReviewState) -> &Vec<u64>,
        decision: impl Fn(u64) -> Decision,
        nothing: &str,
    ) -> Result<(u64, String), Failure> {
        let mut reverted = Vec::new();
        self.append(|session| {
            reverted.clone_from(which(&session.state));
            if reverted.is_empty() {
                return Err(Failure::new(StatusCode::CONFLICT, nothing));
            }
            Ok(reverted.iter().map(|&of| decision(of)).collect())
        })?;
        reverted.sort_unstable();
        let meant = self.curator.entries().iter().filter(|entry| reverted.binary_search(&entry.seq).is_ok());
        let said: Vec<String> = meant.map(|entry| entry.decision.to_string()).collect();
        let what = match said.as_slice() {
            [first, rest @ ..] if rest.len() > 1 => format!("{first}, and {} more decisions", rest.len()),
            said => said.join(", "),
        };
        Ok((self.state.version, what))
    }

    /// Writes what `decisions` asks for. Where another process wrote meanwhile it is asked again.
    fn append(
        &mut self,
        mut decisions: impl FnMut(&mut Self) -> Result<Vec<Decision>, Failure>,
    ) -> Result<(), Failure> {
        const TRIES: usize = 5;
        for _ in 0..TRIES {
            self.refresh()?;
            let decisions = decisions(self)?;
            let by = self.by.clone();
            match self.curator.append(decisions, &by) {
                Ok(()) => {
                    self.changed();
                    return Ok(());
                }
                Err(LogError::Changed(_)) => {}
                Err(error) => return Err(unsaved(&error)),
            }
        }
        Err(Failure::new(StatusCode::CONFLICT, "another process keeps writing decisions: nothing was saved"))
    }

    fn changed(&mut self) {
        self.state = Arc::new(ReviewState::new(&self.catalogue, self.curator.entries(), self.curator.state()));
        self.answer = None;
    }
}

/// The disk or the log is at fault; all of it can be put right, and the decision sent again.
fn unsaved(error: &LogError) -> Failure {
    if error.is_full() {
        let why = format!("the disk is full, nothing was saved: free some space and decide again ({error})");
        return Failure::new(StatusCode::INSUFFICIENT_STORAGE, why);
    }
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, format!("nothing was saved: {}", in_words(error)))
}

/// What happened and what to do about it.
fn in_words(error: &LogError) -> String {
    error.hint().map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}"))
}
