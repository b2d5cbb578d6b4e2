use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::features::HandMadeBlock;

fn layer(take: Take, beyond: f64) -> LayerRecipe {
    let mut layer: LayerRecipe = toml::from_str("name = \"Missing\"\nfeatures = [\"missing\"]").unwrap();
    layer.take = take;
    layer.beyond = crate::data::Positive::try_from(beyond).ok();
    layer
}

/// A grid of `side` × `side` tiles with a little noise and `odd` tiles of another contrast.
fn grid(side: u32, odd: &[usize]) -> (Vec<GridPlace>, Vec<String>, Array2<f32>) {
    let row = |row| (1..=side).map(move |column| GridPlace { array: 0, row, column });
    let places: Vec<_> = (1..=side).flat_map(row).collect();
    let blocks = [
        HandMadeBlock::Missing,
        HandMadeBlock::Rotation,
        HandMadeBlock::Surface,
        HandMadeBlock::Anisotropy,
        HandMadeBlock::Curvature,
        HandMadeBlock::Radial,
    ];
    let columns: Vec<String> = blocks.iter().flat_map(|block| block.columns()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut noise = || rng.random_range(-2.0..2.0_f32);
    let mut values = Array2::from_shape_simple_fn((places.len(), columns.len()), &mut noise);
    let contrast = columns.iter().position(|column| column == "missing_contrast").unwrap();
    for &at in odd {
        values[[at, contrast]] += 40.0;
        values[[at, 0]] += 40.0;
    }
    (places, columns, values)
}

#[test]
fn a_layer_takes_what_stands_out_and_nothing_where_nothing_does() {
    let odd = [3, 40, 77];
    for take in [Take::Smallest, Take::Highest("missing_contrast".to_owned())] {
        let recipe = SeparationRecipe { layers: vec![layer(take, 6.0)], ..SeparationRecipe::default() };
        let (places, columns, values) = grid(9, &odd);
        let tiles = Tiles { places: &places, columns: &columns, values: values.view() };
        let found = recipe.separate(&tiles, &tiles, MemoryBudget::of_machine(), 1).unwrap();
        assert_eq!(found.layers[0].taken.rows, odd);
        assert_eq!(found.names, ["Missing", CONSISTENT, INCONSISTENT]);
        assert_eq!(found.labels.iter().filter(|label| **label == 0).count(), 3);
        assert_eq!(found.inconsistency.scores.len(), 78);

        let (places, columns, values) = grid(9, &[]);
        let tiles = Tiles { places: &places, columns: &columns, values: values.view() };
        assert!(
            recipe.separate(&tiles, &tiles, MemoryBudget::of_machine(), 1).unwrap().layers[0].taken.rows.is_empty()
        );
    }
}

#[test]
fn few_tiles_are_no_problem() {
    let recipe = SeparationRecipe { layers: vec![layer(Take::Smallest, 6.0)], ..SeparationRecipe::default() };
    let (places, columns, values) = grid(2, &[]);
    for n in 0..=4 {
        let values = values.slice(ndarray::s![..n, ..]);
        let tiles = Tiles { places: &places[..n], columns: &columns, values };
        assert_eq!(recipe.separate(&tiles, &tiles, MemoryBudget::of_machine(), 1).unwrap().labels.len(), n);
    }
}

#[test]
fn a_feature_that_is_not_there_is_named() {
    let recipe =
        SeparationRecipe { layers: vec![layer(Take::Lowest("radial_0".to_owned()), 6.0)], ..Default::default() };
    let (places, columns, values) = grid(3, &[]);
    let tiles = Tiles { places: &places, columns: &columns, values: values.view() };
    let error = recipe.separate(&tiles, &tiles, MemoryBudget::of_machine(), 1).unwrap_err();
    assert!(error.to_string().contains("`radial_0`") && error.to_string().contains("missing_contrast"), "{error}");
}

#[test]
fn layers_may_share_a_name() {
    let highest = || layer(Take::Highest("missing_contrast".to_owned()), 6.0);
    let recipe = SeparationRecipe { layers: vec![highest(), highest()], ..Default::default() };
    let (places, columns, values) = grid(9, &[3, 40]);
    let tiles = Tiles { places: &places, columns: &columns, values: values.view() };
    let found = recipe.separate(&tiles, &tiles, MemoryBudget::of_machine(), 1).unwrap();
    assert_eq!(found.names, ["Missing", CONSISTENT, INCONSISTENT]);
    assert_eq!([&found.layers[0].key, &found.layers[1].key], ["missing", "missing_2"]);
    assert_eq!(found.labels.iter().filter(|label| **label == 0).count(), 2);
}
