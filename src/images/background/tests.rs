use super::*;

/// 300 × 400 pixels under a vignette, with a disc every `step` pixels, some brighter and some darker; and which pixels are
/// in discs.
fn picture(step: usize, radius: f64) -> (Array2<f32>, Array2<bool>) {
    let disc = Array2::from_shape_fn((300, 400), |(y, x)| {
        let off = |at: usize| (at % step) as f64 - step as f64 / 2.0;
        off(y).hypot(off(x)) < radius
    });
    let plane = Array2::from_shape_fn((300, 400), |(y, x)| {
        let far = (y as f64 - 140.0).hypot(x as f64 - 180.0) / 300.0;
        let (row, column) = (y / step, x / step);
        let contrast = 0.12 + 0.06 * ((row * 3 + column * 5) % 7) as f64;
        let way = if (row + column).is_multiple_of(2) { contrast } else { -0.7 * contrast };
        let noise = ((y * 7919 + x * 104_729) % 31) as f64 / 15.0 - 1.0;
        (140.0 * (1.0 - 0.6 * far * far) * (1.0 + if disc[[y, x]] { way } else { 0.0 }) + 3.0 * noise) as f32
    });
    (plane, disc)
}

#[test]
fn objects_are_found_under_a_vignette_also_where_they_cover_more_than_half() {
    for (step, radius) in [(100, 20.0), (50, 22.0)] {
        let (plane, disc) = picture(step, radius);
        let found = objects(plane.view());
        let count = |wanted: &dyn Fn(bool, bool) -> bool| {
            found.iter().zip(&disc).filter(|(a, b)| wanted(**a, **b)).count() as f64
        };
        let overlap = count(&|a, b| a && b) / count(&|a, b| a || b);
        assert!(overlap > 0.75, "{step}: {overlap}");
    }
}

#[test]
fn what_lies_outside_of_the_field_counts_for_nothing() {
    let (mut plane, _) = picture(100, 20.0);
    let whole = objects(plane.view());
    plane.slice_mut(ndarray::s![.., ..60]).fill(f32::NAN);
    let found = objects(plane.view());
    assert!(found.slice(ndarray::s![.., ..60]).iter().all(|object| !object));
    let seen = |map: &Array2<bool>| map.slice(ndarray::s![.., 70..]).iter().filter(|object| **object).count() as f64;
    assert!((seen(&found) / seen(&whole) - 1.0).abs() < 0.2, "{} {}", seen(&found), seen(&whole));
}

#[test]
fn odd_planes_show_nothing() {
    for shape in [(1, 1), (1, 500), (3, 2), (64, 64)] {
        for level in [0.0, 80.0, 255.0, f32::NAN] {
            assert!(objects(Array2::from_elem(shape, level).view()).iter().all(|object| !object), "{shape:?} {level}");
        }
    }
}

#[test]
fn black_is_the_background_where_it_is_most_of_a_picture() {
    let disc = |y: usize, x: usize, radius: f32| (y as f32 - 150.0).hypot(x as f32 - 200.0) < radius;
    let on_black = Array2::from_shape_fn((300, 400), |(y, x)| {
        let lit = [(60, 80, 30.0), (200, 300, 45.0)];
        let lit = lit.iter().any(|&(cy, cx, r)| (y as f32 - cy as f32).hypot(x as f32 - cx as f32) < r);
        if lit { 90.0 + ((y * 7 + x * 13) % 5) as f32 } else { ((y * 3 + x) % 3) as f32 }
    });
    for dark in [0.0, 5.0] {
        let map = object_map(on_black.view(), dark);
        assert!(map.indexed_iter().all(|(at, object)| (*object == 1.0) == (on_black[at] > 50.0)), "{dark}");
        assert!(map.iter().all(|object| !object.is_nan()), "{dark}");
    }
    let aperture = Array2::from_shape_fn((300, 400), |(y, x)| {
        if disc(y, x, 130.0) { 90.0 + ((y * 7919 + x * 104_729 + y * x * 31) % 7) as f32 } else { 1.0 }
    });
    let map = object_map(aperture.view(), 5.0);
    assert!(map[[0, 0]].is_nan() && map[[150, 200]] == 0.0, "what lies beyond an aperture is no background");
}
