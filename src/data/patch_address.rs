//! Address of a patch: its image, and its place there.

use std::fmt;
use std::path::{Path, PathBuf};

use super::path_text::{to_path, to_text};

/// A part of an image, written as a media fragment: `wafer.png#xywh=64,0,32,32`, or `run7.h5#17#xywh=64,0,32,32`.
///
/// Reference: W3C, "Media Fragments URI 1.0", section 4.2.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchAddress {
    /// The image, or the frame, that the patch is a part of.
    pub image: PathBuf,
    /// In pixels.
    pub left: usize,
    /// In pixels.
    pub top: usize,
    /// In pixels, at least 1.
    pub width: usize,
    /// In pixels, at least 1.
    pub height: usize,
}

/// What stands between an image and the place of a patch in it.
const MARK: &str = "#xywh=";

impl PatchAddress {
    /// The patch that `path` names; `None` where it names a whole image.
    #[must_use]
    pub fn parse(path: &Path) -> Option<Self> {
        Self::parse_text(&to_text(path))
    }

    /// The same for a path in its text form (see [`path_text`](super::path_text)), as records and tables hold it.
    #[must_use]
    pub fn parse_text(path: &str) -> Option<Self> {
        let (image, place) = path.rsplit_once(MARK)?;
        let mut numbers = place.split(',').map(|number| {
            let plain = number.bytes().all(|digit| digit.is_ascii_digit());
            number.parse::<usize>().ok().filter(|_| plain)
        });
        let mut next = || numbers.next().flatten();
        let (left, top, width, height) = (next()?, next()?, next()?, next()?);
        let whole = numbers.next().is_none() && width > 0 && height > 0 && !image.is_empty();
        whole.then(|| Self { image: to_path(image), left, top, width, height })
    }

    /// Top, left, height and width, as [`crate::data::ImageId::tile`] takes them.
    #[must_use]
    pub fn place(&self) -> [u64; 4] {
        [self.top, self.left, self.height, self.width].map(|pixels| pixels as u64)
    }
}

/// The text form of the address.
impl fmt::Display for PatchAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { image, left, top, width, height } = self;
        write!(f, "{}{MARK}{left},{top},{width},{height}", to_text(image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["a/wafer.png#xywh=64,0,32,16", "run 7.h5#17#xywh=0,0,1,1", "a#b/c.png#xywh=1,2,3,4"] {
            assert_eq!(PatchAddress::parse(Path::new(text)).unwrap().to_string(), text);
        }
        let patch = PatchAddress::parse(Path::new("a.png#xywh=64,8,32,16")).unwrap();
        assert_eq!((patch.left, patch.top, patch.width, patch.height), (64, 8, 32, 16));
        assert_eq!(patch.place(), [8, 64, 16, 32]);
        for text in
            ["a.png", "a.h5#17", "#xywh=1,2,3,4", "a.png#xywh=1,2,3", "a.png#xywh=1,2,0,4", "a.png#xywh=-1,2,3,4"]
        {
            assert_eq!(PatchAddress::parse(Path::new(text)), None, "{text}");
        }
    }
}
