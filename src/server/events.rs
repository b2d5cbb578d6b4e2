//! News for open pages, as server-sent events.
//!
//! Only the latest news matters: a page that was slow gets the last one, and one that comes anew gets it at once, so
//! that nothing falls between its first question and its subscription.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;

/// Tells every open page the latest news.
#[derive(Debug, Clone)]
pub struct Events {
    name: &'static str,
    latest: Arc<watch::Sender<Option<String>>>,
}

impl Events {
    /// Events called `name`; `first` is the state of things so far.
    #[must_use]
    pub fn new(name: &'static str, first: String) -> Self {
        Self { name, latest: Arc::new(watch::Sender::new(Some(first))) }
    }

    /// Sends `data`, one line, to every page, unless it is what was sent last.
    pub fn publish(&self, data: String) {
        self.latest.send_if_modified(|latest| {
            let news = latest.as_ref().is_some_and(|latest| *latest != data);
            if news {
                *latest = Some(data);
            }
            news
        });
    }

    /// Ends all subscriptions, so that the server can stop.
    pub fn close(&self) {
        self.latest.send_replace(None);
    }

    /// A subscription: the latest news, then all that come.
    #[must_use]
    pub fn subscribe(&self) -> Response {
        let mut receiver = self.latest.subscribe();
        receiver.mark_changed();
        let name = self.name;
        let events = stream::unfold(receiver, move |mut receiver| async move {
            receiver.changed().await.ok()?;
            let data = receiver.borrow_and_update().clone()?;
            Some((Ok::<_, Infallible>(Event::default().event(name).data(data)), receiver))
        });
        Sse::new(events).keep_alive(KeepAlive::default()).into_response()
    }
}
