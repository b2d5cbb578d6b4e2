//! Text that a spreadsheet would take for a formula: one rule for every cell of every CSV table.
//!
//! Spreadsheets run what starts with `=`, `+`, `-`, `@`, a tab or a carriage return. Such a text, unless it is a number,
//! is written with an apostrophe before it, as people mark text in a spreadsheet; so is one that starts with apostrophes
//! before such a character, so that taking one off gives every text back. In pandas:
//! `column.str.replace(r"^'(?='*[=+\-@\t\r])", "", regex=True)`.

use std::borrow::Cow;

const MARK: u8 = b'\'';

/// `text` as a cell.
pub(super) fn to_cell(text: &[u8]) -> Cow<'_, [u8]> {
    let number = || std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok());
    if is_formula(text) && !number() { Cow::Owned([&[MARK], text].concat()) } else { Cow::Borrowed(text) }
}

/// The text of a `cell`.
pub(super) fn from_cell(cell: &str) -> &str {
    match cell.strip_prefix(char::from(MARK)) {
        Some(text) if is_formula(text.as_bytes()) => text,
        _ => cell,
    }
}

/// Whether a spreadsheet would take it for one, apostrophes before it left aside.
fn is_formula(text: &[u8]) -> bool {
    let first = text.iter().find(|byte| **byte != MARK);
    first.is_some_and(|first| b"=+-@\t\r".contains(first))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_marked_and_numbers_and_names_are_not() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+cmd", "'+cmd"),
            ("-rust", "'-rust"),
            ("@a.png", "'@a.png"),
            ("\tx", "'\tx"),
            ("'=1", "''=1"),
            ("-0.53", "-0.53"),
            ("-1", "-1"),
            ("+1e5", "+1e5"),
            ("gravel", "gravel"),
            ("'quoted'", "'quoted'"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(to_cell(text.as_bytes()), cell.as_bytes());
            assert_eq!(from_cell(cell), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in r"['=+\-@a1\t]{0,6}") {
            let cell = to_cell(text.as_bytes()).into_owned();
            prop_assert_eq!(from_cell(std::str::from_utf8(&cell).unwrap()), &text);
        }
    }
}
