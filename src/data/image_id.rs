//! Image ids: a hash of the content, which stays when files are renamed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// 128 bits of a BLAKE3 hash. A file's id hashes its bytes, a tile's its parent and its place, a frame's its file and
/// its number: files with equal bytes share an id, two equal tiles or frames do not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageId([u8; 16]);

/// A text that is not 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an image id of 32 hexadecimal digits, got `{0}`")]
pub struct NotAnImageId(String);

impl ImageId {
    /// The id of a file with these bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::from_hash(blake3::hash(bytes))
    }

    /// The id of the tile of this image at `place`: top, left, height and width in pixels.
    #[must_use]
    pub fn tile(self, place: [u64; 4]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        for number in place {
            hasher.update(&number.to_le_bytes());
        }
        Self::from_hash(hasher.finalize())
    }

    /// The id of the frame of this file with this number, counted from 0.
    #[must_use]
    pub fn frame(self, index: usize) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0).update(b"frame").update(&(index as u64).to_le_bytes());
        Self::from_hash(hasher.finalize())
    }

    /// For bytes that come block by block; see [`ImageId::of_hasher`].
    #[must_use]
    pub fn hasher() -> blake3::Hasher {
        blake3::Hasher::new()
    }

    /// The id of a file whose bytes `hasher` took in.
    #[must_use]
    pub fn of_hasher(hasher: &blake3::Hasher) -> Self {
        Self::from_hash(hasher.finalize())
    }

    /// The first eight digits, enough to tell files of equal names apart.
    #[must_use]
    pub fn short(self) -> String {
        self.to_string()[..8].to_owned()
    }

    fn from_hash(hash: blake3::Hash) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        Self(id)
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageId({self})")
    }
}

impl FromStr for ImageId {
    type Err = NotAnImageId;

    fn from_str(text: &str) -> Result<Self, NotAnImageId> {
        let refuse = || NotAnImageId(text.to_owned());
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        u128::from_str_radix(text, 16).map(|bits| Self(bits.to_be_bytes())).map_err(|_| refuse())
    }
}

impl TryFrom<String> for ImageId {
    type Error = NotAnImageId;

    fn try_from(text: String) -> Result<Self, NotAnImageId> {
        text.parse()
    }
}

impl From<ImageId> for String {
    fn from(id: ImageId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let id = ImageId::of_bytes(b"sleeper");
        assert_eq!(id.to_string().parse::<ImageId>().unwrap(), id);
        assert!("12".parse::<ImageId>().is_err());
        assert!("+2345678901234567890123456789012".parse::<ImageId>().is_err());
    }

    #[test]
    fn frames_of_one_file_stay_apart() {
        let file = ImageId::of_bytes(b"stack");
        assert_ne!(file.frame(0), file.frame(1));
        let mut hasher = ImageId::hasher();
        hasher.update(b"sta").update(b"ck");
        assert_eq!(ImageId::of_hasher(&hasher), file);
    }

    #[test]
    fn tiles_of_equal_content_stay_apart() {
        let parent = ImageId::of_bytes(b"black");
        assert_ne!(parent.tile([0, 0, 64, 64]), parent.tile([0, 64, 64, 64]));
        assert_ne!(parent.tile([0, 0, 64, 64]), parent.tile([0, 0, 128, 128]));
    }
}
