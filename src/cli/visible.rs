//! Text for a terminal: what would move the cursor, change colours or turn the direction of writing is shown, not done.
//!
//! File, class and run names are other people's. A control character is shown as Rust writes it, such as `\u{1b}` and
//! `\n`. Results are laid out in lines by us, so that names in them go through [`visible`] one by one; whatever is
//! printed goes through [`visible_layout`] or [`visible_message`] once more, so that nothing forgotten gets through.

use std::borrow::Cow;
use std::fmt::Display;

/// A name on one line.
pub(super) fn visible(name: impl Display) -> String {
    escaped(&name.to_string(), |_| false).into_owned()
}

/// A text of several lines and tabs.
pub(super) fn visible_layout(text: &str) -> Cow<'_, str> {
    escaped(text, |rest| rest.starts_with(['\n', '\t']))
}

/// A message: its further lines are indented, which a line break in a name is not.
pub(super) fn visible_message(text: &str) -> Cow<'_, str> {
    escaped(text, |rest| rest.starts_with("\n  "))
}

/// `keep` says of the rest of the text whether its first character stays as it is.
fn escaped(text: &str, keep: impl Fn(&str) -> bool) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if acts(c) && !keep(&text[at..]) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Whether a terminal does something else than show it.
fn acts(c: char) -> bool {
    let separates = matches!(c, '\u{2028}' | '\u{2029}');
    let turns = matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    c.is_control() || separates || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_nothing_to_a_terminal() {
        assert_eq!(visible("a\u{1b}[2J\r\nb\u{202E}\u{9b}"), r"a\u{1b}[2J\r\nb\u{202e}\u{9b}");
        assert_eq!(visible("\u{200F}x\u{200E}\u{61C}"), r"\u{200f}x\u{200e}\u{61c}");
        assert_eq!(visible("gräs 草 `a\\b`"), "gräs 草 `a\\b`");
        assert_eq!(visible_layout("a\n\tb\u{7}"), "a\n\tb\\u{7}");
        assert_eq!(visible_message("bad key\n  --> r.toml:1:2"), "bad key\n  --> r.toml:1:2");
        assert_eq!(visible_message("no such run: `a\nerror: b`"), "no such run: `a\\nerror: b`");
    }
}
