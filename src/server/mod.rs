//! Pages for the person at this machine: an HTTP server on loopback that nobody else can talk to.
//!
//! A page on `127.0.0.1` is open to every program of the machine and to every page of the browser. So there is a secret
//! in the URL, and requests are looked at before anything else sees them: `Host` must be ours, or a foreign name that
//! was pointed at this address could read answers (DNS rebinding); `Origin` must be ours and a POST must be JSON, or a
//! foreign page could send forms (CSRF). What is shown comes with a policy that forbids anything from elsewhere.
//! Connections, headers and bodies are bounded in number, size and time, so that nobody shuts the owner out.
//!
//! This layer knows nothing of what the pages are about.

mod answer;
mod assets;
mod body;
mod connections;
mod doorway;
mod error;
mod events;
mod guard;
mod headers;
mod listen;
mod run;
mod serve;
mod token;

pub use answer::{Failure, blocking, json, parsed};
pub use assets::embedded;
pub use error::ServerError;
pub use events::Events;
pub use listen::Listen;
pub use run::Server;
