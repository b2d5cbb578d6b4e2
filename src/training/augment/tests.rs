use ndarray::Array3;
use proptest::prelude::*;
use rand::Rng;
use serde::Deserialize;

use super::alteration::Erased;
use super::filter::blurred;
use super::warp::Warp;
use super::*;

#[derive(Deserialize)]
struct Golden {
    shape: (usize, usize, usize),
    pixels: Vec<f32>,
    warp: GoldenWarp,
    warped: Vec<f32>,
    deviation: f32,
    blurred: Vec<f32>,
}

#[derive(Deserialize)]
struct GoldenWarp {
    degrees: f32,
    side: f32,
    right: f32,
    down: f32,
}

#[test]
fn warping_and_blurring_agree_with_scipy() {
    let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/augment.json")).unwrap();
    let pixels = Array3::from_shape_vec(golden.shape, golden.pixels).unwrap();
    let GoldenWarp { degrees, side, right, down } = golden.warp;
    let warp = Warp { mirrored: true, degrees, side, right, down, ..Warp::default() };
    for (ours, theirs) in warp.apply(pixels.clone()).iter().zip(&golden.warped) {
        assert!((ours - theirs).abs() < 5e-3, "warped: {ours} against {theirs}");
    }
    for (ours, theirs) in blurred(&pixels, golden.deviation).iter().zip(&golden.blurred) {
        assert!((ours - theirs).abs() < 2e-3, "blurred: {ours} against {theirs}");
    }
}

fn image(height: usize, width: usize, channels: usize) -> Image {
    let level = |(y, x, c): (usize, usize, usize)| ((y * y * 7 + x * 13 + c * 50) % 256) as f32;
    Image { pixels: Array3::from_shape_fn((height, width, channels), level) }
}

fn id(name: &str) -> ImageId {
    ImageId::of_bytes(name.as_bytes())
}

/// Everything switched on.
fn strong() -> AugmentRecipe {
    toml::from_str(
        "flip = \"both\"\nrotate = 30\ncrop = 0.4\nblur = 1.5\ncontrast = 0.5\nbrightness = 0.3\nnoise = 20\nerase = 0.3",
    )
    .unwrap()
}

#[test]
fn a_version_depends_on_seed_number_and_image_alone() {
    let recipe = strong();
    let of = |name: &str, version: u64, seed: u64| recipe.version(image(20, 30, 1), id(name), version, seed);
    assert_eq!(of("a", 1, 7), of("a", 1, 7));
    let different = [of("a", 1, 7), of("a", 2, 7), of("a", 1, 8), of("b", 1, 7)];
    for (i, one) in different.iter().enumerate() {
        assert!(different[..i].iter().all(|other| other != one), "{i}");
    }
}

#[test]
fn nothing_happens_without_being_asked_for() {
    let recipe = AugmentRecipe::default();
    assert!(recipe.is_off() && toml::from_str::<AugmentRecipe>("views = 3").unwrap().is_off());
    assert_eq!(recipe.version(image(5, 6, 3), id("a"), 3, 1), image(5, 6, 3));
    let mut random = ChaCha8Rng::seed_from_u64(1);
    assert_eq!(Alteration::draw(&recipe, &mut random).apply(image(5, 6, 3), &mut random), image(5, 6, 3));
}

#[test]
fn one_switch_does_not_change_what_another_draws() {
    let draw = |text: &str| {
        let recipe = toml::from_str(text).unwrap();
        Alteration::draw(&recipe, &mut ChaCha8Rng::seed_from_u64(5))
    };
    let (one, both) = (draw("rotate = 90"), draw("rotate = 90\nflip = \"both\"\ncrop = 0.5\nerase = 0.2\nblur = 3"));
    assert_eq!(one.warp.degrees, both.warp.degrees);
    assert_eq!(draw("blur = 3").blur, both.blur);
}

