//! Rows and columns in file names as people write them: `name_3,4`, `name_r3_c4`, `name-003-004`, `name_x4_y3`.
//!
//! With letters before them, rows are `r`, `row`, `y`, columns `c`, `col`, `column`, `x`, in either order and anywhere in
//! the name. Without letters, the last two numbers count, the row first. Names that mean something else are told by what
//! they give: [`places`] takes them only where they make a grid.

use std::collections::{BTreeMap, BTreeSet};

/// What a file name says: the rest of it, and a row and a column from 1.
pub(super) type NamePlace = (String, u32, u32);

/// Letters before the number of a row, and of a column.
const ROW: [&str; 3] = ["r", "row", "y"];
const COLUMN: [&str; 4] = ["c", "col", "column", "x"];

/// The places of tiles by their file names without extension, one entry per name; `None` unless they make a grid: at
/// least two rows and two columns of one array, and no two tiles in one place. Tiles of different `folders` never belong to
/// one array.
pub(super) fn places(names: &[(&str, &str)]) -> Vec<Option<NamePlace>> {
    let mut found: Vec<Option<NamePlace>> = names.iter().map(|(_, stem)| place(stem)).collect();
    let mut arrays: BTreeMap<(&str, &str), Vec<(u32, u32)>> = BTreeMap::new();
    for ((folder, _), place) in names.iter().zip(&found) {
        if let Some((array, row, column)) = place {
            arrays.entry((folder, array)).or_default().push((*row, *column));
        }
    }
    let is_grid = arrays.values().any(|places| {
        let distinct = |of: fn(&(u32, u32)) -> u32| places.iter().map(of).collect::<BTreeSet<u32>>().len();
        distinct(|place| place.0) > 1 && distinct(|place| place.1) > 1
    });
    let collides = arrays.values().any(|places| places.iter().collect::<BTreeSet<_>>().len() < places.len());
    if !is_grid || collides {
        return vec![None; names.len()];
    }
    let [rows, columns] = [0, 1].map(|at| {
        let all = found.iter().flatten().map(|place| if at == 0 { place.1 } else { place.2 });
        counted_from_one(&all.collect())
    });
    for (_, row, column) in found.iter_mut().flatten() {
        (*row, *column) = (rows[row], columns[column]);
    }
    found
}

/// Numbers by themselves, from 1 on; those that are pixels, as 0, 64, 128, …, by their step.
fn counted_from_one(values: &BTreeSet<u32>) -> BTreeMap<u32, u32> {
    /// A larger step is one of pixels, and not of tiles that were left out.
    const PIXELS: u32 = 8;
    let first = values.first().copied().unwrap_or_default();
    let steps = values.iter().zip(values.iter().skip(1)).map(|(a, b)| b - a);
    let step = steps.min().filter(|step| *step >= PIXELS).unwrap_or(1);
    let start = if step > 1 || first == 0 { first } else { 1 };
    values.iter().map(|&value| (value, (value - start) / step + 1)).collect()
}

/// A number in a name, with the letters that say what it counts.
struct Number<'a> {
    value: Option<u32>,
    /// `r`, `col` and so on, where they stand right before it or with one sign between, as in `row_3` and `x=4`.
    tag: Option<&'a str>,
    /// Where the tag begins, else the number.
    start: usize,
    digits: usize,
    end: usize,
}

fn place(stem: &str) -> Option<NamePlace> {
    let numbers = numbers(stem);
    let only = |tags: &[&str]| {
        let is =
            |number: &&Number<'_>| number.tag.is_some_and(|tag| tags.iter().any(|one| tag.eq_ignore_ascii_case(one)));
        let mut found = numbers.iter().filter(is);
        found.next().filter(|_| found.next().is_none())
    };
    if let (Some(row), Some(column)) = (only(&ROW), only(&COLUMN)) {
        let (first, second) = if row.start < column.start { (row, column) } else { (column, row) };
        let array = format!("{}{}", trimmed(&stem[..first.start]), &stem[second.end..]);
        let beside = stem[first.end..second.start].chars().all(|c| !c.is_alphanumeric());
        return beside.then_some((array, row.value?, column.value?));
    }
    let [.., row, column] = numbers.as_slice() else { return None };
    let (between, after) = (&stem[row.end..column.digits], &stem[column.end..]);
    let beside = matches!(between, "," | ", " | "_" | "-" | "." | ";" | "; " | " ") && matches!(after, "" | ")" | "]");
    beside.then_some((trimmed(&stem[..row.digits]).to_owned(), row.value?, column.value?))
}

