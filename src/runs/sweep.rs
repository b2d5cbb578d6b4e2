//! Recipes to try against each other: the `[sweep]` section of a training recipe.
//!
//! ```toml
//! [sweep]
//! folds = 5
//! "mlp.hidden" = [[], [256], [512, 256, 128]]
//! "mlp.dropout" = [0.0, 0.3]
//! ```
//!
//! Every combination is a [`Variant`]; here there are six. All of them share the images and the folds, so what is
//! swept must not change those.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::loading::{Read, insert, read};
use super::recipe_error::plain;
use super::{RecipeError, TrainRecipe};
use crate::data::nonzero;
use crate::evaluation::RankBy;

/// The `[sweep]` section: how recipes are judged, and lists of alternatives by dotted key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepRecipe {
    /// Folds of the cross-validation, at least 2.
    pub folds: NonZeroUsize,
    /// What the best recipe is best in.
    pub rank_by: RankBy,
    /// For each key of the recipe, such as `mlp.hidden`, the values to try.
    #[serde(flatten)]
    pub alternatives: BTreeMap<String, Value>,
}

impl Default for SweepRecipe {
    fn default() -> Self {
        Self { folds: nonzero::<5>(), rank_by: RankBy::default(), alternatives: BTreeMap::new() }
    }
}

/// One combination of alternatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// What it sets, key and value, keys ascending.
    pub settings: Vec<(String, Value)>,
    /// The whole recipe, without its sweep.
    pub recipe: TrainRecipe,
}

impl Variant {
    /// What `--set` has to say to get this recipe, such as `mlp.hidden=[256]`, one per key.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        self.settings.iter().map(|(key, value)| format!("{key}={value}")).collect()
    }
}

/// What all recipes of a sweep share, and what a sweep does not do.
const SHARED: [&str; 5] = ["name", "dataset", "split", "sweep", "finetune"];

/// Reads a training recipe with a `[sweep]` section, as [`super::load`] does, and every recipe it stands for.
///
/// # Errors
/// As [`super::load`]; where an alternative is wrong, with the line and column of that alternative.
pub fn load_sweep(path: &Path, settings: &[String]) -> Result<(TrainRecipe, Vec<Variant>), RecipeError> {
    let Read { path, text, mut table, recipe } = read::<TrainRecipe>(Some(path), settings)?;
    let Some(section) = &recipe.sweep else { return Err(RecipeError::NoSweep(path)) };
    table.remove("sweep");
    let refuse = |key: &str, index: Option<usize>, message: String| {
        RecipeError::at(&path, &text, offset(&text, key, index).unwrap_or(0), message)
    };
    let mut lists = Vec::new();
    for (key, value) in flat("", &section.alternatives) {
        match value {
            _ if SHARED.iter().any(|shared| key.split('.').next() == Some(shared)) => {
                let why = "recipes share the images and folds, and differ in the features and the classifier on them";
                return Err(refuse(&key, None, format!("`{key}` cannot be swept: {why}")));
            }
            Value::Array(alternatives) if !alternatives.is_empty() => lists.push((key, alternatives)),
            Value::Array(_) => return Err(refuse(&key, None, format!("`{key}` has no alternatives"))),
            other => {
                return Err(refuse(&key, None, format!("`{key}`: expected a list of alternatives, got `{other}`")));
            }
        }
    }
    let mut variants = Vec::new();
    for choice in combinations(&lists) {
        let settings: Vec<(String, Value)> =
            lists.iter().zip(&choice).map(|((key, values), &index)| (key.clone(), values[index].clone())).collect();
        match with(&table, &settings) {
            Ok(recipe) => variants.push(Variant { settings, recipe }),
            Err(message) => {
                // The one that is wrong by itself is named; some are only wrong together.
                let alone = |(key, value): &(String, Value)| with(&table, &[(key.clone(), value.clone())]).err();
                let culprit = settings.iter().zip(&choice).find_map(|(one, &index)| Some((one, index, alone(one)?)));
                return Err(match culprit {
                    Some(((key, _), _, message)) if message.starts_with("unknown field") => refuse(key, None, message),
                    Some(((key, _), index, message)) => refuse(key, Some(index), message),
                    None => refuse(lists.first().map_or("", |(key, _)| key), None, message),
                });
            }
        }
    }
    Ok((recipe, variants))
}

/// `table` with the values of `settings`, as a recipe.
fn with(table: &Table, settings: &[(String, Value)]) -> Result<TrainRecipe, String> {
    let mut table = table.clone();
    for (key, value) in settings {
        insert(&mut table, key, value.clone())?;
    }
    table.try_into().map_err(|error: toml::de::Error| plain(error.message()))
}

