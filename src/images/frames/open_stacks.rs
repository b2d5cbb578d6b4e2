//! The files a thread has open: frames are asked for one by one, and opening a stack reads its whole index.
//!
//! Every thread has its own, so that threads decode side by side without waiting for each other.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Stack;
use crate::images::DecodeError;

/// Files a thread keeps open.
const MOST: usize = 4;

thread_local! {
    /// The most recently used last.
    static OPEN: RefCell<Vec<OpenStack>> = const { RefCell::new(Vec::new()) };
}

struct OpenStack {
    file: PathBuf,
    dataset: Option<String>,
    /// A file that changed meanwhile is opened anew.
    state: (u64, Option<SystemTime>),
    stack: Box<dyn Stack>,
}

/// Calls `work` with the frames of `file`.
///
/// # Errors
/// When the file holds no frames or cannot be opened, and as `work`.
pub(super) fn with<T>(
    file: &Path,
    dataset: Option<&str>,
    work: impl FnOnce(&mut dyn Stack) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let metadata = fs::metadata(file)?;
    let state = (metadata.len(), metadata.modified().ok());
    let known = OPEN.with_borrow_mut(|open| {
        let at = open.iter().position(|one| one.file == file && one.dataset.as_deref() == dataset)?;
        Some(open.remove(at)).filter(|one| one.state == state)
    });
    let mut one = if let Some(one) = known {
        one
    } else {
        let single =
            || DecodeError::Unsupported { format: "stack", detail: "the file holds a single image".to_owned() };
        let stack = super::open(file, dataset)?.ok_or_else(single)?;
        OpenStack { file: file.to_owned(), dataset: dataset.map(str::to_owned), state, stack }
    };
    let done = work(one.stack.as_mut());
    OPEN.with_borrow_mut(|open| {
        open.push(one);
        if open.len() > MOST {
            open.remove(0);
        }
    });
    done
}
