//! Class weights: how much an image counts, where some classes are rarer, or matter more, than others.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::data::{ClassId, NonNegative};
use crate::training::TrainError;

/// In a recipe: `"none"`, `"balanced"`, or a table such as `{ fault = 3.0, gravel = 0.5 }`.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ClassWeights {
    /// Every image counts alike.
    #[default]
    None,
    /// Every class counts alike: an image weighs images / (classes · images of its class), as in scikit-learn.
    Balanced,
    /// By class name, 0 or more; a class that is not named weighs 1.
    Given(BTreeMap<String, NonNegative>),
}

impl ClassWeights {
    /// The factor of each class of `names`, measured over `rows`, whose images are of classes `y` and count `weights`.
    ///
    /// # Errors
    /// [`TrainError::UnknownClasses`] where a name of the table is no class.
    pub(super) fn factors(
        &self,
        names: &[String],
        y: &[ClassId],
        weights: &[f32],
        rows: &[usize],
    ) -> Result<Vec<f64>, TrainError> {
        match self {
            Self::None => Ok(vec![1.0; names.len()]),
            Self::Balanced => {
                let mut counts = vec![0.0; names.len()];
                for &row in rows {
                    counts[y[row].0] += f64::from(weights[row]);
                }
                let shown = counts.iter().filter(|count| **count > 0.0).count() as f64;
                let all: f64 = counts.iter().sum();
                Ok(counts.iter().map(|count| if *count > 0.0 { all / (shown * count) } else { 1.0 }).collect())
            }
            Self::Given(table) => {
                let unknown: Vec<String> = table.keys().filter(|name| !names.contains(name)).cloned().collect();
                if !unknown.is_empty() {
                    return Err(TrainError::UnknownClasses { unknown, known: names.to_vec() });
                }
                Ok(names.iter().map(|name| table.get(name).map_or(1.0, |weight| weight.get())).collect())
            }
        }
    }
}

impl Serialize for ClassWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::Balanced => serializer.serialize_str("balanced"),
            Self::Given(table) => table.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClassWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrTable)
    }
}

/// Takes both forms; an untagged enum would not say where the mistake is.
struct WordOrTable;

impl<'de> Visitor<'de> for WordOrTable {
    type Value = ClassWeights;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`none`, `balanced` or a table of classes and their weights")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<ClassWeights, E> {
        match word {
            "none" => Ok(ClassWeights::None),
            "balanced" => Ok(ClassWeights::Balanced),
            _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<ClassWeights, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(table)).map(ClassWeights::Given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Recipe {
        class_weights: ClassWeights,
    }

    fn read(text: &str) -> Result<ClassWeights, String> {
        toml::from_str::<Recipe>(&format!("class_weights = {text}"))
            .map(|recipe| recipe.class_weights)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_word_or_a_table() {
        assert_eq!(read("\"none\""), Ok(ClassWeights::None));
        for text in ["\"balanced\"", "{ b = 0.0, a = 2.5 }"] {
            let recipe = Recipe { class_weights: read(text).unwrap() };
            assert_eq!(toml::from_str::<Recipe>(&toml::to_string(&recipe).unwrap()).unwrap(), recipe);
        }
        assert!(read("\"equal\"").unwrap_err().contains("`none`, `balanced` or a table"));
        assert!(read("{ a = -1.0 }").unwrap_err().contains("`-1` is out of range"));
        assert!(read("3").is_err());
    }

    #[test]
    fn factors_are_those_of_scikit_learn() {
        // compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 1, 1, 2]) = [2/3, 1, 2]
        let names = ["a", "b", "c", "unseen"].map(str::to_owned);
        let y = [0, 0, 0, 1, 1, 2, 0].map(ClassId);
        let factors = |weights: &ClassWeights| weights.factors(&names, &y, &[1.0; 7], &[0, 1, 2, 3, 4, 5]);
        assert_eq!(factors(&ClassWeights::Balanced).unwrap(), [6.0 / 9.0, 1.0, 2.0, 1.0]);
        assert_eq!(factors(&read("{ b = 0.5 }").unwrap()).unwrap(), [1.0, 0.5, 1.0, 1.0]);
        let error = factors(&read("{ b = 0.5, gravl = 2, x = 1 }").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "class weights for `gravl`, `x`, which no image is labelled");
        assert_eq!(error.hint().unwrap(), "the classes are `a`, `b`, `c`, `unseen`");
    }
}