/// Without what stands between a name and a place.
fn trimmed(text: &str) -> &str {
    text.trim_end_matches(|c: char| "_-,.;([ ".contains(c))
}

fn numbers(stem: &str) -> Vec<Number<'_>> {
    let bytes = stem.as_bytes();
    let mut numbers = Vec::new();
    let mut end = 0;
    while let Some(found) = bytes[end..].iter().position(u8::is_ascii_digit) {
        let digits = end + found;
        let before = end;
        end = digits + bytes[digits..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let tag = tag(&stem[before..digits]);
        let start = tag.map_or(digits, |(at, _)| before + at);
        numbers.push(Number {
            value: stem[digits..end].parse().ok(),
            tag: tag.map(|(_, tag)| tag),
            start,
            digits,
            end,
        });
    }
    numbers
}

/// The letters at the end of `text`, which lies before a number, and where they begin; `None` where they are no tag.
fn tag(text: &str) -> Option<(usize, &str)> {
    let letters = |text: &str| text.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    let last = text.chars().next_back()?;
    let end = if last.is_ascii_alphabetic() { text.len() } else { text.len() - last.len_utf8() };
    let run = &text[end - letters(&text[..end])..end];
    // `tileR3C4`: a capital begins a word.
    let lower = run.bytes().rposition(|byte| byte.is_ascii_lowercase());
    let capital = run.bytes().position(|byte| byte.is_ascii_uppercase()).filter(|&at| at > 0 && lower == Some(at - 1));
    let tag = &run[capital.unwrap_or(0)..];
    let known = ROW.iter().chain(&COLUMN).any(|one| tag.eq_ignore_ascii_case(one));
    known.then_some((end - tag.len(), tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_names_are_understood() {
        for (stem, array, row, column) in [
            ("Array_1Crop_3,4", "Array_1Crop", 3, 4),
            ("name_3_4", "name", 3, 4),
            ("name-003-004", "name", 3, 4),
            ("name_r3_c4", "name", 3, 4),
            ("name_R03C04", "name", 3, 4),
            ("tileR3C4", "tile", 3, 4),
            ("name_row3_col4", "name", 3, 4),
            ("name_row_3_column_4", "name", 3, 4),
            ("name_x4_y3", "name", 3, 4),
            ("wafer7_x=4,y=3", "wafer7", 3, 4),
            ("name_y3_x4_sem", "name_sem", 3, 4),
            ("name (3, 4)", "name", 3, 4),
            ("name_(3,4)", "name", 3, 4),
            ("a [3;4]", "a", 3, 4),
            ("3_4", "", 3, 4),
        ] {
            assert_eq!(place(stem), Some((array.to_owned(), row, column)), "{stem}");
        }
        for stem in ["", "a", "a_1", "IMG0001", "a_1_b", "row3", "x4", "a_1_2_C", "99999999999_4", "tower1_4c", "1x2"] {
            assert_eq!(place(stem), None, "{stem}");
        }
    }

    #[test]
    fn only_what_makes_a_grid_is_taken() {
        let of = |names: &[&str]| places(&names.iter().map(|name| ("", *name)).collect::<Vec<_>>());
        let grid = of(&["a_0_0", "a_0_1", "a_1_0", "a_1_1", "cover"]);
        assert_eq!(grid[3], Some(("a".to_owned(), 2, 2)), "counted from 1");
        assert_eq!(grid[4], None);
        assert_eq!(of(&["a_3_2", "a_4_2", "a_3_3"])[0], Some(("a".to_owned(), 3, 2)));
        let pixels = of(&["a_x0_y0", "a_x64_y0", "a_x192_y128", "a_x0_y64"]);
        assert_eq!(pixels[2], Some(("a".to_owned(), 3, 4)), "pixels by their step");
        for none in [&["a_2024_1", "a_2024_2", "a_2024_3"][..], &["a_1_1", "a_1_2", "a_2_1", "a_1-1"], &["a", "b"]] {
            assert!(of(none).iter().all(Option::is_none), "{none:?}");
        }
        let folders = places(&[("w1", "1_1"), ("w1", "1_2"), ("w1", "2_1"), ("w2", "1_1")]);
        assert!(folders.iter().all(Option::is_some), "folders are arrays of their own");
    }
}
