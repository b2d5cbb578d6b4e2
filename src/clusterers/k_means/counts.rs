//! One number of clusters, or several to try.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

/// Written `k = 8`, `k = [4, 8, 12]` or `k = { from = 3, to = 15 }`; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Written")]
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
#[serde(untagged, deny_unknown_fields)]
enum Written {
    One(NonZeroUsize),
    List(Vec<NonZeroUsize>),
    Range { from: NonZeroUsize, to: NonZeroUsize },
}

impl TryFrom<Written> for Counts {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::List(list) if list.is_empty() => Err("the list of cluster numbers is empty"),
            Written::Range { from, to } if from > to => Err("the range of cluster numbers ends before it begins"),
            Written::One(k) => Ok(Self::One(k)),
            Written::List(list) => Ok(Self::List(list)),
            Written::Range { from, to } => Ok(Self::Range { from, to }),
        }
    }
}

impl Default for Counts {
    /// 3 to 15, as the reference does.
    fn default() -> Self {
        Self::Range { from: NonZeroUsize::MIN.saturating_add(2), to: NonZeroUsize::MIN.saturating_add(14) }
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
