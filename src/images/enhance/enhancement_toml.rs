//! Enhancements in TOML: a bare name means the defaults.

use std::fmt;

use serde::de::{self, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Enhancement;

impl Serialize for Enhancement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Enhancement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnhancementVisitor)
    }
}

struct EnhancementVisitor;

impl<'de> Visitor<'de> for EnhancementVisitor {
    type Value = Enhancement;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an enhancement, such as \"clahe\", or a table, such as { gamma = 0.5 }")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Enhancement, E> {
        let known = &["gamma", "equalize", "clahe", "stretch", "flat-field", "invert", "denoise"];
        let named = Enhancement::all().into_iter().find(|enhancement| enhancement.name() == name);
        named.ok_or_else(|| de::Error::unknown_variant(name, known))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Enhancement, A::Error> {
        Enhancement::deserialize(MapAccessDeserializer::new(map))
    }
}
