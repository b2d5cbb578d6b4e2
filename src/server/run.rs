//! Binds, says where, and serves until somebody presses Ctrl-C.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::get;

use super::doorway::Doorway;
use super::guard::{Guard, guarded};
use super::headers::secured;
use super::serve::serve;
use super::token::Token;
use super::{Events, Failure, Listen, ServerError, embedded};

/// How long requests under way may take to end.
const GRACE: Duration = Duration::from_secs(3);

/// A server that is bound and not yet serving: its URL is known.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    guard: Guard,
}

impl Server {
    /// Takes the port and makes the token.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn bind(listen: Listen) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Bind { address: listen.socket(), source };
        let listener = TcpListener::bind(listen.socket()).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, guard: Guard::new(listen, Token::random()?) })
    }

    /// The port, also where a free one was taken.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The URL of the first page, with the token.
    #[must_use]
    pub fn url(&self) -> String {
        // Nobody can open `http://0.0.0.0` everywhere; this machine is always one of those meant.
        let host = match self.address {
            address if address.ip().is_unspecified() => format!("127.0.0.1:{}", address.port()),
            address => address.to_string(),
        };
        format!("http://{host}/?token={}", self.guard.token.as_str())
    }

    /// A file that sends a browser on to the page and that only this user can read. It goes when the page has been asked
    /// for, or with the server.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn doorway(&mut self) -> Result<PathBuf, ServerError> {
        let doorway = Doorway::to(&self.url()).map_err(ServerError::Doorway)?;
        let file = doorway.file().to_owned();
        self.guard.put_doorway(doorway);
        Ok(file)
    }

    /// Serves `pages` until Ctrl-C or a request to terminate; then `events` end and requests under way are finished.
    ///
    /// # Errors
    /// When serving is not possible.
    pub fn run(self, pages: Router, events: &Events) -> Result<(), ServerError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(ServerError::Stopped)?;
        let pages = pages
            .route(
                "/ui/token.js",
                get(async || embedded("text/javascript; charset=utf-8", include_bytes!("page/token.js"))),
            )
            .fallback(async || Failure::not_found("page"))
            // The guard reads bodies, and bounds them.
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(Arc::new(self.guard), guarded))
            .layer(map_response(secured));
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let stop = async {
                interrupted().await;
                events.close();
            };
            let patience = async {
                interrupted().await;
                tokio::time::sleep(GRACE).await;
            };
            tokio::select! {
                () = serve(listener, pages, stop) => {}
                () = patience => {}
            }
            Ok(())
        });
        runtime.shutdown_timeout(GRACE);
        served.map_err(ServerError::Stopped)
    }
}

/// Ends when somebody asks the program to stop.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Without a way to be asked, the server runs until it is killed; that loses nothing either.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
