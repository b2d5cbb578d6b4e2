//! Accepts connections and talks HTTP/1 on them, each with a bound on how long it may keep the server waiting.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connections::{Connection, Connections};

/// How long the lines before a request's body may take, and a connection may lie idle between two requests.
const PATIENCE: Duration = Duration::from_secs(15);
/// Pause after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `pages` until `stop` ends; then requests under way are finished.
pub(super) async fn serve(listener: TcpListener, pages: Router, stop: impl Future<Output = ()>) {
    let connections = Arc::new(Connections::default());
    let (closing, open) = watch::channel(());
    let mut talks = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, peer)) = accepted {
                talks.spawn(admitted(stream, peer.ip(), Arc::clone(&connections), pages.clone(), open.clone()));
            } else {
                // The caller hung up already, or there are no files left: strangers give theirs back.
                connections.make_room();
                tokio::time::sleep(PAUSE).await;
            },
            // A bug in a request ends its connection alone.
            Some(_) = talks.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop((listener, closing));
    while talks.join_next().await.is_some() {}
}

/// Talks to `peer` where there is room.
async fn admitted(
    stream: TcpStream,
    peer: IpAddr,
    connections: Arc<Connections>,
    pages: Router,
    closing: watch::Receiver<()>,
) {
    let Some(connection) = connections.enter(peer) else { return };
    talk(stream, &connection, pages.layer(Extension(Arc::clone(&connection))), closing).await;
    connections.leave(&connection);
}

/// Answers requests until the other side hangs up, says nothing for too long, or has to make room.
async fn talk(stream: TcpStream, connection: &Connection, pages: Router, mut closing: watch::Receiver<()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let mut talk = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages)));
    tokio::select! {
        // Whoever is cut off knows why, or is not there any more.
        _ = talk.as_mut() => {}
        () = connection.evicted() => {}
        _ = closing.changed() => {
            talk.as_mut().graceful_shutdown();
            let _ = talk.await;
        }
    }
}
