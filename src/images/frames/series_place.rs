//! The place of an image in its series, read from its path: frames of one file, or files whose names differ in their
//! last number only.

use crate::data::{FrameAddress, path_text};

/// The series that an image of this path belongs to, and its number in it; `None` where the name has no number.
#[must_use]
pub fn place_in_series(path: &str) -> (String, Option<u64>) {
    if let Some(frame) = FrameAddress::parse_text(path) {
        return (path_text::to_text(&frame.file), Some(frame.index as u64));
    }
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    let stem = path[name..].rfind('.').map_or(path.len(), |dot| name + dot);
    let Some(last) = path[name..stem].rfind(|c: char| c.is_ascii_digit()) else { return (path.to_owned(), None) };
    let end = name + last + 1;
    let start = path[name..end].trim_end_matches(|c: char| c.is_ascii_digit()).len() + name;
    (format!("{}*{}", &path[..start], &path[end..]), path[start..end].parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_of_a_name_counts() {
        for (path, series, number) in [
            ("a/run7.h5#17", "a/run7.h5", Some(17)),
            ("scan3/frame_0012.cbf", "scan3/frame_*.cbf", Some(12)),
            ("12.png", "*.png", Some(12)),
            ("run2_0004_raw.tif", "run2_*_raw.tif", Some(4)),
            ("scan3/dark.tif", "scan3/dark.tif", None),
        ] {
            assert_eq!(place_in_series(path), (series.to_owned(), number), "{path}");
        }
    }
}
