//! Keys that stand where another mode or another kind has them.

use super::Mode;
use super::document::{RecipeMistake, RecipeTable};
use crate::training::{KnnRecipe, LinearRecipe, MlpRecipe};

/// Keys of `[features]` by who reads them.
const FEATURES: [(&str, &[&str]); 6] = [
    ("`kind = \"network\"`", NETWORK),
    ("`kind = \"hand_made\"`", &["blocks", "enhance"]),
    ("`kind = \"frame\"`", &["statistics"]),
    ("`rails search`", &["resize", "batch_size", "hand_made"]),
    ("`rails patches`", &["enhance"]),
    ("`rails separate`", &["enhance"]),
];

const NETWORK: &[&str] = &["backbone", "layers", "weights", "resize", "batch_size", "enhance", "hand_made"];

/// Keys of `[cluster]` by who reads them.
const CLUSTER: [(&str, &[&str]); 3] = [
    (
        "`rails cluster`",
        &["methods", "fit_per", "pick_k", "kmeans", "dbscan", "hierarchical", "gaussian_mixture", "hdbscan", "hybrid"],
    ),
    ("`rails search`", &["pick_k", "kmeans"]),
    ("`rails patches`", &["methods", "kmeans", "dbscan", "hierarchical", "gaussian_mixture", "hdbscan", "hybrid"]),
];

/// `slip` with whose key it is, where `text` has a key of another mode or kind in its place.
pub(super) fn explain(slip: RecipeMistake, text: &str, mode: Mode) -> RecipeMistake {
    let RecipeMistake::Key { at, is_key: true, hint: None, .. } = &slip else { return slip };
    let Ok(document) = RecipeTable::parse(text) else { return slip };
    let Some(path) = document.path_at(*at) else { return slip };
    let Some((section, key)) = path.split_once('.') else { return slip };
    let owners = owners(section, key, mode);
    if owners.is_empty() {
        return slip;
    }
    let here = match (section, mode) {
        ("classifier", _) | ("features", Mode::Cluster | Mode::Train) => {
            let kind = document.find(&format!("{section}.kind")).and_then(|(_, kind)| kind.get_ref().as_str());
            format!("`kind = \"{}\"`", kind.unwrap_or(if section == "classifier" { "mlp" } else { "network" }))
        }
        _ => format!("`{mode}`"),
    };
    let message = format!("`{path}` belongs to {}, not to {here}", owners.join(" and "));
    RecipeMistake::key(*at, message, "leave it out, or change the kind or the command")
}

/// Who reads `key` in `section`, as far as another mode or kind does.
fn owners(section: &str, key: &str, mode: Mode) -> Vec<String> {
    let listed = |lists: &[(&str, &[&str])]| {
        lists.iter().filter(|(_, keys)| keys.contains(&key)).map(|(owner, _)| (*owner).to_owned()).collect()
    };
    match (section, mode) {
        ("features", Mode::Cluster | Mode::Train) => listed(&FEATURES[..3]),
        ("features", _) if NETWORK.contains(&key) || key == "kind" => vec!["`rails cluster`".to_owned()],
        ("features", _) => listed(&FEATURES),
        ("cluster", _) => listed(&CLUSTER),
        ("classifier", _) => {
            let kinds = [
                ("`kind = \"mlp\"`", toml::Table::try_from(MlpRecipe::default())),
                ("`kind = \"linear\"`", toml::Table::try_from(LinearRecipe::default())),
                ("`kind = \"knn\"`", toml::Table::try_from(KnnRecipe::default())),
            ];
            let has = |table: &toml::Table| table.contains_key(key);
            kinds
                .into_iter()
                .filter(|(_, keys)| keys.as_ref().is_ok_and(has))
                .map(|(owner, _)| owner.to_owned())
                .collect()
        }
        _ => Vec::new(),
    }
}
