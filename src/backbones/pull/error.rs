//! Errors between the hub and the disk.

use std::path::PathBuf;

use crate::backbones::{BackboneError, BackboneName};

/// Why weights could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// There is nothing to fetch.
    #[error("the weights of `{0}` are part of the program")]
    Embedded(BackboneName),
    /// The hub has another training of the network.
    #[error("the hub has no variant `{variant}` of `{name}`, only `{offered}`")]
    NoSuchVariant { name: BackboneName, variant: &'static str, offered: &'static str },
    /// `HF_ENDPOINT` is no address that may be used.
    #[error("`HF_ENDPOINT` must start with https:// (or be http://127.0.0.1): `{0}`")]
    Endpoint(String),
    /// The transfer failed.
    #[error("{why}: {url}")]
    Fetch { why: FetchError, url: String, name: BackboneName, variant: &'static str },
    /// The file that came is not right for the network.
    #[error(transparent)]
    Import(#[from] BackboneError),
    /// The disk says no.
    #[error("{source}: `{}`", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

/// Why a transfer failed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Nobody answers.
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    /// The hub answers, but not with the file.
    #[error("the hub answers with status {0}")]
    Status(u16),
    /// Without them the file cannot be checked.
    #[error("the hub does not tell the file's size and SHA-256")]
    NoHash,
    /// The transfer ended early; the bytes are kept.
    #[error("the transfer broke off after {done} of {size} bytes: {why}")]
    BrokenOff { done: u64, size: u64, why: String },
    /// The bytes do not have the hash that the hub gives; they are removed.
    #[error("the file arrived with SHA-256 `{found}`, the hub says `{expected}`; it was removed")]
    WrongHash { found: String, expected: String },
    /// Another process fetches the same file.
    #[error("another `rails models pull` is fetching the file")]
    Busy,
    /// The disk says no.
    #[error("cannot keep what arrives: {source}: `{}`", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl PullError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Embedded(name) => Some(format!("use `{name}` as it is; there is nothing to fetch")),
            Self::NoSuchVariant { name, variant, .. } => {
                Some(format!("fetch it elsewhere, then `rails models import FILE --as {name} --variant {variant}`"))
            }
            Self::Endpoint(_) => Some("unset HF_ENDPOINT to use https://huggingface.co".to_owned()),
            Self::Fetch { why: FetchError::BrokenOff { .. } | FetchError::WrongHash { .. }, name, .. } => {
                Some(format!("run `rails models pull {name}` again; it goes on where it stopped"))
            }
            Self::Fetch { why: FetchError::Busy | FetchError::Io { .. }, .. } | Self::Io { .. } => None,
            Self::Fetch { url, name, variant, .. } => Some(format!(
                "without a connection, download {url} in a browser elsewhere, bring the file here, then \
                 `rails models import FILE --as {name} --variant {variant}`"
            )),
            Self::Import(error) => error.hint(),
        }
    }
}