#[test]
fn mirrored_twice_and_turned_by_half_are_exact() {
    let pixels = image(6, 7, 2).pixels;
    let mirror = Warp { mirrored: true, ..Warp::default() };
    let once = mirror.apply(pixels.clone());
    assert_eq!(once[[2, 0, 1]], pixels[[2, 6, 1]]);
    assert_eq!(mirror.apply(once), pixels);
    let both = Warp { mirrored: true, upside_down: true, ..Warp::default() }.apply(pixels.clone());
    let turned = Warp { degrees: 180.0, ..Warp::default() }.apply(pixels);
    assert!(both.iter().zip(&turned).all(|(a, b)| (a - b).abs() < 1e-2));
}

#[test]
fn light_noise_and_erasing_do_what_they_say() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let grey = || Image { pixels: Array3::from_elem((100, 100, 1), 100.0) };
    let brighter = Alteration { brightness: 20.0, contrast: 0.5, ..Alteration::default() };
    assert!(brighter.apply(grey(), &mut random).pixels.iter().all(|value| (value - 120.0).abs() < 1e-3));
    let noisy = Alteration { noise: 10.0, ..Alteration::default() }.apply(grey(), &mut random).pixels;
    let mean = noisy.mean().unwrap();
    let deviation = noisy.mapv(|value| (value - mean).powi(2)).mean().unwrap().sqrt();
    assert!((mean - 100.0).abs() < 0.5 && (deviation - 10.0).abs() < 0.5, "{mean} {deviation}");
    let erased = Erased { height: 0.5, width: 0.4, top: 1.0, left: 0.0 };
    let half = Image { pixels: Array3::from_shape_fn((10, 10, 1), |(y, _, _)| if y < 5 { 0.0 } else { 200.0 }) };
    let blank = Alteration { erased, ..Alteration::default() }.apply(half, &mut random).pixels;
    assert_eq!((blank[[4, 0, 0]], blank[[5, 0, 0]], blank[[9, 3, 0]], blank[[9, 4, 0]]), (0.0, 100.0, 100.0, 200.0));
}

#[test]
fn what_is_too_strong_is_refused() {
    for bad in ["rotate = 181", "crop = 0.95", "noise = -1", "erase = 1", "hue = 1", "flip = \"up\"", "views = 0"] {
        assert!(toml::from_str::<AugmentRecipe>(bad).is_err(), "{bad}");
    }
    let error = toml::from_str::<AugmentRecipe>("rotate = 181").unwrap_err().to_string();
    assert!(error.contains("`181` is out of range: expected a number from 0 to 180"), "{error}");
}

proptest! {
    #[test]
    fn shape_and_range_stay(height in 1usize..24, width in 1usize..24, channels in 1usize..4, version in 0u64..1000) {
        let altered = strong().version(image(height, width, channels), id("a"), version, 1).pixels;
        prop_assert_eq!(altered.dim(), (height, width, channels));
        prop_assert!(altered.iter().all(|value| (0.0..=255.0).contains(value)));
    }

    #[test]
    fn a_flat_image_stays_flat_without_noise(degrees in -180.0f32..180.0, side in 0.4f32..1.0, deviation in 0.1f32..5.0) {
        let flat = Array3::from_elem((9, 14, 1), 77.0);
        let warp = Warp { degrees, side, right: 0.1, down: -0.2, ..Warp::default() };
        let altered = blurred(&warp.apply(flat), deviation);
        prop_assert!(altered.iter().all(|value| (value - 77.0).abs() < 1e-3));
    }
}

#[test]
fn every_strength_is_reached() {
    let recipe = strong();
    let mut random = ChaCha8Rng::seed_from_u64(random_seed());
    let drawn: Vec<Alteration> = (0..400).map(|_| Alteration::draw(&recipe, &mut random)).collect();
    let most = |of: &dyn Fn(&Alteration) -> f32| drawn.iter().map(of).fold(0.0, f32::max);
    assert!((27.0..=30.0).contains(&most(&|a| a.warp.degrees)) && (27.0..=30.0).contains(&most(&|a| -a.warp.degrees)));
    assert!((1.0..=1.291).contains(&most(&|a| 1.0 / a.warp.side)));
    assert!((0.27..=0.3).contains(&most(&|a| a.erased.height * a.erased.width)));
    assert!((140..260).contains(&drawn.iter().filter(|a| a.warp.mirrored).count()));
}

fn random_seed() -> u64 {
    ChaCha8Rng::seed_from_u64(11).next_u64()
}
