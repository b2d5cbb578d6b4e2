//! Features of all images, once per kind of features that the recipes ask for.

use std::collections::BTreeMap;

use serde_json::json;

use crate::commands::CommandError;
use crate::recipes::{TrainRecipe, Variant};
use crate::workflow::Context;
use crate::workflow::feature_table::{FeatureTable, embed};
use crate::workflow::labelled_images::LabelledImages;

/// Features of all images, once per kind.
pub(super) struct FeatureTables {
    all: Vec<FeatureTable>,
    /// Which of `all` each recipe learns from.
    of_variant: Vec<usize>,
}

impl FeatureTables {
    pub fn embed(
        recipe: &TrainRecipe,
        variants: &[Variant],
        labelled: &LabelledImages,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let chain = labelled.chain(recipe.features.as_ref())?;
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let (mut all, mut of_variant) = (Vec::<FeatureTable>::new(), Vec::new());
        for variant in variants {
            let key = json!(variant.recipe.features).to_string();
            if !known.contains_key(&key) {
                let table = embed(labelled, chain, &variant.recipe, context)?;
                if all.first().is_some_and(|first| first.ids != table.ids) {
                    return Err(CommandError::failed(
                        "some images have no features in one recipe, but have in another",
                        "look into skipped.csv of a plain `rails train`, and leave those images out",
                    ));
                }
                known.insert(key.clone(), all.len());
                all.push(table);
            }
            of_variant.push(known[&key]);
        }
        Ok(Self { all, of_variant })
    }

    /// Those of the first recipe; images and their order are the same in all.
    pub fn first(&self) -> &FeatureTable {
        &self.all[0]
    }

    /// Those that the recipe at this position learns from.
    pub fn of(&self, variant: usize) -> &FeatureTable {
        &self.all[self.of_variant[variant]]
    }
}
