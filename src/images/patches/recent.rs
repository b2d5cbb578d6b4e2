//! The images decoded last: patches are asked for one by one, and an image has hundreds.
//!
//! Threads share them, since neighbouring patches are read side by side; whoever comes second waits for the first.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use crate::data::FrameAddress;
use crate::images::{DecodeError, Decoded, decode};

/// Images that are kept: what is read now and what was read just before.
const MOST: usize = 2;

static RECENT: Mutex<Vec<Arc<RecentImage>>> = Mutex::new(Vec::new());

struct RecentImage {
    path: PathBuf,
    /// A file that changed meanwhile is read anew.
    state: (u64, Option<SystemTime>),
    /// `None` where it cannot be decoded.
    decoded: OnceLock<Option<Decoded>>,
}

/// Calls `work` with the image, or the frame, at `path`.
///
/// # Errors
/// When it cannot be decoded, and as `work`.
pub(super) fn with<T>(path: &Path, work: impl FnOnce(&Decoded) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    let file = FrameAddress::parse(path).map_or_else(|| path.to_owned(), |frame| frame.file);
    let metadata = fs::metadata(file)?;
    let state = (metadata.len(), metadata.modified().ok());
    let recent = {
        let mut kept = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|one| one.path == path && one.state == state);
        let anew = || Arc::new(RecentImage { path: path.to_owned(), state, decoded: OnceLock::new() });
        let one = known.map_or_else(anew, |at| kept.remove(at));
        kept.push(Arc::clone(&one));
        if kept.len() > MOST {
            kept.remove(0);
        }
        one
    };
    match recent.decoded.get_or_init(|| decode(path).ok()) {
        Some(image) => work(image),
        // Once more, for the reason.
        None => work(&decode(path)?),
    }
}
