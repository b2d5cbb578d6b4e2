//! Files that gzip packed, such as `frame.cbf.gz`: unpacked in memory, and their checksum looked at.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::images::{DecodeError, Limits};

/// Whether the bytes start as gzip's do.
pub(in crate::images) fn applies(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B])
}

/// What is packed in the bytes, or the bytes themselves.
pub(in crate::images) fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    if !applies(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let limits = Limits::current();
    let mut out = Vec::new();
    let unpacked = MultiGzDecoder::new(bytes).take(limits.bytes.saturating_add(1)).read_to_end(&mut out);
    match unpacked {
        Ok(_) => limits.check_file(out.len() as u64).map(|()| Cow::Owned(out)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(DecodeError::Truncated { format: "gzip", detail: "the file ends too early" })
        }
        Err(error) => Err(DecodeError::Corrupt { format: "gzip", detail: error.to_string() }),
    }
}
