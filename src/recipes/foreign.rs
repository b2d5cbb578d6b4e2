//! Keys that stand where another mode or another kind has them.

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::document::{RecipeMistake, RecipeTable};
use super::{
    EnhanceRecipe, FrameRecipe, HandMadeRecipe, Mode, NetworkRecipe, SearchClusterRecipe, SearchFeaturesRecipe,
};
use crate::clusterers::{ClusterSection, SingleClusterSection};
use crate::training::{KnnRecipe, LinearRecipe, MlpRecipe};

/// Who reads keys of a section, and which.
type Reader = (&'static str, fn() -> Keys);

/// The kinds of `[features]`.
const FEATURE_KINDS: [Reader; 3] = [
    ("`kind = \"network\"`", keys_of::<NetworkRecipe>),
    ("`kind = \"hand_made\"`", keys_of::<HandMadeRecipe>),
    ("`kind = \"frame\"`", keys_of::<FrameRecipe>),
];

/// The commands whose `[features]` have no kind.
const FEATURES: [Reader; 3] = [
    ("`rails search`", keys_of::<SearchFeaturesRecipe>),
    ("`rails patches`", keys_of::<EnhanceRecipe>),
    ("`rails separate`", keys_of::<EnhanceRecipe>),
];

const CLUSTER: [Reader; 3] = [
    ("`rails cluster`", keys_of::<ClusterSection>),
    ("`rails search`", keys_of::<SearchClusterRecipe>),
    ("`rails patches`", keys_of::<SingleClusterSection>),
];

const CLASSIFIERS: [Reader; 3] = [
    ("`kind = \"mlp\"`", keys_of::<MlpRecipe>),
    ("`kind = \"linear\"`", keys_of::<LinearRecipe>),
    ("`kind = \"knn\"`", keys_of::<KnnRecipe>),
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
fn owners(section: &str, key: &str, mode: Mode) -> Vec<&'static str> {
    let among = |readers: &[Reader]| {
        readers.iter().filter(|(_, keys)| keys().contains(&key)).map(|(owner, _)| *owner).collect::<Vec<_>>()
    };
    match (section, mode) {
        ("features", Mode::Cluster | Mode::Train) => among(&FEATURE_KINDS),
        ("features", _) if keys_of::<NetworkRecipe>().contains(&key) || key == "kind" => vec!["`rails cluster`"],
        ("features", _) => among(&[FEATURE_KINDS.as_slice(), &FEATURES].concat()),
        ("cluster", _) => among(&CLUSTER),
        ("classifier", _) => among(&CLASSIFIERS),
        _ => Vec::new(),
    }
}

type Keys = &'static [&'static str];

/// The keys of the struct `T`: serde names all of them to whoever reads one, before it asks for any.
fn keys_of<T: DeserializeOwned>() -> Keys {
    let mut keys: Keys = &[];
    // It ends with an error, since nothing is read.
    drop(T::deserialize(KeyCollector(&mut keys)));
    keys
}

struct KeyCollector<'a>(&'a mut Keys);

impl<'de> Deserializer<'de> for KeyCollector<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(self, _name: &'static str, keys: Keys, _: V) -> Result<V::Value, Error> {
        *self.0 = keys;
        Err(Error::custom("only the keys are asked for"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("only structs have keys"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_has_its_keys_those_without_a_default_value_too() {
        for (owner, keys) in FEATURE_KINDS.iter().chain(&FEATURES).chain(&CLUSTER).chain(&CLASSIFIERS) {
            assert!(!keys().is_empty(), "{owner}");
        }
        let network = ["backbone", "layers", "weights", "resize", "batch_size", "enhance", "hand_made"];
        assert_eq!(keys_of::<NetworkRecipe>(), network);
        assert_eq!(keys_of::<HandMadeRecipe>(), ["enhance", "blocks"]);
        let written = toml::Table::try_from(ClusterSection::default()).unwrap();
        let keys = keys_of::<ClusterSection>();
        assert!(keys.contains(&"fit_per") && written.keys().all(|key| keys.contains(&key.as_str())), "{keys:?}");
    }
}
