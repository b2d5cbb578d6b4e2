//! A hub: its address, what it says about a file, and the requests it gets.

use std::time::Duration;

use ureq::http::Response;
use ureq::{Agent, Body};

use super::{FetchError, PullError};

/// Repositories of weights behind HTTPS.
#[derive(Debug, Clone)]
pub struct Hub {
    endpoint: String,
    agent: Agent,
}

/// A file as the hub describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remote {
    pub url: String,
    /// Bytes.
    pub size: u64,
    /// 64 hexadecimal digits in lower case.
    pub sha256: String,
}

/// Hops from one address of the hub to another, such as a renamed repository's.
const MAX_HOPS: usize = 5;

impl Hub {
    /// huggingface.co, or where the environment variable `HF_ENDPOINT` points, as for every client of the hub.
    ///
    /// # Errors
    /// When `HF_ENDPOINT` may not be used; see [`Hub::at`].
    pub fn from_environment() -> Result<Self, PullError> {
        let endpoint = std::env::var("HF_ENDPOINT").unwrap_or_default();
        Self::at(if endpoint.is_empty() { "https://huggingface.co" } else { &endpoint })
    }

    /// A hub at `endpoint`: `https://…`, or `http://127.0.0.1:PORT` on this machine.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn at(endpoint: &str) -> Result<Self, PullError> {
        let endpoint = endpoint.trim_end_matches('/');
        let local = endpoint.strip_prefix("http://127.0.0.1").is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
        });
        if !local && !endpoint.starts_with("https://") {
            return Err(PullError::Endpoint(endpoint.to_owned()));
        }
        let mut config = Agent::config_builder()
            .https_only(!local)
            .http_status_as_error(false)
            .user_agent(concat!("rails/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_resolve(Some(Duration::from_secs(20)))
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_mins(1)))
            .timeout_per_read(Some(Duration::from_mins(1)));
        if local {
            config = config.proxy(None);
        }
        Ok(Self { endpoint: endpoint.to_owned(), agent: config.build().into() })
    }

    /// Where a file of a repository's main branch is.
    pub(super) fn address(&self, repository: &str, file: &str) -> String {
        format!("{}/{repository}/resolve/main/{file}", self.endpoint)
    }

    /// Asks for size and hash. The hub tells them itself and sends on to a store that does not know them, so redirects
    /// are followed only within the hub.
    pub(super) fn describe(&self, url: &str) -> Result<Remote, FetchError> {
        let mut at = url.to_owned();
        for _ in 0..MAX_HOPS {
            let request = self.agent.head(&at).config().max_redirects(0).build();
            let response = request.call().map_err(|error| unreachable(&error))?;
            let status = response.status();
            if !status.is_success() && !status.is_redirection() {
                return Err(FetchError::Status(status.as_u16()));
            }
            if let (Some(size), Some(sha256)) = (size(&response), sha256(&response)) {
                return Ok(Remote { url: url.to_owned(), size, sha256 });
            }
            match header(&response, "location").filter(|location| status.is_redirection() && is_path(location)) {
                Some(path) => at = format!("{}{path}", self.endpoint),
                None => return Err(FetchError::NoHash),
            }
        }
        Err(FetchError::NoHash)
    }

    /// The file from byte `from` on; see the status for what really comes.
    pub(super) fn get(&self, url: &str, from: u64) -> Result<Response<Body>, FetchError> {
        let mut request = self.agent.get(url);
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
        }
        request.call().map_err(|error| unreachable(&error))
    }
}

fn unreachable(error: &ureq::Error) -> FetchError {
    FetchError::Unreachable(error.to_string())
}

fn is_path(location: &str) -> bool {
    location.starts_with('/') && !location.starts_with("//")
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn size(response: &Response<Body>) -> Option<u64> {
    header(response, "x-linked-size")?.parse().ok()
}

fn sha256(response: &Response<Body>) -> Option<String> {
    let tag = header(response, "x-linked-etag")?;
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    (tag.len() == 64 && tag.bytes().all(|digit| digit.is_ascii_hexdigit())).then(|| tag.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_hubs() {
        for good in ["https://huggingface.co", "https://mirror.example/", "http://127.0.0.1:8080", "http://127.0.0.1"] {
            let hub = Hub::at(good).unwrap();
            assert!(hub.address("a/b", "c").ends_with("/a/b/resolve/main/c"), "{good}");
            assert!(!hub.address("a/b", "c").contains("//a"), "{good}");
        }
        for bad in ["http://huggingface.co", "http://127.0.0.1.example", "http://127.0.0.1:80@example", "ftp://x", "x"]
        {
            assert!(matches!(Hub::at(bad), Err(PullError::Endpoint(_))), "{bad}");
        }
    }
}
