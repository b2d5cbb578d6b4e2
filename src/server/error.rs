//! Why no page can be served.

use std::io;
use std::net::SocketAddr;

/// Why no page can be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken, not ours, or not allowed.
    #[error("cannot listen on `{address}`: {source}")]
    Bind { address: SocketAddr, source: io::Error },
    /// The system gives no random numbers, so that no secret can be made.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// The file that leads a browser to the page cannot be written.
    #[error("cannot write the file that opens the page: {0}")]
    Doorway(io::Error),
    /// Serving stopped.
    #[error("the server stopped: {0}")]
    Stopped(io::Error),
}

impl ServerError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                Some("another program listens there; leave `--port` out to take a free one".to_owned())
            }
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrNotAvailable => {
                Some("`--listen` takes an address of this machine".to_owned())
            }
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("ports below 1024 are for the system; choose a higher one".to_owned())
            }
            _ => None,
        }
    }
}
