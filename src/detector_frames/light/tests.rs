use super::*;

/// Numbers that scatter as normal ones do, the same each time.
fn noise(n: usize) -> Vec<f64> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..n).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
}

/// The share of the light that an opening of `length` frames lets through.
fn opening(n: usize, length: usize) -> Vec<f64> {
    (0..n).map(|at| (0.1 + 0.9 * at as f64 / length as f64).min(1.0)).collect()
}

/// How well `light` is told from `course`, with noise of 1 %: the mean of the recalls of spoiled and usable frames.
fn balanced_accuracy(light: &[f64], course: &[f64]) -> f64 {
    let flux: Vec<f64> =
        light.iter().zip(course).zip(noise(light.len())).map(|((l, c), e)| 20.0 * l * c * (1.0 + 0.01 * e)).collect();
    let found = Light::of(&flux, &vec![1e4; flux.len()], 0.1);
    let recall = |spoiled: bool| {
        let of: Vec<usize> = (0..light.len()).filter(|&at| (light[at] < 0.9) == spoiled).collect();
        let right = of.iter().filter(|&&at| (found.deviation(at) < -0.5) == spoiled).count();
        if of.is_empty() { 1.0 } else { right as f64 / of.len() as f64 }
    };
    f64::midpoint(recall(true), recall(false))
}

fn turning(n: usize, turns: f64, phase: f64) -> Vec<f64> {
    (0..n).map(|at| 1.0 + 0.15 * (std::f64::consts::TAU * turns * at as f64 / n as f64 + phase).sin()).collect()
}

fn with_loss(mut light: Vec<f64>, lost: std::ops::Range<usize>, left: f64) -> Vec<f64> {
    light[lost].iter_mut().for_each(|light| *light *= left);
    light
}

#[test]
fn a_turning_sample_is_told_from_the_shutter() {
    for (turns, phase) in [(0.8, 0.0), (1.3, 2.0), (2.0, 1.0), (3.5, 4.0)] {
        let course = turning(150, turns, phase);
        for (what, light) in [
            ("opening", opening(150, 25)),
            ("no opening", vec![1.0; 150]),
            ("loss", with_loss(opening(150, 20), 70..85, 0.6)),
        ] {
            let accuracy = balanced_accuracy(&light, &course);
            assert!(accuracy >= 0.95, "{turns} turns from {phase}, {what}: {accuracy}");
        }
    }
}

#[test]
fn a_course_of_no_known_shape_is_followed() {
    let plate: Vec<f64> = (0..160).map(|at| (-0.3 * (1.0 / (f64::from(at) / 72.0 - 1.1).cos() - 1.0)).exp()).collect();
    for light in [vec![1.0; 160], with_loss(vec![1.0; 160], 60..75, 0.5)] {
        let accuracy = balanced_accuracy(&light, &plate);
        assert!(accuracy >= 0.95, "{accuracy}");
    }
}

#[test]
fn flicker_does_not_hide_the_shutter() {
    let flicker: Vec<f64> = noise(160).iter().map(|e| 1.0 + 0.08 * e).collect();
    for light in [opening(160, 30), vec![1.0; 160], with_loss(opening(160, 20), 90..110, 0.5)] {
        let accuracy = balanced_accuracy(&light, &flicker);
        assert!(accuracy >= 0.95, "{accuracy}");
    }
}

#[test]
fn a_long_opening_is_no_course() {
    for length in [60, 90, 120] {
        let accuracy = balanced_accuracy(&opening(150, length), &vec![1.0; 150]);
        assert!(accuracy >= 0.97, "{length}: {accuracy}");
        let exponential: Vec<f64> = (0..150).map(|at| 1.0 - (-3.5 * f64::from(at) / length as f64).exp()).collect();
        let accuracy = balanced_accuracy(&exponential, &vec![1.0; 150]);
        assert!(accuracy >= 0.92, "{length}, exponential: {accuracy}");
    }
}

#[test]
fn a_shutter_may_open_at_once() {
    let half_open: Vec<f64> = (0..150).map(|at| if at < 30 { 0.7 } else { 1.0 }).collect();
    for (what, course) in ["steady", "turning", "decay"].into_iter().zip([
        vec![1.0; 150],
        turning(150, 1.3, 0.5),
        (0..150).map(|at| (-0.002 * f64::from(at)).exp()).collect(),
    ]) {
        let accuracy = balanced_accuracy(&half_open, &course);
        assert!(accuracy >= 0.97, "{what}: {accuracy}");
    }
}

#[test]
fn a_ramp_that_never_ends_is_no_course() {
    let accuracy = balanced_accuracy(&opening(150, 150), &vec![1.0; 150]);
    assert!(accuracy >= 0.95, "{accuracy}");
}

#[test]
fn a_decaying_current_spoils_nothing() {
    let decay: Vec<f64> = (0..150).map(|at| (-0.004 * f64::from(at)).exp()).collect();
    assert!(balanced_accuracy(&opening(150, 30), &decay) >= 0.97);
    assert!(balanced_accuracy(&vec![1.0; 150], &decay) >= 0.99);
}

#[test]
fn scatter_is_told_where_it_hides_what_is_tolerated() {
    let flux: Vec<f64> = noise(200).iter().map(|e| 10.0 * (1.0 + 0.3 * e).max(0.05)).collect();
    let wild = Light::of(&flux, &vec![1e4; 200], 0.1);
    assert!(wild.tolerated > 0.2, "{}", wild.tolerated);
    let steady = Light::of(&[10.0; 50], &[1e4; 50], 0.1);
    assert!((steady.tolerated - 0.1).abs() < 1e-9 && (0..50).all(|at| steady.deviation(at) == 0.0));
    let dark = Light::of(&[0.0; 50], &[1e4; 50], 0.1);
    assert!((0..50).all(|at| dark.deviation(at) == -1.0));
}
