//! The review page, part of the program.

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// As a URL under `/ui/` says it.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// The file.
    pub bytes: &'static [u8],
}

/// The first page.
pub const INDEX: Asset =
    Asset { name: "index.html", content_type: "text/html; charset=utf-8", bytes: b"<!doctype html><title>rails</title>" };

/// What it loads.
pub const ASSETS: &[Asset] = &[];
