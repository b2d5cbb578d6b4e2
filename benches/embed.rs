//! The native engine's side of benches/peers/embed.sh: a round per line of input, its seconds per line of output.
//!
//! usage: embed BACKBONE LAYER BATCH [WEIGHTS]

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use ndarray::Array3;
use rails::backbones::{Backbone, BackboneName};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [name, layer, batch, weights @ ..] = arguments.as_slice() else {
        println!("nothing to do: run benches/peers/embed.sh");
        return Ok(());
    };
    let name: BackboneName = serde_json::from_value(name.as_str().into())?;
    let backbone = match weights {
        [file, ..] => Backbone::open(name, Path::new(file), None)?,
        [] => Backbone::embedded()?,
    };
    let native = backbone.native(std::slice::from_ref(layer))?;
    let size = backbone.spec().size;
    // Three channels, as the peer gets: the grey path would save work in the first convolution.
    let image =
        |i: usize| Array3::from_shape_fn((size, size, 3), |(y, x, c)| ((i + 7 * y + 13 * x + 29 * c) % 256) as f32);
    let images: Vec<_> = (0..batch.parse()?).map(image).collect();
    let views: Vec<_> = images.iter().map(Array3::view).collect();
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = Instant::now();
        let features = native.features(&views)?;
        println!("{} {}", start.elapsed().as_secs_f64(), features[[0, 0]]);
    }
    Ok(())
}
