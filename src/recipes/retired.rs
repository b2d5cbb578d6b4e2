//! Keys of earlier versions: each is answered with the one that took its place.

use super::document::{RecipeMistake, RecipeTable};

/// Old key, and what to write instead.
const RETIRED: [(&str, &str); 6] = [
    ("mlp", "write `[classifier]`, which is an MLP unless its `kind` says otherwise"),
    ("linear", "write `[classifier]` with `kind = \"linear\"`"),
    ("knn", "write `[classifier]` with `kind = \"knn\"`"),
    ("grid", "write `[search]`, and `[[search.features]]` for its networks; `rails search` reads it"),
    ("features.frame", "write `kind = \"frame\"` and `statistics = …` in `[features]`"),
    (
        "features.network",
        "the weight of the network is `network` in `features.hand_made`; without a network write \
         `kind = \"hand_made\"` and `blocks = …` in `[features]`",
    ),
];

/// Replacement for the dotted key `path` of an earlier version, or for the section it is in.
pub(super) fn instead_of(path: &str) -> Option<&'static str> {
    let is_in = |key: &str| path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    RETIRED.iter().find(|(key, _)| is_in(key)).map(|(_, instead)| *instead)
}

/// What `--set key=value` of an earlier version is today, if `key` is one; `None` where that takes more than settings.
pub(super) fn setting_instead_of(key: &str, value: &str) -> Option<String> {
    let today = |settings: &[String]| {
        let settings: Vec<String> = settings.iter().map(|setting| format!("--set {setting}")).collect();
        Some(format!("write `{}`", settings.join(" ")))
    };
    match key.split_once('.')? {
        ("mlp", rest) => today(&[format!("classifier.{rest}={value}")]),
        (kind @ ("linear" | "knn"), rest) => {
            today(&[format!("classifier.kind={kind}"), format!("classifier.{rest}={value}")])
        }
        ("grid", rest) => Some(format!("write `--set search.{rest}={value}`; `rails search` reads it")),
        ("features", "frame") => today(&["features.kind=frame".to_owned(), format!("features.statistics={value}")]),
        // A weight of 0 left the network out, which takes blocks beside it.
        ("features", "network") if value.parse() != Ok(0.0) => today(&[format!("features.hand_made.network={value}")]),
        _ => None,
    }
}

/// Refuses keys of earlier versions, wherever they stand.
pub(super) fn check(document: &RecipeTable<'_>) -> Result<(), RecipeMistake> {
    let found = RETIRED.iter().find_map(|(key, instead)| Some((key, document.find(key)?.0, instead)));
    found.map_or(Ok(()), |(key, at, instead)| Err(refusal(key, at, instead)))
}

/// Says that `key` at byte `at` is an old one.
pub(super) fn refusal(key: &str, at: usize, instead: &str) -> RecipeMistake {
    RecipeMistake::key(at, format!("`{key}` is a key of an earlier version"), instead)
}
