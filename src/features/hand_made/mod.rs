//! Hand-made features: what people look for in a patch or a tile, as numbers of a known unit and range.
//!
//! They stand beside the networks as blocks of columns. Intensities are those after the depth policy, `0.0..=255.0`;
//! a coloured image counts by its brightness.

mod anisotropy;
mod collapsed;
mod contour;
mod curvature;
mod grey_tile;
mod missing;
mod radial;
mod rotation;
mod seam;
mod sobel;
pub mod statistics;
mod stitching;
mod surface;

use serde::{Deserialize, Serialize};

use super::{Features, Statistics};
use crate::images::Image;
use grey_tile::GreyTile;

/// A block is a module with `COLUMNS`, the names of its numbers, and `measure`, which gives them for a tile. The module's
/// name is the block's in recipes and the first part of its columns' names.
macro_rules! blocks {
    ($($(#[$doc:meta])* $block:ident => $module:ident),+ $(,)?) => {
        /// A block of hand-made columns that belong together.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum HandMadeBlock {
            $($(#[$doc])* $block,)+
        }

        impl HandMadeBlock {
            /// Every block.
            pub const ALL: [Self; [$(stringify!($module)),+].len()] = [$(Self::$block),+];

            /// As recipes name it, and the first part of its columns' names.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$block => stringify!($module),)+
                }
            }

            const fn column_names(self) -> &'static [&'static str] {
                match self {
                    $(Self::$block => &$module::COLUMNS,)+
                }
            }

            /// Its values for a tile; not all of them need be finite.
            fn measure(self, tile: &GreyTile) -> Vec<f64> {
                match self {
                    $(Self::$block => $module::measure(tile).to_vec(),)+
                }
            }
        }
    };
}

blocks! {
    /// Statistics of the intensities. See `statistics.rs`.
    Statistics => statistics,
    /// Is there something in the middle? See `missing.rs`.
    Missing => missing,
    /// How much of the tile is dark, and how large the largest dark part is. See `collapsed.rs`.
    Collapsed => collapsed,
    /// Does a seam run through the tile? See `stitching.rs`.
    Stitching => stitching,
    /// How far the tile differs from itself turned by quarters. See `rotation.rs`.
    Rotation => rotation,
    /// Brightness and dark shape, to be compared with those of neighbours. See `surface.rs`.
    Surface => surface,
    /// Whether edges share a direction. See `anisotropy.rs`.
    Anisotropy => anisotropy,
    /// How the outline of the largest dark part bends. See `curvature.rs`.
    Curvature => curvature,
    /// Brightness by distance from the middle. See `radial.rs`.
    Radial => radial,
    /// Does a step in brightness run through the whole tile, past its middle? See `seam.rs`.
    Seam => seam,
}

impl HandMadeBlock {
    /// Names of its columns, such as `missing_centre_mean`.
    #[must_use]
    pub fn columns(self) -> Vec<String> {
        self.column_names().iter().map(|column| format!("{}_{column}", self.name())).collect()
    }
}

/// Measures whole images by hand-made blocks, whose columns stand in the order of the blocks.
#[derive(Debug, Clone)]
pub struct HandMade {
    blocks: Vec<HandMadeBlock>,
}

impl HandMade {
    /// An extractor of these blocks.
    #[must_use]
    pub fn new(blocks: Vec<HandMadeBlock>) -> Self {
        Self { blocks }
    }
}

impl Features for HandMade {
    fn columns(&self) -> Vec<String> {
        self.blocks.iter().flat_map(|block| block.columns()).collect()
    }

    fn fingerprint(&self) -> String {
        let names: Vec<&str> = self.blocks.iter().map(|block| block.name()).collect();
        format!("hand-made 1 {}", names.join("+"))
    }
}

impl Statistics<Image> for HandMade {
    fn measure(&self, image: &Image) -> Vec<f64> {
        let tile = GreyTile::new(image);
        self.blocks.iter().flat_map(|block| block.measure(&tile)).collect()
    }
}

#[cfg(test)]
mod tests;
