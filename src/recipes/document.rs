//! Recipes as TOML whose every key and value knows where it stands.
//!
//! serde forgets those places where a key such as `kind` decides how a table is read. So tables are taken out of the
//! document, their kind is looked at, and each is read by its own type.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::Mode;
use super::error::plain;

/// A mistake in the text of a recipe; places are bytes of it.
#[derive(Debug)]
pub enum RecipeMistake {
    /// A key or value is wrong: the key itself where `is_key` says so.
    Key { at: usize, is_key: bool, message: String, hint: Option<String> },
    /// The recipe is for another command, as this section tells.
    OtherMode { at: usize, section: String, mode: Mode },
    /// Two sections that no command reads together.
    TwoModes { places: [usize; 2], sections: [String; 2], modes: [Mode; 2] },
    /// Two keys of one command that exclude each other.
    Contradiction { places: [usize; 2], message: String, hint: String },
}

impl RecipeMistake {
    /// A key that does not belong here, with what to do about it.
    pub(super) fn key(at: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Key { at, is_key: true, message: message.into(), hint: Some(hint.into()) }
    }

    /// A value that cannot be, with what to do about it.
    pub(super) fn value(at: usize, message: impl Into<String>, hint: Option<&str>) -> Self {
        Self::Key { at, is_key: false, message: message.into(), hint: hint.map(str::to_owned) }
    }

    /// Whether a key is at fault and not its value.
    pub(super) fn is_about_key(&self) -> bool {
        !matches!(self, Self::Key { is_key: false, .. })
    }
}

impl From<toml::de::Error> for RecipeMistake {
    fn from(error: toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let is_key = error.message().starts_with("unknown field");
        Self::Key { at, is_key, message: plain(error.message()), hint: None }
    }
}

/// How the table of one kind is read.
pub(super) type ReadKind<T> = fn(RecipeTable<'_>) -> Result<T, RecipeMistake>;

/// A table of a recipe.
pub struct RecipeTable<'i> {
    table: Spanned<DeTable<'i>>,
}

impl<'i> RecipeTable<'i> {
    /// The whole of `text`.
    pub(super) fn parse(text: &'i str) -> Result<Self, RecipeMistake> {
        Ok(Self { table: DeTable::parse(text)? })
    }

    /// The keys and where they stand.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, usize)> {
        self.table.get_ref().iter().map(|(key, _)| (key.get_ref().as_ref(), key.span().start))
    }

    /// Where the dotted `path` stands, and its value. A key may hold dots itself, in quotes.
    pub(super) fn find(&self, path: &str) -> Option<(usize, &Spanned<DeValue<'i>>)> {
        find(self.table.get_ref(), path)
    }

    /// The dotted path of the key at byte `at`.
    pub(super) fn path_at(&self, at: usize) -> Option<String> {
        path_at(self.table.get_ref(), at)
    }

    /// Takes the table `key` out, if there is one.
    pub(super) fn take(&mut self, key: &str) -> Result<Option<Self>, RecipeMistake> {
        let Some(value) = self.table.get_mut().remove(key) else { return Ok(None) };
        let span = value.span();
        if let DeValue::Table(table) = value.into_inner() {
            return Ok(Some(Self { table: Spanned::new(span, table) }));
        }
        let hint = format!("write its keys below a line `[{key}]`");
        Err(RecipeMistake::value(span.start, format!("`{key}` is a section, not a value"), Some(&hint)))
    }

    /// Reads the table as its `kind` says: one of `kinds`, the first where none is named.
    pub(super) fn read_kind<T>(mut self, kinds: &[(&str, ReadKind<T>)]) -> Result<T, RecipeMistake> {
        let Some(value) = self.table.get_mut().remove("kind") else { return kinds[0].1(self) };
        let named = value.get_ref().as_str();
        let Some((_, read)) = kinds.iter().find(|(name, _)| named == Some(name)) else {
            let known: Vec<String> = kinds.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            let hint = format!("`kind` is one of {}", known.join(", "));
            return Err(RecipeMistake::value(value.span().start, "no such kind", Some(&hint)));
        };
        read(self)
    }

    /// Reads what is left.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, RecipeMistake> {
        Ok(T::deserialize(Deserializer::from(self.table))?)
    }
}

fn find<'a, 'i>(table: &'a DeTable<'i>, path: &str) -> Option<(usize, &'a Spanned<DeValue<'i>>)> {
    table.iter().find_map(|(key, value)| {
        let rest = path.strip_prefix(key.get_ref().as_ref())?;
        match rest.strip_prefix('.') {
            _ if rest.is_empty() => Some((key.span().start, value)),
            Some(rest) => find(value.get_ref().as_table()?, rest),
            None => None,
        }
    })
}

fn path_at(table: &DeTable<'_>, at: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name: &str = key.get_ref().as_ref();
        if key.span().start == at {
            return Some(name.to_owned());
        }
        let inside = path_at(value.get_ref().as_table()?, at)?;
        Some(format!("{name}.{inside}"))
    })
}
