//! Against `OpenCV`, numpy and scikit-image (`tests/golden/enhance.py`), and what holds for every correction.

use ndarray::{Array3, s};
use proptest::prelude::*;

use super::*;

#[derive(Deserialize)]
struct Golden {
    images: Vec<Pixels>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Pixels {
    shape: (usize, usize, usize),
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct Case {
    image: usize,
    enhancement: Enhancement,
    /// Grey levels: 0 where the peer's answer is ours, half a level where it rounds and we do not.
    tolerance: f32,
    expected: Vec<f32>,
}

#[test]
fn agrees_with_opencv_and_scikit_image() {
    let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/enhance.json")).unwrap();
    for enhancement in Enhancement::all() {
        assert!(golden.cases.iter().any(|case| case.enhancement == enhancement), "{enhancement}");
    }
    for case in golden.cases {
        let Pixels { shape, values } = &golden.images[case.image];
        let image = Image { pixels: Array3::from_shape_vec(*shape, values.clone()).unwrap() };
        let ours = case.enhancement.apply(image);
        for (at, (ours, theirs)) in ours.pixels.iter().zip(&case.expected).enumerate() {
            let off = (ours - theirs).abs();
            assert!(off <= case.tolerance, "{} of {shape:?} at {at}: {ours} against {theirs}", case.enhancement);
        }
    }
}

#[test]
fn recipes_name_them_with_and_without_parameters() {
    #[derive(Deserialize)]
    struct Recipe {
        enhance: Vec<Enhancement>,
    }
    let read = |text: &str| toml::from_str::<Recipe>(text).map(|recipe| recipe.enhance);
    let [gamma, equalize, clahe, stretch, _, _, denoise] = Enhancement::all();
    let all = read(r#"enhance = ["gamma", "equalize", "clahe", "stretch", "denoise"]"#).unwrap();
    assert_eq!(all, [gamma, equalize, clahe, stretch, denoise]);
    let texts: Vec<_> = read(
        "enhance = [{ gamma = 2 }, { clahe = { clip_limit = 3.5 } }, { stretch = { low = 0 } }, { denoise = {} }]",
    )
    .unwrap()
    .iter()
    .map(ToString::to_string)
    .collect();
    assert_eq!(texts, ["gamma 2", "clahe 8x8 clip 3.5", "stretch 0-98 %", "denoise 3x3 passes 1"]);
    for (text, complaint) in [
        ("enhance = [\"blur\"]", "expected one of"),
        ("enhance = [{ gamma = 0 }]", "above 0"),
        ("enhance = [{ stretch = { low = 99 } }]", "low < high"),
        ("enhance = [{ clahe = { clip = 2 } }]", "clip_limit"),
        ("enhance = [{ denoise = { passes = 0 } }]", "nonzero"),
        ("enhance = [3]", "name of an enhancement"),
    ] {
        let error = read(text).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(complaint), "{error}");
    }
}

#[test]
fn what_is_written_reads_back() {
    for enhancement in Enhancement::all() {
        let text = serde_json::to_string(&enhancement).unwrap();
        assert_eq!(serde_json::from_str::<Enhancement>(&text).unwrap(), enhancement, "{text}");
    }
}

#[test]
fn corrections_follow_one_another() {
    let image = Image { pixels: Array3::from_shape_fn((9, 7, 1), |(y, x, _)| (y * 7 + x) as f32) };
    let [gamma, equalize, ..] = Enhancement::all();
    let both = enhance(&[gamma, equalize], image.clone());
    assert_eq!(both, equalize.apply(gamma.apply(image.clone())));
    assert_eq!(enhance(&[], image.clone()), image);
}

fn pixels(channels: usize) -> impl Strategy<Value = Image> {
    (1usize..20, 1usize..20).prop_flat_map(move |(height, width)| {
        prop::collection::vec(0.0f32..=255.0, height * width * channels).prop_map(move |values| Image {
            pixels: Array3::from_shape_vec((height, width, channels), values).unwrap(),
        })
    })
}

proptest! {
    #[test]
    fn any_image_keeps_its_shape_and_range(grey in pixels(1), colour in pixels(3), level in 0.0f32..=255.0) {
        for enhancement in Enhancement::all() {
            for image in [&grey, &colour] {
                let done = enhancement.apply(image.clone());
                prop_assert_eq!(done.pixels.dim(), image.pixels.dim());
                prop_assert!(done.pixels.iter().all(|value| (0.0..=255.0).contains(value)), "{}", enhancement);
            }
            let flat = Image { pixels: Array3::from_elem(grey.pixels.dim(), level) };
            let done = enhancement.apply(flat).pixels;
            let spread = done.iter().fold(0.0f32, |spread, value| spread.max((value - done[[0, 0, 0]]).abs()));
            prop_assert!(spread < 1e-3, "{}: a constant image has spread {}", enhancement, spread);
        }
    }

    #[test]
    fn equal_channels_are_treated_as_grey(grey in pixels(1)) {
        let (height, width, _) = grey.pixels.dim();
        let thrice = Image { pixels: grey.pixels.broadcast((height, width, 3)).unwrap().to_owned() };
        for enhancement in Enhancement::all() {
            let (one, three) = (enhancement.apply(grey.clone()), enhancement.apply(thrice.clone()));
            for channel in 0..3 {
                for (a, b) in one.pixels.iter().zip(three.pixels.slice(s![.., .., channel])) {
                    // The sum of the three weights is 1 only up to rounding, which an equalised histogram may amplify.
                    let close = (a - b).abs() < 0.05 || matches!(enhancement, Enhancement::Equalize | Enhancement::Clahe(_));
                    prop_assert!(close, "{}: {} against {}", enhancement, a, b);
                }
            }
        }
    }

    #[test]
    fn colours_keep_their_ratios(colour in pixels(3)) {
        for enhancement in &Enhancement::all()[..4] {
            let done = enhancement.apply(colour.clone());
            for (old, new) in colour.pixels.lanes(Axis(2)).into_iter().zip(done.pixels.lanes(Axis(2))) {
                if new.iter().all(|&value| value < 255.0) {
                    let crossed = old[0] * new[1] - old[1] * new[0];
                    prop_assert!(crossed.abs() < 0.1, "{}: {} to {}", enhancement, old, new);
                }
            }
        }
    }
}
