//! Names that fit a file system: most take 255 bytes for one part of a path, and refuse longer ones.

use std::borrow::Cow;

use super::path_text;

/// Bytes that a name may have so that an ending, a number or `.partial` still fits behind it.
pub const LONGEST_NAME: usize = 200;

/// `name`, or where it has more than `most` bytes its beginning, `~` and eight digits of its hash: names that differ
/// anywhere stay different.
///
/// `name` is text as [`path_text`] writes it; `most` is at least 16.
#[must_use]
pub fn shortened(name: &str, most: usize) -> Cow<'_, str> {
    if name.len() <= most {
        return Cow::Borrowed(name);
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let mut end = most - 9;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    // Half an escaped byte at the end would be read as something else.
    let kept = &name[..end];
    let kept = match kept.rfind(char::REPLACEMENT_CHARACTER) {
        Some(at) if kept[at..].len() < path_text::ESCAPED_BYTE => &kept[..at],
        _ => kept,
    };
    Cow::Owned(format!("{kept}~{}", &hash[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_at_a_character_and_stay_different() {
        assert_eq!(shortened("gravel", 16), "gravel");
        let [one, other] = ["草".repeat(90) + "a", "草".repeat(90) + "b"];
        let [cut, cut_too] = [shortened(&one, 200), shortened(&other, 200)];
        assert!(cut.len() <= 200 && cut.starts_with("草草") && cut != cut_too, "{cut}");
        let cut = shortened("aaaaaa\u{FFFD}E4bbbbbbbbbbb", 18).into_owned();
        assert!(cut.starts_with("aaaaaa~"), "no half of an escaped byte is left: {cut}");
    }
}
