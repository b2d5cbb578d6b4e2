//! Features written by hand: what people look for in a patch or a tile, as numbers of a known unit and range.
//!
//! They stand beside the networks as blocks of columns. Intensities are those after the depth policy, `0.0..=255.0`;
//! a coloured image counts by its brightness. A value that is not finite becomes 0 and is counted.

mod anisotropy;
mod collapsed;
mod contour;
mod curvature;
mod missing;
mod radial;
mod rotation;
mod sobel;
pub mod statistics;
mod stitching;
mod surface;
mod tile;

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{FeatureError, FeatureExtractor};
use crate::images::Image;
use tile::Tile;

/// A block of columns that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Statistics of the intensities. See `statistics.rs`.
    Statistics,
    /// Is there something in the middle? See `missing.rs`.
    Missing,
    /// How much of the tile is dark, and how large the largest dark part is. See `collapsed.rs`.
    Collapsed,
    /// Does a seam run through the tile? See `stitching.rs`.
    Stitching,
    /// How far the tile differs from itself turned by quarters. See `rotation.rs`.
    Rotation,
    /// Brightness and dark shape, to be compared with those of neighbours. See `surface.rs`.
    Surface,
    /// Whether edges share a direction. See `anisotropy.rs`.
    Anisotropy,
    /// How the outline of the largest dark part bends. See `curvature.rs`.
    Curvature,
    /// Brightness by distance from the middle. See `radial.rs`.
    Radial,
}

impl Block {
    /// Every block.
    pub const ALL: [Self; 9] = [
        Self::Statistics,
        Self::Missing,
        Self::Collapsed,
        Self::Stitching,
        Self::Rotation,
        Self::Surface,
        Self::Anisotropy,
        Self::Curvature,
        Self::Radial,
    ];

    /// As recipes name it, and the first part of its columns' names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Statistics => "statistics",
            Self::Missing => "missing",
            Self::Collapsed => "collapsed",
            Self::Stitching => "stitching",
            Self::Rotation => "rotation",
            Self::Surface => "surface",
            Self::Anisotropy => "anisotropy",
            Self::Curvature => "curvature",
            Self::Radial => "radial",
        }
    }

    /// Names of its columns, such as `missing_centre_mean`.
    #[must_use]
    pub fn columns(self) -> Vec<String> {
        let columns: &[&str] = match self {
            Self::Statistics => &statistics::Statistic::NAMES,
            Self::Missing => &missing::COLUMNS,
            Self::Collapsed => &collapsed::COLUMNS,
            Self::Stitching => &stitching::COLUMNS,
            Self::Rotation => &rotation::COLUMNS,
            Self::Surface => &surface::COLUMNS,
            Self::Anisotropy => &anisotropy::COLUMNS,
            Self::Curvature => &curvature::COLUMNS,
            Self::Radial => &radial::COLUMNS,
        };
        columns.iter().map(|column| format!("{}_{column}", self.name())).collect()
    }

    /// Its values for a tile; not all of them need be finite.
    fn measure(self, tile: &Tile) -> Vec<f64> {
        match self {
            Self::Statistics => statistics::of(tile.pixels().iter().copied()).to_vec(),
            Self::Missing => missing::measure(tile).to_vec(),
            Self::Collapsed => collapsed::measure(tile).to_vec(),
            Self::Stitching => stitching::measure(tile).to_vec(),
            Self::Rotation => rotation::measure(tile).to_vec(),
            Self::Surface => surface::measure(tile).to_vec(),
            Self::Anisotropy => anisotropy::measure(tile).to_vec(),
            Self::Curvature => curvature::measure(tile).to_vec(),
            Self::Radial => radial::measure(tile).to_vec(),
        }
    }
}

/// Replaces what is not finite by 0 and counts it.
pub fn make_finite(values: &mut [f64]) -> usize {
    let odd = values.iter_mut().filter(|value| !value.is_finite());
    odd.map(|value| *value = 0.0).count()
}

/// Measures whole images by hand-made blocks.
///
/// The columns of the blocks stand in the order of the blocks; the last column, [`REPLACED`], counts the values of the
/// image that were not finite and became 0.
#[derive(Debug, Clone)]
pub struct HandMade {
    blocks: Vec<Block>,
}

/// The column that counts values which were not finite; whole numbers from 0.
pub const REPLACED: &str = "replaced";

impl HandMade {
    /// An extractor of these blocks.
    #[must_use]
    pub fn new(blocks: Vec<Block>) -> Self {
        Self { blocks }
    }

    /// The numbers of one image, all finite: those of the blocks, then the count of values that were not.
    #[must_use]
    pub fn measure(&self, image: &Image) -> Vec<f64> {
        let tile = Tile::new(image);
        let mut values: Vec<f64> = self.blocks.iter().flat_map(|block| block.measure(&tile)).collect();
        let replaced = make_finite(&mut values);
        values.push(replaced as f64);
        values
    }
}

impl FeatureExtractor for HandMade {
    fn columns(&self) -> Vec<String> {
        self.blocks.iter().flat_map(|block| block.columns()).chain([REPLACED.to_owned()]).collect()
    }

    fn fingerprint(&self) -> String {
        let names: Vec<&str> = self.blocks.iter().map(|block| block.name()).collect();
        format!("hand-made 1 {}", names.join("+"))
    }

    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
        let mut features = Array2::zeros((images.len(), self.columns().len()));
        features.axis_iter_mut(Axis(0)).into_par_iter().zip(images).for_each(|(mut row, image)| {
            row.iter_mut().zip(self.measure(image)).for_each(|(cell, value)| *cell = value as f32);
        });
        Ok(features)
    }
}

#[cfg(test)]
mod tests;
