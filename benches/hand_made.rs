//! Our side of `benches/peers/hand_made.py`: measures when told, and says how long it took.
//!
//! usage: `hand_made TILES.u8 PATCHES.u8`, then `tiles` or `patches` on stdin, one a line. TILES.u8 holds tiles of 64×64
//! grey levels one after the other, PATCHES.u8 one image of 2048×2048. The seconds come back on stdout.

use std::io::{self, BufRead, Write};
use std::num::NonZeroU32;
use std::time::Instant;
use std::{env, fs};

use ndarray::{Array2, Array3};
use rails::features::{HandMade, HandMadeBlock, Patches, Statistics as _, make_finite};
use rails::images::Image;
use rayon::prelude::*;

type Failure = Box<dyn std::error::Error>;

/// The blocks of the four layers.
const BLOCKS: [HandMadeBlock; 8] = [
    HandMadeBlock::Missing,
    HandMadeBlock::Collapsed,
    HandMadeBlock::Stitching,
    HandMadeBlock::Rotation,
    HandMadeBlock::Surface,
    HandMadeBlock::Anisotropy,
    HandMadeBlock::Curvature,
    HandMadeBlock::Radial,
];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [tiles, patches] = arguments.as_slice() else {
        println!("usage: hand_made TILES.u8 PATCHES.u8 (see benches/peers/hand_made.py)");
        return Ok(());
    };
    let levels = |file: &str| Ok::<_, Failure>(fs::read(file)?.into_iter().map(f32::from).collect::<Vec<_>>());
    let tiles = levels(tiles)?
        .chunks_exact(64 * 64)
        .map(|tile| Ok(Image { pixels: Array3::from_shape_vec((64, 64, 1), tile.to_vec())? }))
        .collect::<Result<Vec<_>, Failure>>()?;
    let plane = Array2::from_shape_vec((2048, 2048), levels(patches)?)?;
    let extractor = HandMade::new(BLOCKS.to_vec());
    let n = const { NonZeroU32::new(32).expect("32 is above 0") };
    for stage in io::stdin().lock().lines() {
        let start = Instant::now();
        let checksum = match stage?.as_str() {
            "tiles" => {
                let measured = tiles.par_iter().map(|tile| {
                    let mut values = extractor.measure(tile);
                    make_finite(&mut values);
                    values.into_iter().sum::<f64>()
                });
                measured.collect::<Vec<f64>>().into_iter().sum()
            }
            _ => Patches::measure(plane.view(), n, n, None)?.values.sum(),
        };
        println!("{} {checksum}", start.elapsed().as_secs_f64());
        io::stdout().flush()?;
    }
    Ok(())
}
