//! The `[features]` section: how an image becomes features.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::document::{RecipeMistake, RecipeTable};
use crate::backbones::BackboneName;
use crate::data::{BelowOne, Fraction, Positive, bounds, nonzero};
use crate::detector_frames::{FrameContext, FrameFeatures};
use crate::features::{HandMadeBlock, Ignore, Statistic};
use crate::images::{Enhancement, FieldOfView, Resize};

/// Images per step where the recipe does not say.
const BATCH_SIZE: NonZeroUsize = nonzero::<32>();

/// The kind of features: `kind = "network"` (the default), `"hand_made"` or `"frame"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FeaturesRecipe {
    /// A network, with or without hand-made blocks beside it.
    Network(NetworkRecipe),
    /// Hand-made blocks alone.
    HandMade(HandMadeRecipe),
    /// Numbers of a detector's frames, from raw counts.
    Frame(FrameRecipe),
    /// Statistics of the patches of images, as `rails patches` measures them. No recipe asks for them: they stand in the
    /// records of runs over patches, and of classifiers that learned from these.
    Patch(PatchFeatures),
}

/// Features of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkRecipe {
    /// Which network.
    pub backbone: BackboneName,
    /// Which of its layers, concatenated in this order; empty: the network's usual one.
    pub layers: Vec<String>,
    /// A weights file instead of the imported or embedded ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// How an image is brought to the network's input size.
    pub resize: Resize,
    /// Images per step through the network.
    #[serde(deserialize_with = "bounds::images_per_step")]
    pub batch_size: NonZeroUsize,
    /// Corrections of brightness and noise, made in this order before the image is resized; none by default.
    pub enhance: Vec<Enhancement>,
    /// Hand-made blocks beside the network. With any, every column is standardised, and every block counts by its
    /// weight whatever the number of its columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_made: Option<WeightedBlocks>,
}

/// Features made by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandMadeRecipe {
    /// Corrections of brightness and noise, made in this order before the image is measured; none by default.
    #[serde(default)]
    pub enhance: Vec<Enhancement>,
    /// Blocks and their weights, at least one. Every column is standardised, and every block counts by its weight
    /// whatever the number of its columns.
    #[serde(deserialize_with = "some_blocks")]
    pub blocks: BTreeMap<HandMadeBlock, Positive>,
}

/// Features of a detector's frames.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FrameRecipe {
    /// Statistics of a frame: `mean_flux`, `relative_flux` or `statistics`.
    pub statistics: FrameFeatures,
    /// The line between spoiled and usable: the share of the beam's light that a usable frame has at least.
    pub usable_from: BelowOne,
}

/// Statistics of patches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchFeatures {
    /// Which, in this order.
    pub statistics: Vec<Statistic>,
    /// Patches that are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<Ignore>,
    /// Where images show something; absent: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldOfView>,
    /// Share of a patch that must stand off the background for it to show an object; absent: clusters alone tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_share: Option<Fraction>,
    /// Corrections of the whole image, made in this order before it is sliced.
    #[serde(default)]
    pub enhance: Vec<Enhancement>,
}

/// Corrections before images are looked at, where a mode has no choice of features.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnhanceRecipe {
    /// Corrections of brightness and noise, made in this order; none by default.
    pub enhance: Vec<Enhancement>,
}

/// Hand-made blocks beside a network, written `{ network = 0.5, missing = 2 }`: what each counts.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedBlocks {
    /// Weight of the network; 1 where it is not written.
    pub network: Positive,
    /// Weights of the blocks, at least one.
    pub blocks: BTreeMap<HandMadeBlock, Positive>,
}

impl FeaturesRecipe {
    /// Reads the section, whose `kind` says which keys it has.
    pub(super) fn read(section: RecipeTable<'_>) -> Result<Self, RecipeMistake> {
        if let Some((at, kind)) = section.find("kind")
            && kind.get_ref().as_str() == Some("hand_made")
            && section.find("blocks").is_none()
        {
            let hint = "name some and their weights, such as `blocks = { missing = 1 }`";
            return Err(RecipeMistake::value(at, "`kind = \"hand_made\"` needs `blocks`", Some(hint)));
        }
        section.read_kind(&[
            ("network", |section| section.read().map(Self::Network)),
            ("hand_made", |section| section.read().map(Self::HandMade)),
            ("frame", |section| section.read().map(Self::Frame)),
        ])
    }

