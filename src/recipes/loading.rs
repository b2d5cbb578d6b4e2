//! Reads recipes: TOML files, and `--set key=value` that overrides one key.

use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::{Table, Value};

use super::document::{RecipeMistake, RecipeTable};
use super::{DatasetRecipe, Mode, RecipeError, foreign, retired};

/// A recipe of one command.
pub trait Recipe: Sized {
    /// The command.
    const MODE: Mode;

    /// Reads the document, which has no section of another mode.
    ///
    /// # Errors
    /// When a key or value is wrong.
    fn read(document: RecipeTable<'_>) -> Result<Self, RecipeMistake>;

    /// Its name and its images, which a command line may replace.
    fn name_and_dataset(&mut self) -> (&mut String, &mut DatasetRecipe);
}

/// Reads a recipe, `path` as given or under `experiments/`, and applies `settings` of the form `key.path=value`.
/// Without a path the defaults are the recipe.
///
/// # Errors
/// [`RecipeError`] names file, line and column, or the setting at fault.
pub fn load<R: Recipe>(path: Option<&Path>, settings: &[String]) -> Result<R, RecipeError> {
    Ok(read(path, settings)?.recipe)
}

/// A recipe and what it was read from.
pub(super) struct LoadedRecipe<R> {
    pub path: PathBuf,
    pub text: String,
    /// The keys that are set, by the file or a setting.
    pub table: Table,
    pub recipe: R,
}

/// As [`load`].
pub(super) fn read<R: Recipe>(path: Option<&Path>, settings: &[String]) -> Result<LoadedRecipe<R>, RecipeError> {
    let (path, text) = match path {
        None => (PathBuf::from("<defaults>"), String::new()),
        Some(path) => {
            let path = find(path)?;
            let text = std::fs::read_to_string(&path)
                .map_err(|source| RecipeError::Unreadable { path: path.clone(), source })?;
            (path, text)
        }
    };
    let mut recipe: R = parse(&text).map_err(|slip| RecipeError::in_file(&path, &text, slip))?;
    let mut table: Table = toml::from_str(&text).map_err(|error| RecipeError::in_file(&path, &text, error.into()))?;
    if !settings.is_empty() {
        let bare = table.clone();
        let mut pairs = Vec::new();
        for setting in settings {
            let refuse = |message: String| RecipeError::Setting { setting: setting.clone(), message, hint: None };
            let (key, value) = setting.split_once('=').ok_or_else(|| refuse("expected `key=value`".to_owned()))?;
            if let Some(hint) = retired::setting_instead_of(key.trim(), value.trim()) {
                let message = format!("`{}` is a key of an earlier version", key.trim());
                return Err(RecipeError::Setting { setting: setting.clone(), message, hint: Some(hint) });
            }
            let pair = (key.trim(), parse_value(value.trim()));
            insert(&mut table, pair.0, pair.1.clone()).map_err(refuse)?;
            pairs.push((setting, pair));
        }
        recipe = parse_table(&table).map_err(|slip| {
            // One that is wrong by itself is named by itself; some are only wrong together.
            let alone = pairs.iter().find_map(|(setting, (key, value))| {
                let mut table = bare.clone();
                insert(&mut table, key, value.clone()).ok()?;
                Some(((*setting).clone(), parse_table::<R>(&table).err()?))
            });
            let (setting, slip) = alone.unwrap_or_else(|| (settings.join("` `--set "), slip));
            RecipeError::in_setting(setting, slip)
        })?;
    }
    Ok(LoadedRecipe { path, text, table, recipe })
}

/// The recipe that `text` is.
pub(super) fn parse<R: Recipe>(text: &str) -> Result<R, RecipeMistake> {
    let document = RecipeTable::parse(text)?;
    retired::check(&document)?;
    R::MODE.check(&document)?;
    R::read(document).map_err(|slip| foreign::explain(slip, text, R::MODE))
}

/// The same of keys that are set; places are those of a text that nobody sees.
pub(super) fn parse_table<R: Recipe>(table: &Table) -> Result<R, RecipeMistake> {
    parse(&table.to_string())
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
