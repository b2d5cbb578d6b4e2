//! Decoders that panic have met a damaged file: that must neither end the run nor write on the terminal.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use super::DecodeError;

thread_local! {
    /// Whether this thread is inside [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; a panic is an error of a damaged file of this `format`.
///
/// # Errors
/// As `work`.
pub(super) fn guarded<T>(
    format: &'static str,
    work: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                before(info);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    done.unwrap_or_else(|_| Err(DecodeError::Corrupt { format, detail: "the decoder gave up".to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_the_next_file_is_read() {
        let failed = guarded::<()>("TIFF", || panic!("out of range"));
        assert_eq!(failed.unwrap_err().to_string(), "corrupt TIFF image: the decoder gave up");
        assert_eq!(guarded("TIFF", || Ok(7)).unwrap(), 7);
        assert!(!GUARDED.get());
    }
}