    /// The network, if images go through one.
    #[must_use]
    pub fn network(&self) -> Option<&NetworkRecipe> {
        match self {
            Self::Network(network) => Some(network),
            Self::HandMade(_) | Self::Frame(_) | Self::Patch(_) => None,
        }
    }

    /// Statistics of patches; `None` where the features are of another kind.
    #[must_use]
    pub fn patch(&self) -> Option<&PatchFeatures> {
        match self {
            Self::Patch(patch) => Some(patch),
            Self::Network(_) | Self::HandMade(_) | Self::Frame(_) => None,
        }
    }

    /// The network where it can be fine-tuned: alone, and by at most one layer.
    ///
    /// # Errors
    /// A sentence that says what stands against it.
    pub fn network_to_train(&self) -> Result<&NetworkRecipe, &'static str> {
        match self.network() {
            None => Err("fine-tuning trains a network: it needs `features.kind = \"network\"`"),
            Some(network) if network.hand_made.is_some() => {
                Err("fine-tuning needs a network alone: leave out `features.hand_made`")
            }
            Some(network) if network.layers.len() > 1 => {
                Err("fine-tuning needs one layer: `features.layers` names several")
            }
            Some(network) => Ok(network),
        }
    }

    /// The same, to be changed.
    pub fn network_mut(&mut self) -> Option<&mut NetworkRecipe> {
        match self {
            Self::Network(network) => Some(network),
            Self::HandMade(_) | Self::Frame(_) | Self::Patch(_) => None,
        }
    }

    /// Whether the columns have many units, pixels beside grey levels beside angles. Those of a network have one, and
    /// those of frames are shares of what is usual in their series.
    #[must_use]
    pub fn has_many_units(&self) -> bool {
        match self {
            Self::Network(network) => network.hand_made.is_some(),
            Self::HandMade(_) | Self::Patch(_) => true,
            Self::Frame(_) => false,
        }
    }

    /// The hand-made blocks and their weights, if there are any.
    #[must_use]
    pub fn hand_made(&self) -> Option<&BTreeMap<HandMadeBlock, Positive>> {
        match self {
            Self::Network(network) => network.hand_made.as_ref().map(|beside| &beside.blocks),
            Self::HandMade(recipe) => Some(&recipe.blocks),
            Self::Frame(_) | Self::Patch(_) => None,
        }
    }

    /// Statistics of frames; `None` where the features are of another kind.
    #[must_use]
    pub fn frame(&self) -> Option<FrameFeatures> {
        match self {
            Self::Frame(frame) => Some(frame.statistics),
            Self::Network(_) | Self::HandMade(_) | Self::Patch(_) => None,
        }
    }

    /// The line between spoiled and usable frames, in `0.0..1.0`; the usual one where no frames are looked at.
    #[must_use]
    pub fn usable_from(&self) -> f64 {
        match self {
            Self::Frame(frame) => frame.usable_from.get(),
            Self::Network(_) | Self::HandMade(_) | Self::Patch(_) => FrameContext::LINE,
        }
    }

    /// Corrections before images are looked at; none for raw counts.
    #[must_use]
    pub fn enhance(&self) -> &[Enhancement] {
        match self {
            Self::Network(network) => &network.enhance,
            Self::HandMade(recipe) => &recipe.enhance,
            Self::Frame(_) => &[],
            Self::Patch(recipe) => &recipe.enhance,
        }
    }

    /// Images per step.
    #[must_use]
    pub fn batch_size(&self) -> NonZeroUsize {
        self.network().map_or(BATCH_SIZE, |network| network.batch_size)
    }
}

impl Default for FeaturesRecipe {
    fn default() -> Self {
        Self::Network(NetworkRecipe::default())
    }
}

impl Default for NetworkRecipe {
    fn default() -> Self {
        Self {
            backbone: BackboneName::default(),
            layers: Vec::new(),
            weights: None,
            resize: Resize::default(),
            batch_size: BATCH_SIZE,
            enhance: Vec::new(),
            hand_made: None,
        }
    }
}

impl Default for FrameRecipe {
    fn default() -> Self {
        Self { statistics: FrameFeatures::Statistics, usable_from: const { BelowOne::constant(FrameContext::LINE) } }
    }
}

