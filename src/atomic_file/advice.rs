//! What a person can do about a disk that refuses.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter;

/// Whether there was no room for what was written, by `error` itself or one of its causes.
#[must_use]
pub fn is_full(error: &(dyn Error + 'static)) -> bool {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    refusals(error).any(|refusal| full.contains(&refusal.kind()))
}

/// What to do about the refusal of a disk that `error` tells of, itself or as a cause; `None` where none did.
#[must_use]
pub fn advice(error: &(dyn Error + 'static)) -> Option<&'static str> {
    refusals(error).find_map(of_kind)
}

/// What the disk said, of `error` itself and of its causes.
fn refusals<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a io::Error> {
    iter::successors(Some(error), |&error| error.source()).filter_map(|error| error.downcast_ref())
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
