//! Numbers of clusters to try: one, a list, or a range.

use std::fmt;
use std::num::NonZeroUsize;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::data::bounds::Numbers;
use crate::data::nonzero;

/// Written `k = 8`, `k = [4, 8, 12]` or `k = { from = 3, to = 15 }`; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Counts {
    /// This one.
    One(NonZeroUsize),
    /// These.
    List(Vec<NonZeroUsize>),
    /// All of these, both ends included.
    Range {
        /// The smallest.
        from: NonZeroUsize,
        /// The largest.
        to: NonZeroUsize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends {
    from: NonZeroUsize,
    to: NonZeroUsize,
}

impl<'de> Deserialize<'de> for Counts {
    /// Written by hand, so that a number out of range gives an error that says so.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountsVisitor)
    }
}

struct CountsVisitor;

impl<'de> Visitor<'de> for CountsVisitor {
    type Value = Counts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of clusters, a list of them, or { from, to }")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Counts, E> {
        NonZeroUsize::deserialize(number.into_deserializer()).map(Counts::One)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Counts, E> {
        NonZeroUsize::deserialize(number.into_deserializer()).map(Counts::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Counts, A::Error> {
        let list = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        if list.is_empty() {
            Err(A::Error::custom("the list of cluster numbers is empty"))
        } else {
            Ok(Counts::List(list))
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, ends: A) -> Result<Counts, A::Error> {
        let Ends { from, to } = Ends::deserialize(MapAccessDeserializer::new(ends))?;
        if from > to {
            return Err(A::Error::custom("the range of cluster numbers ends before it begins"));
        }
        Ok(Counts::Range { from, to })
    }
}

impl Default for Counts {
    /// 3 to 15, as the reference does.
    fn default() -> Self {
        Self::Range { from: nonzero::<3>(), to: nonzero::<15>() }
    }
}

impl Numbers for Counts {
    fn largest(&self) -> u64 {
        match self {
            Self::One(k) | Self::Range { to: k, .. } => k.largest(),
            Self::List(list) => list.largest(),
        }
    }
}

impl Counts {
    /// The numbers to try, ascending, each once.
    #[must_use]
    pub fn values(&self) -> Vec<usize> {
        let mut values: Vec<usize> = match self {
            Self::One(k) => vec![k.get()],
            Self::List(list) => list.iter().map(|k| k.get()).collect(),
            Self::Range { from, to } => (from.get()..=to.get()).collect(),
        };
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The smallest of them.
    #[must_use]
    pub fn first(&self) -> NonZeroUsize {
        match self {
            Self::One(k) | Self::Range { from: k, .. } => *k,
            Self::List(list) => list.iter().copied().min().unwrap_or(NonZeroUsize::MIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Recipe {
        k: Counts,
    }

    #[test]
    fn reads_all_three_spellings() {
        let values = |text: &str| toml::from_str::<Recipe>(text).map(|recipe| recipe.k.values());
        assert_eq!(values("k = 8").unwrap(), [8]);
        assert_eq!(values("k = [4, 12, 4]").unwrap(), [4, 12]);
        assert_eq!(values("k = { from = 3, to = 5 }").unwrap(), [3, 4, 5]);
        for bad in
            ["k = 0", "k = []", "k = { from = 5, to = 3 }", "k = { from = 1 }", "k = { from = 1, to = 2, by = 1 }"]
        {
            assert!(values(bad).is_err(), "{bad}");
        }
    }
}