impl WeightedBlocks {
    /// Weight of a part that is not written.
    #[must_use]
    pub const fn usual() -> Positive {
        Positive::constant(1.0)
    }
}

fn some_blocks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<HandMadeBlock, Positive>, D::Error> {
    let blocks = BTreeMap::deserialize(deserializer)?;
    if blocks.is_empty() { Err(de::Error::custom(NO_BLOCK)) } else { Ok(blocks) }
}

const NO_BLOCK: &str = "expected at least one block and its weight, such as { missing = 1 }";

impl Serialize for WeightedBlocks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("network", &self.network)?;
        for (block, weight) in &self.blocks {
            map.serialize_entry(block, weight)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for WeightedBlocks {
    /// Written by hand, so that the error for an unknown block says where it stands.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WeightedBlocksVisitor)
    }
}

/// A key of [`WeightedBlocks`].
enum BlockKey {
    Network,
    Block(HandMadeBlock),
}

impl<'de> Deserialize<'de> for BlockKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == "network" {
            return Ok(Self::Network);
        }
        HandMadeBlock::ALL.into_iter().find(|block| block.name() == name).map(Self::Block).ok_or_else(|| {
            let known: Vec<&str> = HandMadeBlock::ALL.iter().map(|block| block.name()).collect();
            de::Error::custom(format!("no such block `{name}`: expected `network` or one of {}", known.join(", ")))
        })
    }
}

struct WeightedBlocksVisitor;

impl<'de> Visitor<'de> for WeightedBlocksVisitor {
    type Value = WeightedBlocks;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("blocks and their weights, such as { missing = 2, rotation = 0.5 }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WeightedBlocks, A::Error> {
        let mut read = WeightedBlocks { network: WeightedBlocks::usual(), blocks: BTreeMap::new() };
        while let Some(part) = map.next_key()? {
            match part {
                BlockKey::Network => read.network = map.next_value()?,
                BlockKey::Block(block) => {
                    read.blocks.insert(block, map.next_value()?);
                }
            }
        }
        if read.blocks.is_empty() { Err(de::Error::custom(NO_BLOCK)) } else { Ok(read) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<FeaturesRecipe, String> {
        let section = RecipeTable::parse(text).unwrap();
        FeaturesRecipe::read(section).map_err(|slip| format!("{slip:?}"))
    }

    #[test]
    fn a_network_is_meant_where_no_kind_is_named() {
        assert_eq!(read(""), Ok(FeaturesRecipe::default()));
        let recipe = read("backbone = \"resnet50\"\nhand_made = { missing = 2, rotation = 0.5 }").unwrap();
        let network = recipe.network().unwrap();
        assert_eq!(network.backbone, BackboneName::Resnet50);
        let beside = network.hand_made.as_ref().unwrap();
        assert_eq!((beside.network.get(), beside.blocks[&HandMadeBlock::Missing].get()), (1.0, 2.0));
    }

    #[test]
    fn each_kind_has_its_own_keys_and_reads_back() {
        for text in [
            "kind = \"network\"\nlayers = [\"head\"]\nhand_made = { network = 0.25, missing = 2 }\n",
            "kind = \"hand_made\"\nenhance = [\"clahe\"]\nblocks = { missing = 2 }\n",
            "kind = \"frame\"\nstatistics = \"relative_flux\"\n",
        ] {
            let recipe = read(text).unwrap();
            assert_eq!(read(&toml::to_string(&recipe).unwrap()).as_ref(), Ok(&recipe));
            let json = serde_json::to_value(&recipe).unwrap();
            assert_eq!(serde_json::from_value::<FeaturesRecipe>(json).unwrap(), recipe);
        }
        for (text, about) in [
            ("kind = \"frame\"\nenhance = [\"clahe\"]", "unknown field `enhance`"),
            ("kind = \"hand_made\"\nblocks = {}", "at least one block"),
            ("kind = \"hand_made\"", "needs `blocks`"),
            ("hand_made = { network = 2 }", "at least one block"),
            ("hand_made = { mising = 2 }", "no such block `mising`"),
            ("hand_made = { missing = 0 }", "above 0"),
            ("kind = \"pixels\"", "no such kind"),
            ("kind = 3", "no such kind"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(about), "{text}: {refused}");
        }
    }
}
