//! `rails tile`

use std::num::NonZeroU32;
use std::path::PathBuf;

use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, tile};
use crate::images::Tiling;

/// Cut images into tiles
///
/// Writes one PNG per tile, named `{image}_{row},{column}.png` (counted from 1), and a tiles.csv that says where each
/// tile comes from. Bit depth and channels stay as they are.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("how").required(true).args(["size", "grid"])))]
pub(super) struct Arguments {
    /// A folder of images, or one image
    images: PathBuf,
    /// Square tiles of this many pixels
    #[arg(long, value_name = "PIXELS", value_parser = parse_pixels)]
    size: Option<NonZeroU32>,
    /// Pixels from one tile to the next; without it tiles do not overlap
    #[arg(long, value_name = "PIXELS", requires = "size", value_parser = parse_pixels)]
    stride: Option<NonZeroU32>,
    /// A grid of tiles, such as 21x21 (rows x columns)
    #[arg(long, value_name = "ROWSxCOLUMNS", value_parser = parse_grid)]
    grid: Option<(NonZeroU32, NonZeroU32)>,
    /// Half the width of a grid tile in pixels; without it half the grid's spacing
    #[arg(long, value_name = "PIXELS", requires = "grid", value_parser = parse_pixels)]
    half_width: Option<NonZeroU32>,
    /// Where the tiles go; without it `<IMAGES>-tiles` in the working folder
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let tiling = match (self.size, self.grid) {
            // The options exclude each other, and then clap asks for neither.
            (Some(_), _) if self.half_width.is_some() => {
                return Err(CommandError::usage("--half-width goes with --grid"));
            }
            (None, Some(_)) if self.stride.is_some() => return Err(CommandError::usage("--stride goes with --size")),
            (Some(size), _) => Tiling::Size { n: size, stride: self.stride.unwrap_or(size) },
            (None, Some((rows, columns))) => Tiling::Grid { rows, columns, half_width: self.half_width },
            (None, None) => return Err(CommandError::usage("give --size or --grid")),
        };
        let output = self.output.clone().unwrap_or_else(|| {
            let name = self.images.file_stem().map(|name| name.to_string_lossy().into_owned());
            PathBuf::from(format!("{}-tiles", name.filter(|n| !n.is_empty()).unwrap_or_else(|| "images".to_owned())))
        });
        let summary = tile(&self.images, tiling, &output, observer)?;
        global.print(&summary, render::tile)?;
        Ok(CommandOutcome::of_skips(summary.skipped.len()))
    }
}

fn parse_pixels(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "expected a whole number of pixels, at least 1".to_owned())
}

fn parse_grid(text: &str) -> Result<(NonZeroU32, NonZeroU32), String> {
    let parse = |part: &str| part.parse::<NonZeroU32>().ok();
    text.split_once(['x', 'X'])
        .and_then(|(rows, columns)| Some((parse(rows)?, parse(columns)?)))
        .ok_or_else(|| "expected rows x columns, such as 21x21".to_owned())
}
