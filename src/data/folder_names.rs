//! Folders called like classes and reasons: one rule, by which different names have different folders on every file
//! system, and a folder says what it was called for.
//!
//! An ordinary name is the name of its folder. What a file system refuses, hides, cuts off or reads as a path (`/ \ : *
//! ? " < > |` and control characters, a dot or `_` at the beginning, a dot or space at either end, the first letter of
//! Windows' devices such as `CON`) is written as `%` and the two hexadecimal digits of each byte, as in a URL; so is a
//! `%` that would be read as one of these. Where several names differ only in what a file system may overlook, case or
//! the composition of accents, all but one have every letter written so that is not a small one of ASCII.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;

use super::shortened::{LONGEST_NAME, shortened};

/// Folders for a set of names that lie beside each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderNames(BTreeMap<String, String>);

impl FolderNames {
    /// A folder for each of `names`.
    pub fn of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut rivals: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names {
            let group = rivals.entry(file_key(name.as_ref())).or_default();
            if !group.iter().any(|known| known == name.as_ref()) {
                group.push(name.as_ref().to_owned());
            }
        }
        let mut folders = BTreeMap::new();
        for mut group in rivals.into_values() {
            // The one that has nothing to be overlooked keeps its looks, else the first.
            group.sort_by_key(|name| (name.chars().any(is_overlooked), name.clone()));
            for (rank, name) in group.into_iter().enumerate() {
                let folder = if rank == 0 { folder_name(&name) } else { distinct_folder_name(&name) };
                folders.insert(name, shortened(&folder, LONGEST_NAME).into_owned());
            }
        }
        Self(folders)
    }

    /// The folder of `name`; for a name that was not among those given, the one it would have alone.
    #[must_use]
    pub fn get(&self, name: &str) -> Cow<'_, str> {
        match self.0.get(name) {
            Some(folder) => Cow::Borrowed(folder),
            None => Cow::Owned(shortened(&folder_name(name), LONGEST_NAME).into_owned()),
        }
    }
}

/// The name that `folder` was called for. A folder that this program would not have called so, such as one of other
/// programs with a `%20` in its name, is its own name.
#[must_use]
pub fn name_of_folder(folder: &str) -> String {
    let decoded = decode(folder);
    let ours = decoded.as_ref().is_some_and(|name| folder_name(name) == folder || distinct_folder_name(name) == folder);
    decoded.filter(|_| ours).unwrap_or_else(|| folder.to_owned())
}

/// What a file system that takes no heed of case and composition makes of a name: names of one key may be one file.
#[must_use]
pub fn file_key(name: &str) -> String {
    name.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

fn is_overlooked(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_uppercase()
}

/// The folder of a name that lies beside no other.
pub(super) fn folder_name(name: &str) -> String {
    encode(name, |_| false)
}

/// The same where another name is alike: nothing is left to be overlooked.
fn distinct_folder_name(name: &str) -> String {
    encode(name, is_overlooked)
}

fn encode(name: &str, also: impl Fn(char) -> bool) -> String {
    let device = is_device(name);
    let last = name.chars().next_back().map_or(0, |c| name.len() - c.len_utf8());
    let mut folder = String::new();
    for (at, c) in name.char_indices() {
        let edge = at == 0 || at == last;
        let escaped = (c.is_control() || "/\\:*?\"<>|".contains(c))
            || (edge && (c == '.' || c.is_whitespace()))
            || (at == 0 && (c == '_' || device))
            || (c == '%' && escaped_byte(&name.as_bytes()[at..]).is_some())
            || also(c);
        if escaped {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(folder, "%{byte:02X}");
            }
        } else {
            folder.push(c);
        }
    }
    folder
}

/// `None` where the bytes are no text.
fn decode(folder: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(folder.len());
    let mut rest = folder.as_bytes();
    while let [first, after @ ..] = rest {
        if let Some(byte) = escaped_byte(rest) {
            bytes.push(byte);
            rest = &rest[3..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The byte that `%` and two hexadecimal digits at the beginning stand for.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    let digit = |digit: &u8| char::from(*digit).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Names that Windows keeps for devices, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = ["COM", "LPT"].iter().any(|port| {
        let number = stem.strip_prefix(port).map(|rest| rest.chars().collect::<Vec<_>>());
        number.is_some_and(|number| matches!(number.as_slice(), ['0'..='9' | '¹' | '²' | '³']))
    });
    numbered || ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_are_their_folders() {
        for name in ["gravel", "Asphalt", "paving stones", "50 % gravel", "草", "a.b", "a_b", "console", "100%"] {
            assert_eq!(FolderNames::of([name]).get(name), name);
            assert_eq!(name_of_folder(name), name);
        }
    }

    #[test]
    fn what_a_folder_cannot_be_called_is_escaped() {
        for (name, folder) in [
            ("a/b", "a%2Fb"),
            ("a:b", "a%3Ab"),
            ("a|b", "a%7Cb"),
            (r"a\b", "a%5Cb"),
            ("..", "%2E%2E"),
            (".x", "%2Ex"),
            ("x.", "x%2E"),
            ("_bad", "%5Fbad"),
            ("CON", "%43ON"),
            ("nul.txt", "%6Eul.txt"),
            ("LPT1", "%4CPT1"),
            ("a%2Fb", "a%252Fb"),
            ("too\ndark", "too%0Adark"),
        ] {
            assert_eq!(folder_name(name), folder);
            assert_eq!(name_of_folder(folder), name);
        }
        assert_eq!(name_of_folder("left%20ballast"), "left%20ballast", "another program's");
        assert_eq!(name_of_folder("%FF"), "%FF", "no text");
    }

    #[test]
    fn names_that_a_file_system_may_take_for_one_have_folders_of_their_own() {
        let folders = FolderNames::of(["Rust", "rust", "RUST", "Grass", "Stra\u{DF}e", "STRASSE"]);
        let found = ["Rust", "rust", "RUST", "Grass"].map(|name| folders.get(name).into_owned());
        assert_eq!(found, ["%52ust", "rust", "%52%55%53%54", "Grass"]);
        assert_eq!(name_of_folder("%52ust"), "Rust");
        assert_eq!(name_of_folder("%53tra%C3%9Fe"), "Straße");
        let long = ["x".repeat(300), "x".repeat(301)];
        let folders = FolderNames::of(&long);
        assert!(long.iter().all(|name| folders.get(name).len() <= LONGEST_NAME));
        assert_ne!(folders.get(&long[0]), folders.get(&long[1]));
    }

    proptest! {
        #[test]
        fn different_names_have_different_folders_on_every_file_system(
            names in proptest::collection::btree_set(r"[aA%25éÉ/:. _~CcOoNn]{1,6}|e\u{301}[kK\u{212A}ß]?|[sS]{1,2}ſ?|\PC{1,5}", 1..12)
        ) {
            let folders = FolderNames::of(&names);
            let mut seen: [BTreeSet<String>; 4] = Default::default();
            for name in &names {
                let folder = folders.get(name).into_owned();
                prop_assert_eq!(&name_of_folder(&folder), name);
                let ways = [folder.to_lowercase(), folder.to_uppercase(), folder.nfc().collect(), folder.nfd().collect()];
                for (seen, way) in seen.iter_mut().zip(ways) {
                    prop_assert!(seen.insert(way), "{} of {:?}", folder, names);
                }
                prop_assert!(!folder.starts_with('.') && !folder.ends_with(['.', ' ']) && !folder.contains(['/', '\\', ':']));
            }
        }
    }
}
