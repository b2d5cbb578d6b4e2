//! Class names: one rule for every place where a class comes in, be it a page, a table, a folder or a decision.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::folder_names::folder_name;
use super::shortened::LONGEST_NAME;

/// The class of predictions for images that no class fits, which is therefore the name of none.
pub const UNKNOWN: &str = "unknown";

/// The name of a class: one line of visible text, in Unicode's composed form (NFC), without space around it.
///
/// It is not [`UNKNOWN`], whatever the case; it does not start with `_`, as the folders of what has no class do; and it
/// is short enough to be the name of a folder. Names that differ in case are different classes, as they are written
/// ([`alike`] finds them).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ClassName(String);

/// Why a text is no class name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAClassName {
    /// Nothing, or nothing but space.
    #[error("`{}` is no class name: there is nothing to see", .0.escape_debug())]
    Empty(String),
    /// Line breaks, control characters, or characters that only change how others are shown.
    #[error("`{}` is no class name: it has a line break or another character that cannot be seen", .0.escape_debug())]
    Invisible(String),
    /// Predictions use it for images of no class.
    #[error("`{0}` is reserved, for images that no class fits; choose another class name")]
    Unknown(String),
    /// Folders that hold no class start like this.
    #[error(
        "`{0}` is reserved, as names that start with `_` are those of folders without a class; choose another class name"
    )]
    Underscore(String),
    /// No folder could be called like it.
    #[error("`{}…` is no class name: it is too long for the name of a folder", .0.chars().take(40).collect::<String>())]
    TooLong(String),
}

impl ClassName {
    /// The class that `text` names; space around it does not count.
    ///
    /// # Errors
    /// [`NotAClassName`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, NotAClassName> {
        let name: String = text.trim_matches(|c: char| c.is_whitespace() || is_mark(c)).nfc().collect();
        if name.is_empty() {
            return Err(NotAClassName::Empty(text.to_owned()));
        }
        if name.chars().any(is_invisible) {
            return Err(NotAClassName::Invisible(name));
        }
        if name.eq_ignore_ascii_case(UNKNOWN) {
            return Err(NotAClassName::Unknown(name));
        }
        if name.starts_with('_') {
            return Err(NotAClassName::Underscore(name));
        }
        if folder_name(&name).len() > LONGEST_NAME || name.len() > LONGEST_NAME {
            return Err(NotAClassName::TooLong(name));
        }
        Ok(Self(name))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Marks of byte order and widths of nothing, which editors leave around texts.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{2060}')
}

fn is_invisible(c: char) -> bool {
    let line_end = matches!(c, '\u{2028}' | '\u{2029}');
    let direction = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}');
    c.is_control() || line_end || direction || is_mark(c)
}

/// Groups of different names among `classes` that a reader takes for one: they differ in case, in space, `_` and `-`, or
/// in how a number is written. Most often they are slips of one class.
pub fn alike<S: AsRef<str>>(classes: impl IntoIterator<Item = S>) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for class in classes {
        let class = class.as_ref();
        let group = groups.entry(look(class)).or_default();
        if !group.iter().any(|known| known == class) {
            group.push(class.to_owned());
        }
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

fn look(class: &str) -> String {
    if let Some(number) = class.parse::<f64>().ok().filter(|number| number.is_finite()) {
        return number.to_string();
    }
    let folded: String = class.nfkc().flat_map(char::to_lowercase).collect();
    folded
        .split(|c: char| c.is_whitespace() || c == '_' || c == '-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ClassName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ClassName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<ClassName> for String {
    fn from(name: ClassName) -> String {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_class_may_be_called() {
        for (text, name) in [
            ("gravel", "gravel"),
            (" rust \u{FEFF}", "rust"),
            ("gra\u{308}s", "gräs"),
            ("paving stones", "paving stones"),
            ("a/b", "a/b"),
            ("..", ".."),
            ("CON", "CON"),
            ("none", "none"),
            ("草", "草"),
            ("1.0", "1.0"),
            ("=1+1", "=1+1"),
        ] {
            assert_eq!(ClassName::parse(text).unwrap().as_str(), name);
        }
        let refused = |text: &str| ClassName::parse(text).unwrap_err();
        for text in ["", " ", "\u{A0}\t", "\u{200B}"] {
            assert!(matches!(refused(text), NotAClassName::Empty(_)), "{text:?}");
        }
        for text in ["a\nb", "a\rb", "a\u{1b}[31mb", "a\u{2028}b", "a\u{202E}b", "a\u{200B}b", "a\0b"] {
            assert!(matches!(refused(text), NotAClassName::Invisible(_)), "{text:?}");
        }
        for text in ["unknown", "Unknown", " UNKNOWN "] {
            assert!(matches!(refused(text), NotAClassName::Unknown(_)), "{text:?}");
        }
        assert!(matches!(refused("_bad"), NotAClassName::Underscore(_)));
        assert!(ClassName::parse(&"c".repeat(200)).is_ok() && ClassName::parse(&"草".repeat(66)).is_ok());
        for text in ["c".repeat(201), "草".repeat(67), "/".repeat(70)] {
            assert!(matches!(refused(&text), NotAClassName::TooLong(_)), "{text:?}");
        }
        assert_eq!(
            refused("a\nb").to_string(),
            r"`a\nb` is no class name: it has a line break or another character that cannot be seen"
        );
    }

    #[test]
    fn slips_of_one_class_are_found_and_others_are_not() {
        let found =
            alike(["Rust", "rust", "RUST", "gravel", "paving stones", "paving_stones", "01", "1.0", "1", "rust"]);
        assert_eq!(
            found,
            [vec!["01", "1.0", "1"], vec!["paving stones", "paving_stones"], vec!["Rust", "rust", "RUST"]]
        );
        assert!(alike(["a", "b", "1", "2", "grass", "gras", "nan"]).is_empty());
    }
}
