//! Recipes of `rails assign`: new images for the clusters of an earlier run, which says all the rest.

use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};

use super::document::{RecipeMistake, RecipeTable};
use super::{DatasetRecipe, Mode, Recipe};

/// Recipe of `rails assign`: all its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AssignRecipe {
    /// Part of the run folder's name.
    pub name: String,
    /// Which images. Their brightness is scaled as in the earlier run, so that `depth` is not written here; their names
    /// are read as there where `naming`, `series` and `frames` are left out.
    #[serde(serialize_with = "without_depth")]
    pub dataset: DatasetRecipe,
}

fn without_depth<S: Serializer>(dataset: &DatasetRecipe, serializer: S) -> Result<S::Ok, S::Error> {
    let mut table = toml::Table::try_from(dataset).map_err(S::Error::custom)?;
    table.remove("depth");
    table.serialize(serializer)
}

impl Default for AssignRecipe {
    fn default() -> Self {
        Self { name: "images".to_owned(), dataset: DatasetRecipe::default() }
    }
}

impl Recipe for AssignRecipe {
    const MODE: Mode = Mode::Assign;

    fn read(document: RecipeTable<'_>) -> Result<Self, RecipeMistake> {
        for (key, used) in [("seed", "seed"), ("dataset.depth", "brightness scale")] {
            if let Some((at, _)) = document.find(key) {
                let message = format!("`{key}` belongs to the earlier run, whose {used} is used");
                return Err(RecipeMistake::key(at, message, "leave it out"));
            }
        }
        document.read()
    }

    fn name_and_dataset(&mut self) -> (&mut String, &mut DatasetRecipe) {
        (&mut self.name, &mut self.dataset)
    }
}
