//! Paths as text: in tables, logs and reports every path stands in one form, from which the path comes back exactly.
//!
//! A name is bytes, a cell is text of one line. An ordinary name stands as it is. What is no text (a byte that is not
//! UTF-8) or no visible part of a line (a control character, such as a line break) stands as U+FFFD, the replacement
//! character, and two hexadecimal digits per byte: the Latin-1 name `gr\xE4s.png` is `gr�E4s.png`. A replacement
//! character that is part of a name stands as its own bytes, so that two different paths never have one text.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const ESCAPE: char = char::REPLACEMENT_CHARACTER;

/// Length of the text of one escaped byte.
pub(super) const ESCAPED_BYTE: usize = ESCAPE.len_utf8() + 2;

/// `path` as text.
#[must_use]
pub fn to_text(path: impl AsRef<OsStr>) -> String {
    let name = path.as_ref();
    match name.to_str() {
        Some(text) if !text.chars().any(needs_escape) => text.to_owned(),
        _ => escaped(&bytes(name)),
    }
}

/// The path that `text` stands for. Text that no path has, as earlier versions wrote it, stands for itself.
#[must_use]
pub fn to_path(text: &str) -> PathBuf {
    let mut parts = text.split(ESCAPE);
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.as_bytes() {
            // Digits of nothing but what is escaped: no text can smuggle a separator in.
            [high, low, rest @ ..] if escaped_byte(*high, *low).is_some() => {
                bytes.extend(escaped_byte(*high, *low));
                bytes.extend(rest);
            }
            all => {
                bytes.extend(ESCAPE.to_string().as_bytes());
                bytes.extend(all);
            }
        }
    }
    path(bytes)
}

fn needs_escape(c: char) -> bool {
    c == ESCAPE || c.is_control()
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    let escape = |text: &mut String, bytes: &[u8]| {
        for byte in bytes {
            let _ = write!(text, "{ESCAPE}{byte:02X}");
        }
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if needs_escape(c) {
                escape(&mut text, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                text.push(c);
            }
        }
        escape(&mut text, chunk.invalid());
    }
    text
}

fn escaped_byte(high: u8, low: u8) -> Option<u8> {
    let digit =
        |digit: u8| matches!(digit, b'0'..=b'9' | b'A'..=b'F').then(|| char::from(digit).to_digit(16)).flatten();
    let byte = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    (byte.is_ascii_control() || !byte.is_ascii()).then_some(byte)
}

#[cfg(unix)]
fn bytes(name: &OsStr) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec()
}

#[cfg(unix)]
fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes))
}

/// Where names are not bytes they are text, but for half of a surrogate pair, which no program writes on purpose.
#[cfg(not(unix))]
fn bytes(name: &OsStr) -> Vec<u8> {
    name.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

/// For serde: a path as a text field, also where it is not UTF-8.
pub mod serde_text {
    use super::{Path, PathBuf, to_path, to_text};
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the text form.
    ///
    /// # Errors
    /// Those of `serializer`.
    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_text(path))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// Those of `deserializer`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        Ok(to_path(&String::deserialize(deserializer)?))
    }
}

/// The same for a path that need not be there.
pub mod serde_optional_text {
    use super::{PathBuf, to_path, to_text};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the text form.
    ///
    /// # Errors
    /// Those of `serializer`.
    #[allow(clippy::ref_option, reason = "serde hands the field over as it is")]
    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_ref().map(to_text).serialize(serializer)
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// Those of `deserializer`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.as_deref().map(to_path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stand_as_they_are() {
        for name in ["a/b 1,0.png", "草/ä.png", "a%20b\\c.png", "=1+1.png", "a#1.h5", "e\u{301}.png"] {
            assert_eq!(to_text(name), name);
            assert_eq!(to_path(name), Path::new(name));
        }
    }

    #[test]
    fn line_breaks_and_replacement_characters_are_escaped() {
        assert_eq!(to_text("a\nb\u{1b}[2J"), "a\u{FFFD}0Ab\u{FFFD}1B[2J");
        assert_eq!(to_text("a\u{FFFD}E4"), "a\u{FFFD}EF\u{FFFD}BF\u{FFFD}BDE4");
        assert_eq!(to_path("a\u{FFFD}b"), Path::new("a\u{FFFD}b"), "as an earlier version wrote it");
        assert_eq!(to_path("a\u{FFFD}2F\u{FFFD}2E"), Path::new("a\u{FFFD}2F\u{FFFD}2E"), "no separator comes of it");
    }

    #[cfg(unix)]
    proptest! {
        #[test]
        fn every_name_comes_back_and_no_two_have_one_text(
            one in proptest::collection::vec(any::<u8>(), 0..20),
            other in proptest::collection::vec(prop_oneof![Just(0xEF_u8), Just(0xBF), Just(0xBD), Just(b'E'), Just(10)], 0..9),
        ) {
            let [one, other] = [one, other].map(path);
            for name in [&one, &other] {
                let text = to_text(name);
                prop_assert_eq!(&to_path(&text), name);
                prop_assert!(!text.chars().any(char::is_control));
            }
            prop_assert_eq!(to_text(&one) == to_text(&other), one == other);
        }
    }
}
