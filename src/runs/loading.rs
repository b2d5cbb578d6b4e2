//! Reads recipes: TOML files, and `--set key=value` that overrides one key.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::RecipeError;
use super::recipe_error::plain;

/// Reads a recipe, `path` as given or under `experiments/`, and applies `settings` of the form `key.path=value`.
/// Without a path the defaults are the recipe.
///
/// # Errors
/// [`RecipeError`] names file, line and column, or the setting at fault.
pub fn load<R: DeserializeOwned>(path: Option<&Path>, settings: &[String]) -> Result<R, RecipeError> {
    Ok(read(path, settings)?.recipe)
}

/// A recipe and what it was read from.
pub(super) struct Read<R> {
    pub path: PathBuf,
    pub text: String,
    /// The keys that are set, by the file or a setting.
    pub table: Table,
    pub recipe: R,
}

/// As [`load`].
pub(super) fn read<R: DeserializeOwned>(path: Option<&Path>, settings: &[String]) -> Result<Read<R>, RecipeError> {
    let (path, text) = match path {
        None => (PathBuf::from("<defaults>"), String::new()),
        Some(path) => {
            let path = find(path)?;
            let text = std::fs::read_to_string(&path)
                .map_err(|source| RecipeError::Unreadable { path: path.clone(), source })?;
            (path, text)
        }
    };
    let recipe: R = toml::from_str(&text).map_err(|error| RecipeError::in_file(&path, &text, &error))?;
    let mut table: Table = toml::from_str(&text).map_err(|error| RecipeError::in_file(&path, &text, &error))?;
    if settings.is_empty() {
        return Ok(Read { path, text, table, recipe });
    }
    for setting in settings {
        let refuse = |message: String| RecipeError::Setting { setting: setting.clone(), message };
        let (key, value) = setting.split_once('=').ok_or_else(|| refuse("expected `key=value`".to_owned()))?;
        insert(&mut table, key.trim(), parse_value(value.trim())).map_err(refuse)?;
        // One that is wrong by itself is named by itself; some only fit together.
        if let (1, Err(error)) = (settings.len(), table.clone().try_into::<R>()) {
            return Err(refuse(plain(error.message())));
        }
    }
    let recipe = table.clone().try_into().map_err(|error: toml::de::Error| RecipeError::Setting {
        setting: settings.join("` `--set "),
        message: plain(error.message()),
    })?;
    Ok(Read { path, text, table, recipe })
}

/// The recipe as TOML, as `--print-config` shows it.
///
/// # Errors
/// When a value has no TOML form; recipes made by [`load`] always have one.
pub fn to_toml<R: Serialize>(recipe: &R) -> Result<String, toml::ser::Error> {
    toml::to_string(recipe)
}

fn find(path: &Path) -> Result<PathBuf, RecipeError> {
    [path.to_owned(), Path::new("experiments").join(path)]
        .into_iter()
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| RecipeError::Missing(path.to_owned()))
}

/// A TOML value, or else the text itself, so that `--set features.backbone=resnet50` needs no quotes.
fn parse_value(text: &str) -> Value {
    toml::from_str::<Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Sets a dotted key.
pub(super) fn insert(table: &mut Table, key: &str, value: Value) -> Result<(), String> {
    match key.split_once('.') {
        _ if key.is_empty() || key.starts_with('.') || key.ends_with('.') => Err("the key is empty".to_owned()),
        None => {
            table.insert(key.to_owned(), value);
            Ok(())
        }
        Some((section, rest)) => match table.entry(section).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => insert(inner, rest, value),
            _ => Err(format!("`{section}` is a value, not a section")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Enhancement;
    use crate::runs::{ClusterRecipe, TrainRecipe};

    fn load_text(text: &str, settings: &[&str]) -> Result<ClusterRecipe, RecipeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let settings: Vec<String> = settings.iter().map(|s| (*s).to_owned()).collect();
        load(Some(file.path()), &settings)
    }

    #[test]
    fn settings_win_over_the_file() {
        let recipe = load_text("seed = 1\n[report]\nexamples = 3\n", &["report.examples=9", "name=a b"]).unwrap();
        assert_eq!((recipe.seed, recipe.report.examples, recipe.name.as_str()), (1, 9, "a b"));
    }

    #[test]
    fn errors_name_line_and_column() {
        let error = load_text("seed = 1\n\n[report]\nexmples = 3\n", &[]).unwrap_err();
        let RecipeError::Invalid { line, column, message, .. } = error else { panic!("{error}") };
        assert_eq!((line, column), (4, 1));
        assert!(message.contains("exmples") && message.contains("examples"), "{message}");
    }

    #[test]
    fn a_bad_setting_is_named() {
        let error = load_text("", &["seed.x=1"]).unwrap_err().to_string();
        assert!(error.contains("--set seed.x=1"), "{error}");
        let error = load_text("", &["seed"]).unwrap_err().to_string();
        assert!(error.contains("key=value"), "{error}");
    }

    #[test]
    fn the_printed_recipe_reads_back() {
        let recipe = ClusterRecipe::default();
        assert_eq!(toml::from_str::<ClusterRecipe>(&to_toml(&recipe).unwrap()).unwrap(), recipe);
        let recipe = TrainRecipe::default();
        assert_eq!(toml::from_str::<TrainRecipe>(&to_toml(&recipe).unwrap()).unwrap(), recipe);
        let mut recipe = ClusterRecipe::default();
        recipe.features.enhance = Enhancement::all().to_vec();
        assert_eq!(toml::from_str::<ClusterRecipe>(&to_toml(&recipe).unwrap()).unwrap(), recipe);
        let recipe = load_text("", &["features.enhance=[\"clahe\", { gamma = 0.5 }]"]).unwrap();
        let names: Vec<_> = recipe.features.enhance.iter().map(Enhancement::name).collect();
        assert_eq!(names, ["clahe", "gamma"]);
    }
}
