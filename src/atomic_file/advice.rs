//! What a person can do about a disk that refuses.

use std::error::Error;
use std::io::{self, ErrorKind};

/// Whether there was no room for what was written.
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// What to do about the refusal of a disk that `error` tells of, itself or as a cause; `None` where none did.
#[must_use]
pub fn advice(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<io::Error>().and_then(of_kind) {
            return Some(refused);
        }
        cause = error.source();
    }
    None
}

fn of_kind(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::StorageFull => {
            "free some space or choose another place, and run again; nothing half-written was left"
        }
        ErrorKind::QuotaExceeded => {
            "free some space of your quota or choose another place, and run again; nothing half-written was left"
        }
        ErrorKind::FileTooLarge => {
            "free some space or raise the limit on file sizes (`ulimit -f`), and run again; nothing half-written was left"
        }
        ErrorKind::ReadOnlyFilesystem => "this disk can only be read: choose another place",
        ErrorKind::PermissionDenied => "choose a place you may read and write, or ask its owner for the right",
        _ => return None,
    })
}
