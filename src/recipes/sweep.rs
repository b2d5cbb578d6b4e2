//! Recipes to try against each other: the `[sweep]` section of a training recipe.
//!
//! ```toml
//! [sweep]
//! folds = 5
//! "classifier.hidden" = [[], [256], [512, 256, 128]]
//! "classifier.dropout" = [0.0, 0.3]
//! ```
//!
//! Every combination is a [`Variant`]; here there are six. All of them share the images and the folds, so what is
//! swept must not change those.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::document::{RecipeMistake, RecipeTable};
use super::loading::{LoadedRecipe, insert, parse_table, read};
use super::{RecipeError, TrainRecipe, retired};
use crate::data::{bounds, nonzero};
use crate::evaluation::RankBy;

/// The `[sweep]` section: how recipes are judged, and lists of alternatives by dotted key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepRecipe {
    /// Folds of the cross-validation, at least 2.
    #[serde(deserialize_with = "bounds::folds")]
    pub folds: NonZeroUsize,
    /// The score by which the best recipe is chosen.
    pub rank_by: RankBy,
    /// For each key of the recipe, such as `classifier.hidden`, the values to try.
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
    /// The settings that tell it from the others, key and value, keys ascending.
    pub settings: Vec<(String, Value)>,
    /// The whole recipe, without its sweep.
    pub recipe: TrainRecipe,
}

impl Variant {
    /// Arguments of `--set` that give this recipe, such as `classifier.hidden=[256]`, one per key.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        self.settings.iter().map(|(key, value)| format!("{key}={value}")).collect()
    }
}

/// Combinations at most; each is trained once per fold.
const MOST_VARIANTS: usize = 10_000;

/// Keys that cannot be swept: all recipes share them, or a sweep does not do them.
const SHARED: [&str; 5] = ["name", "dataset", "split", "sweep", "finetune"];

/// Reads a training recipe with a `[sweep]` section, as [`super::load`] does, and every recipe it stands for.
///
/// # Errors
/// As [`super::load`]; where an alternative is wrong, with the line and column of that alternative.
pub fn load_sweep(path: &Path, settings: &[String]) -> Result<(TrainRecipe, Vec<Variant>), RecipeError> {
    let LoadedRecipe { path, text, mut table, recipe } = read::<TrainRecipe>(Some(path), settings)?;
    let Some(section) = &recipe.sweep else { return Err(RecipeError::NoSweep(path)) };
    if recipe.finetune.is_some() {
        return Err(with_finetune(&path, &text, settings));
    }
    table.remove("sweep");
    let refuse = |at: usize, slip: RecipeMistake| {
        let slip = match slip {
            RecipeMistake::Key { is_key, message, hint, .. } => RecipeMistake::Key { at, is_key, message, hint },
            RecipeMistake::OtherMode { section, mode, .. } => RecipeMistake::OtherMode { at, section, mode },
            two @ (RecipeMistake::TwoModes { .. } | RecipeMistake::Contradiction { .. }) => two,
        };
        RecipeError::in_file(&path, &text, slip)
    };
    let mut lists = Vec::new();
    for (key, value) in flat("", &section.alternatives) {
        let at = offset(&text, &key, None);
        if let Some(instead) = retired::instead_of(&key) {
            return Err(refuse(at, retired::refusal(&key, at, instead)));
        }
        match value {
            _ if SHARED.iter().any(|shared| key.split('.').next() == Some(shared)) => {
                let why = "recipes share the images and folds, and differ in the features and the classifier on them";
                return Err(refuse(at, RecipeMistake::value(at, format!("`{key}` cannot be swept: {why}"), None)));
            }
            Value::Array(alternatives) if !alternatives.is_empty() => lists.push((key, alternatives)),
            Value::Array(_) => {
                return Err(refuse(at, RecipeMistake::value(at, format!("`{key}` has no alternatives"), None)));
            }
            other => {
                let message = format!("`{key}`: expected a list of alternatives, got `{other}`");
                return Err(refuse(at, RecipeMistake::value(at, message, None)));
            }
        }
    }
    let n = lists.iter().fold(1_usize, |n, (_, alternatives)| n.saturating_mul(alternatives.len()));
    if n > MOST_VARIANTS {
        let (at, message) =
            (offset(&text, &lists[0].0, None), format!("{n} recipes are too many: expected up to {MOST_VARIANTS}"));
        return Err(refuse(at, RecipeMistake::value(at, message, Some("give fewer alternatives"))));
    }
    let mut variants = Vec::new();
    for choice in combinations(&lists) {
        let settings: Vec<(String, Value)> =
            lists.iter().zip(&choice).map(|((key, values), &index)| (key.clone(), values[index].clone())).collect();
        match with(&table, &settings) {
            Ok(recipe) => variants.push(Variant { settings, recipe }),
            Err(slip) => {
                // The one that is wrong by itself is named; some are only wrong together.
                let alone = |(key, value): &(String, Value)| with(&table, &[(key.clone(), value.clone())]).err();
                let culprit = settings.iter().zip(&choice).find_map(|(one, &index)| Some((&one.0, index, alone(one)?)));
                return Err(match culprit {
                    Some((key, _, slip)) if slip.is_about_key() => refuse(offset(&text, key, None), slip),
                    Some((key, index, slip)) => refuse(offset(&text, key, Some(index)), slip),
                    None => refuse(lists.first().map_or(0, |(key, _)| offset(&text, key, None)), slip),
                });
            }
        }
    }
    Ok((recipe, variants))
}

