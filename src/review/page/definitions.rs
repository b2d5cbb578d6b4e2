//! `definitions.js`: codes, sizes and colours that the page shares with the program, written out of their one
//! definition in Rust.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use crate::curation::LabelSource;
use crate::report::style::{Colour, DISTINCT_GROUPS, group_colour, group_mark, ink_on};
use crate::review::routes::ExportChoice;
use crate::review::thumbnails::SIZES;

/// Where a label comes from, by name; its place in this list is its code in `/api/state`.
const LABEL_SOURCES: [(&str, Option<LabelSource>); 5] = [
    ("none", None),
    ("named", Some(LabelSource::NamedCluster)),
    ("moved", Some(LabelSource::Moved)),
    ("accepted", Some(LabelSource::Accepted)),
    ("propagated", Some(LabelSource::Propagated)),
];

/// The code of a label's source, in `0..5`; 0 for an image without a label.
pub(in crate::review) fn label_source_code(source: Option<LabelSource>) -> u8 {
    LABEL_SOURCES.iter().zip(0..).find(|((_, known), _)| *known == source).map_or(0, |(_, code)| code)
}

/// How the members of a group look: on swatches and on the map.
#[derive(Serialize)]
struct GroupLook {
    /// Red, green, blue.
    colour: Colour,
    /// Of text on the colour.
    ink: Colour,
    /// The number of its [`crate::report::style::Mark`].
    mark: u8,
}

/// The text of the module.
pub(in crate::review) static DEFINITIONS: LazyLock<String> = LazyLock::new(|| {
    let sources: BTreeMap<&str, u8> = LABEL_SOURCES.iter().map(|(name, _)| *name).zip(0..).collect();
    let look = |group: usize| {
        let colour = group_colour(group);
        GroupLook { colour, ink: ink_on(colour), mark: group_mark(group) as u8 }
    };
    let looks: Vec<GroupLook> = (0..DISTINCT_GROUPS).map(look).collect();
    let exports: Vec<_> = ExportChoice::ALL.iter().map(|choice| choice.described()).collect();
    [
        "// Written by the program out of its own definitions.\n".to_owned(),
        constant("Where a label comes from, as numbers in `state.source`.", "LABEL_SOURCES", &sources),
        constant("How groups look, in their order; then again from the start.", "GROUP_LOOKS", &looks),
        constant("The longest sides of thumbnails, in pixels.", "THUMBNAIL_SIZES", &SIZES),
        constant("Formats of an export: {name, holds}.", "EXPORTS", &exports),
    ]
    .join("\n")
});

fn constant(about: &str, name: &str, value: &impl Serialize) -> String {
    let value = serde_json::to_string(value).unwrap_or_else(|error| unreachable!("{name} has a JSON form: {error}"));
    format!("/** {about} */\nexport const {name} = {value};\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::page::ASSETS;

    fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
        ASSETS.iter().map(|asset| (asset.name, std::str::from_utf8(asset.bytes).unwrap()))
    }

    /// The tests of the page read the file. `RAILS_UPDATE_DEFINITIONS=1` writes it anew.
    #[test]
    fn tests_of_the_page_have_the_definitions_of_the_program() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/javascript/definitions.js");
        if std::env::var_os("RAILS_UPDATE_DEFINITIONS").is_some() {
            std::fs::write(path, DEFINITIONS.as_str()).unwrap();
        }
        assert!(std::fs::read_to_string(path).unwrap() == *DEFINITIONS, "{path} is not up to date");
    }

    #[test]
    fn every_source_has_a_code_of_its_own_that_the_page_knows_by_name() {
        let names = LABEL_SOURCES.map(|(name, _)| name);
        for (code, (_, source)) in LABEL_SOURCES.iter().enumerate() {
            assert_eq!(usize::from(label_source_code(*source)), code);
        }
        for (script, text) in scripts() {
            for used in text.split("LABEL_SOURCES.").skip(1) {
                let name: String = used.chars().take_while(char::is_ascii_alphanumeric).collect();
                assert!(names.contains(&name.as_str()), "{script} speaks of the source `{name}`");
            }
        }
    }

    #[test]
    fn the_page_repeats_no_colour_of_a_group() {
        for (script, text) in scripts() {
            for [red, green, blue] in (0..DISTINCT_GROUPS).map(group_colour) {
                assert!(!text.contains(&format!("{red}, {green}, {blue}")), "{script} has {red}, {green}, {blue}");
            }
        }
    }
}
