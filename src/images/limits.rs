//! How large a picture may be: one place for every reader, asked about what a file declares before anything is allocated.

use std::sync::OnceLock;

use super::DecodeError;

/// What a picture, a frame or a file of frames may declare; more is left out with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of a picture or frame: `--max-pixels`.
    pub pixels: u64,
    /// Bytes of a file that is read whole, and of a picture or frame once it is decoded.
    pub bytes: u64,
    /// Frames of a file.
    pub frames: u64,
}

impl Default for Limits {
    /// 1.1 billion pixels (33,000 × 33,000: a mosaic of ten shots of the largest cameras), 2 GiB, four million frames.
    fn default() -> Self {
        Self { pixels: 1_100_000_000, bytes: 2 << 30, frames: 4_000_000 }
    }
}

static IN_FORCE: OnceLock<Limits> = OnceLock::new();

impl Limits {
    /// Those in force in this process: the defaults unless [`Limits::enforce`] set others.
    #[must_use]
    pub fn current() -> Self {
        IN_FORCE.get().copied().unwrap_or_default()
    }

    /// Puts these in force for the whole process, as readers work on many threads. Only the first call counts: it belongs
    /// before anything is read.
    pub fn enforce(self) {
        IN_FORCE.get_or_init(|| self);
    }

    /// Whether a picture of this size, with `pixel` bytes per pixel once decoded, may be read.
    ///
    /// # Errors
    /// [`DecodeError::TooLarge`] where it may not.
    pub fn check(&self, width: u64, height: u64, pixel: u64) -> Result<(), DecodeError> {
        let pixels = width.saturating_mul(height);
        if pixels > self.pixels {
            let limit = format!("{} pixels (--max-pixels)", self.pixels);
            return Err(DecodeError::TooLarge { what: format!("{width}×{height} pixels"), limit });
        }
        if pixels.saturating_mul(pixel) > self.bytes {
            let what = format!("{width}×{height} pixels of {} bits", pixel.saturating_mul(8));
            return Err(DecodeError::TooLarge { what, limit: megabytes(self.bytes) });
        }
        Ok(())
    }

    /// Whether a file of this many bytes may be read whole.
    ///
    /// # Errors
    /// [`DecodeError::TooLarge`] where it may not.
    pub fn check_file(&self, bytes: u64) -> Result<(), DecodeError> {
        if bytes > self.bytes {
            let what = format!("a file of {}", megabytes(bytes));
            return Err(DecodeError::TooLarge { what, limit: megabytes(self.bytes) });
        }
        Ok(())
    }

    /// Whether a file of this many frames may be read.
    ///
    /// # Errors
    /// [`DecodeError::TooLarge`] where it may not.
    pub fn check_frames(&self, frames: u64) -> Result<(), DecodeError> {
        if frames > self.frames {
            let limit = format!("{} frames", self.frames);
            return Err(DecodeError::TooLarge { what: format!("a file of {frames} frames"), limit });
        }
        Ok(())
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_is_said_with_its_size() {
        let limits = Limits { pixels: 1000, bytes: 3 << 20, frames: 10 };
        let reason = |checked: Result<(), DecodeError>| checked.unwrap_err().to_string();
        assert!(
            limits.check(40, 25, 2).is_ok() && limits.check_file(3 << 20).is_ok() && limits.check_frames(10).is_ok()
        );
        let expected = "too large: 40×26 pixels is more than the limit of 1000 pixels (--max-pixels)";
        assert_eq!(reason(limits.check(40, 26, 1)), expected);
        assert!(limits.check(u64::MAX, u64::MAX, u64::MAX).is_err() && limits.check(1, 1, u64::MAX).is_err());
        assert_eq!(reason(limits.check_file(4 << 20)), "too large: a file of 4 MB is more than the limit of 3 MB");
        assert_eq!(
            reason(limits.check_frames(11)),
            "too large: a file of 11 frames is more than the limit of 10 frames"
        );
    }
}