/// Every choice of one alternative per list, by position; the last list varies fastest.
fn combinations(lists: &[(String, Vec<Value>)]) -> Vec<Vec<usize>> {
    lists.iter().fold(vec![Vec::new()], |chosen, (_, alternatives)| {
        let extended = |choice: &Vec<usize>| {
            (0..alternatives.len()).map(|index| [choice.as_slice(), &[index]].concat()).collect::<Vec<_>>()
        };
        chosen.iter().flat_map(extended).collect()
    })
}

/// Keys as one dotted text each: `mlp.hidden = …` without quotes is a table in a table.
fn flat<'a>(prefix: &str, values: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Vec<(String, Value)> {
    let one = |(key, value): (&String, &Value)| {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flat(&key, inner),
            other => vec![(key, other.clone())],
        }
    };
    values.into_iter().flat_map(one).collect()
}

/// Where in `text` the `index`-th alternative of `key` stands, or the key itself.
fn offset(text: &str, key: &str, index: Option<usize>) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let (_, sweep) = document.get_ref().iter().find(|(name, _)| name.get_ref() == "sweep")?;
    let (at, value) = find(sweep.get_ref(), key)?;
    let alternative = index.and_then(|index| value.get_ref().as_array()?.get(index));
    Some(alternative.map_or(at, |alternative| alternative.span().start))
}

/// The place and value of a dotted key, quoted or not.
fn find<'a, 'i>(table: &'a DeValue<'i>, key: &str) -> Option<(usize, &'a Spanned<DeValue<'i>>)> {
    table.as_table()?.iter().find_map(|(name, value)| {
        let rest = key.strip_prefix(name.get_ref().as_ref())?;
        if rest.is_empty() { Some((name.span().start, value)) } else { find(value.get_ref(), rest.strip_prefix('.')?) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> Result<(TrainRecipe, Vec<Variant>), RecipeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        load_sweep(file.path(), &["mlp.epochs=7".to_owned()])
    }

    #[test]
    fn every_combination_is_a_recipe() {
        let text = "[sweep]\nfolds = 3\n\"mlp.hidden\" = [[], [8, 4]]\nmlp.dropout = [0.0, 0.5]\n";
        let (recipe, variants) = load_text(text).unwrap();
        assert_eq!(recipe.sweep.unwrap().folds.get(), 3);
        let arguments: Vec<Vec<String>> = variants.iter().map(Variant::arguments).collect();
        let expected = [
            ["mlp.dropout=0.0", "mlp.hidden=[]"],
            ["mlp.dropout=0.0", "mlp.hidden=[8, 4]"],
            ["mlp.dropout=0.5", "mlp.hidden=[]"],
            ["mlp.dropout=0.5", "mlp.hidden=[8, 4]"],
        ];
        assert_eq!(arguments, expected);
        assert!(variants.iter().all(|variant| variant.recipe.mlp.epochs.get() == 7 && variant.recipe.sweep.is_none()));
        assert_eq!(variants[3].recipe.mlp.hidden.len(), 2);
        assert_eq!(load_text("[sweep]\n").unwrap().1.len(), 1, "nothing to try: one recipe, cross-validated");
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_column() {
        for (text, place, about) in [
            ("[sweep]\n\"mlp.hiden\" = [[]]\n", (2, 1), "unknown field `hiden`"),
            ("[sweep]\n\"mlp.dropout\" = [0.1, 2.0]\n", (2, 23), "`2` is out of range"),
            ("[sweep]\nmlp.dropout = [0.1, \"x\"]\n", (2, 21), "invalid type"),
            ("[sweep]\n\n\"mlp.dropout\" = 0.1\n", (3, 1), "expected a list of alternatives"),
            ("[sweep]\n\"mlp.dropout\" = []\n", (2, 1), "no alternatives"),
            ("[sweep]\n\"split.train\" = [0.5]\n", (2, 1), "cannot be swept"),
        ] {
            let error = load_text(text).unwrap_err();
            let RecipeError::Invalid { line, column, message, .. } = &error else { panic!("{error}") };
            assert_eq!(((*line, *column), message.contains(about)), (place, true), "{text}: {error}");
        }
        assert!(matches!(load_text("seed = 1\n"), Err(RecipeError::NoSweep(_))));
        assert!(load_text("[sweep]\nfolds = 0\n").unwrap_err().to_string().contains("at least 1"));
    }
}
