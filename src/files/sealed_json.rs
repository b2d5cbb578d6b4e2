//! The seal of a JSON file that only programs write: the hash of all the rest as its last key, `blake3`.
//!
//! One damaged bit is then told instead of believed. Files of earlier versions, and those that somebody wrote anew by other
//! means, have no seal and are taken as they are.

/// The content of a file is not what was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its content is not what was written; if it was changed on purpose, take out its line `blake3`")]
pub struct BrokenSeal;

const BEFORE: &str = ",\n  \"blake3\": \"";
const AFTER: &str = "\"\n}\n";
const END: &str = "\n}\n";
/// Hexadecimal digits of a hash.
const DIGITS: usize = 2 * blake3::OUT_LEN;

/// Seals `text`, an indented JSON object of at least one key that ends in a line feed.
#[must_use]
pub fn seal(text: &str) -> String {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    match text.strip_suffix(END) {
        Some(open) => format!("{open}{BEFORE}{hash}{AFTER}"),
        None => text.to_owned(),
    }
}

/// Whether `content` is what was sealed, or has no seal.
///
/// # Errors
/// When it was changed.
pub fn check(content: &[u8]) -> Result<(), BrokenSeal> {
    let found = content.strip_suffix(AFTER.as_bytes()).and_then(|rest| {
        let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
        Some((rest.strip_suffix(BEFORE.as_bytes())?, hash))
    });
    let Some((open, hash)) = found else { return Ok(()) };
    let mut hasher = blake3::Hasher::new();
    hasher.update(open).update(END.as_bytes());
    if hasher.finalize().to_hex().as_bytes() == hash { Ok(()) } else { Err(BrokenSeal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Every bit of the file: either the change is told, or what the file says is the same.
    #[test]
    fn no_flipped_bit_is_believed() {
        let said = json!({ "a": 1.5, "b": ["x", null], "c": { "d": "é" } });
        let sealed = seal(&(serde_json::to_string_pretty(&said).unwrap() + "\n"));
        assert_eq!(check(sealed.as_bytes()), Ok(()));
        let without = |mut value: Value| {
            let object = value.as_object_mut().unwrap();
            object.retain(|key, _| said.get(key).is_some());
            value
        };
        assert_eq!(without(serde_json::from_str(&sealed).unwrap()), said);
        for bit in 0..sealed.len() * 8 {
            let mut bytes = sealed.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(read) = serde_json::from_slice::<Value>(&bytes) else { continue };
            assert!(check(&bytes).is_err() || without(read) == said, "bit {bit}");
        }
    }

    #[test]
    fn what_has_no_seal_is_taken() {
        for content in ["", "{}", "{}\n", "{\n  \"a\": 1\n}\n", "\"\n}\n"] {
            assert_eq!(check(content.as_bytes()), Ok(()), "{content}");
        }
        assert_eq!(seal("{}\n"), "{}\n");
    }
}