/// Refuses `[finetune]` in a sweep, where it stands.
fn with_finetune(path: &Path, text: &str, settings: &[String]) -> RecipeError {
    let at = RecipeTable::parse(text).ok().and_then(|document| Some(document.find("finetune")?.0));
    let mistake = RecipeMistake::key(
        at.unwrap_or_default(),
        "`finetune` does not go with `--sweep`, whose recipes share the features",
        "leave it out, and fine-tune the best recipe by `rails train --config`",
    );
    match settings.iter().find(|setting| setting.trim_start().starts_with("finetune")) {
        Some(setting) if at.is_none() => RecipeError::in_setting(setting.clone(), mistake),
        _ => RecipeError::in_file(path, text, mistake),
    }
}

/// `table` with the values of `settings`, as a recipe.
fn with(table: &Table, settings: &[(String, Value)]) -> Result<TrainRecipe, RecipeMistake> {
    let mut table = table.clone();
    for (key, value) in settings {
        insert(&mut table, key, value.clone()).map_err(|message| RecipeMistake::value(0, message, None))?;
    }
    parse_table(&table)
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

/// Keys as one dotted text each: `classifier.hidden = …` without quotes is a table in a table.
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
fn offset(text: &str, key: &str, index: Option<usize>) -> usize {
    let Ok(document) = RecipeTable::parse(text) else { return 0 };
    let Some((at, value)) = document.find(&format!("sweep.{key}")) else { return 0 };
    let alternative = index.and_then(|index| value.get_ref().as_array()?.get(index));
    alternative.map_or(at, |alternative| alternative.span().start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::{ClassifierRecipe, MlpRecipe};

    fn load_text(text: &str) -> Result<(TrainRecipe, Vec<Variant>), RecipeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        load_sweep(file.path(), &["classifier.epochs=7".to_owned()])
    }

    fn mlp(variant: &Variant) -> &MlpRecipe {
        match &variant.recipe.classifier {
            ClassifierRecipe::Mlp(recipe) => recipe,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_combination_is_a_recipe() {
        let text = "[sweep]\nfolds = 3\n\"classifier.hidden\" = [[], [8, 4]]\nclassifier.dropout = [0.0, 0.5]\n";
        let (recipe, variants) = load_text(text).unwrap();
        assert_eq!(recipe.sweep.unwrap().folds.get(), 3);
        let arguments: Vec<Vec<String>> = variants.iter().map(Variant::arguments).collect();
        let expected = [
            ["classifier.dropout=0.0", "classifier.hidden=[]"],
            ["classifier.dropout=0.0", "classifier.hidden=[8, 4]"],
            ["classifier.dropout=0.5", "classifier.hidden=[]"],
            ["classifier.dropout=0.5", "classifier.hidden=[8, 4]"],
        ];
        assert_eq!(arguments, expected);
        assert!(variants.iter().all(|variant| mlp(variant).epochs.get() == 7 && variant.recipe.sweep.is_none()));
        assert_eq!(mlp(&variants[3]).hidden.len(), 2);
        assert_eq!(load_text("[sweep]\n").unwrap().1.len(), 1, "nothing to try: one recipe, cross-validated");
    }

    const MANY: &str = "[sweep]\nclassifier.dropout = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\nclassifier.mixup = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n\
        classifier.robustness = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\nclassifier.doubt = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n\
        classifier.warm_up = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n";

    #[test]
    fn what_is_wrong_is_told_with_line_and_column() {
        for (text, place, about) in [
            ("[sweep]\n\"classifier.hiden\" = [[]]\n", (2, 1), "unknown field `hiden`"),
            ("[sweep]\n\"classifier.dropout\" = [0.1, 2.0]\n", (2, 30), "`2` is out of range"),
            ("[sweep]\nclassifier.dropout = [0.1, \"x\"]\n", (2, 28), "invalid type"),
            ("[sweep]\n\n\"classifier.dropout\" = 0.1\n", (3, 1), "expected a list of alternatives"),
            ("[sweep]\n\"classifier.dropout\" = []\n", (2, 1), "no alternatives"),
            ("[sweep]\n\"mlp.dropout\" = [0.1]\n", (2, 1), "earlier version"),
            ("[sweep]\n\"classifier.kind\" = [\"mlp\", \"tree\"]\n", (2, 29), "no such kind"),
            ("[sweep]\n\"classifier.l2\" = [0.1]\n", (2, 1), "belongs to `kind = \"linear\"`"),
            (MANY, (5, 12), "100000 recipes are too many"),
            ("[sweep]\n\"split.train\" = [0.5]\n", (2, 1), "cannot be swept"),
            ("[sweep]\n\"features.kind\" = [\"network\", \"hand_made\"]\n", (2, 31), "needs `blocks`"),
            ("[sweep]\n\n[finetune]\n", (3, 2), "`finetune` does not go with `--sweep`"),
        ] {
            let error = load_text(text).unwrap_err();
            let RecipeError::Invalid { place: at, message, .. } = &error else { panic!("{error}") };
            assert_eq!(((at.line, at.column), message.contains(about)), (place, true), "{text}: {error}");
        }
        assert!(matches!(load_text("seed = 1\n"), Err(RecipeError::NoSweep(_))));
        assert!(load_text("[sweep]\nfolds = 0\n").unwrap_err().to_string().contains("at least 1"));
    }
}
