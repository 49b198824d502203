//! Strips of pages whose pixels say where they are.

use super::*;

/// A page whose red grows to the right by one a pixel, and green downwards.
fn graded(width: u32, height: u32) -> PageImage {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| [x as u8, y as u8, 0]));
    PageImage::new(width, height, pixels.flatten().collect()).expect("a page")
}

fn corners(points: [(f64, f64); 4]) -> [Point; 4] {
    points.map(|(x, y)| Point { x, y })
}

fn pixel(image: &PageImage, x: u32, y: u32) -> [u8; 3] {
    let start = 3 * (y * image.width() + x) as usize;
    image.rgb()[start..start + 3].try_into().expect("three bytes")
}

#[test]
fn a_field_lies_in_the_middle_with_a_little_around_it() {
    let page = graded(200, 100);
    let field = corners([(50.0, 40.0), (150.0, 40.0), (150.0, 60.0), (50.0, 60.0)]);
    // 110 pixels of the page are 220 of the strip.
    let cut = strip(&page, field, (220, 80)).expect("a strip");
    assert_eq!((cut.width(), cut.height()), (220, 80));
    let [red, green, _] = pixel(&cut, 110, 40);
    assert!(red.abs_diff(100) <= 1 && green.abs_diff(50) <= 1, "{red} {green}");
    let [red, _, _] = pixel(&cut, 0, 40);
    assert!(red.abs_diff(45) <= 1, "{red}");
    let [_, green, _] = pixel(&cut, 110, 0);
    assert!(green.abs_diff(30) <= 1, "{green}");
}

#[test]
fn one_that_is_turned_is_set_upright() {
    let page = graded(100, 200);
    // Its text runs downwards: what is above it lies to the right.
    let field = corners([(60.0, 50.0), (60.0, 150.0), (40.0, 150.0), (40.0, 50.0)]);
    let cut = strip(&page, field, (110, 40)).expect("a strip");
    let [_, first, _] = pixel(&cut, 5, 20);
    let [_, last, _] = pixel(&cut, 104, 20);
    assert!(first.abs_diff(50) <= 1 && last.abs_diff(149) <= 1, "{first} {last}");
    let ([upper, _, _], [lower, _, _]) = (pixel(&cut, 55, 0), pixel(&cut, 55, 39));
    assert!(upper > lower, "{upper} {lower}");
}

#[test]
fn a_high_field_is_shown_whole() {
    let page = graded(200, 200);
    let field = corners([(80.0, 50.0), (120.0, 50.0), (120.0, 150.0), (80.0, 150.0)]);
    let cut = strip(&page, field, (100, 100)).expect("a strip");
    let ([_, upper, _], [_, lower, _]) = (pixel(&cut, 50, 0), pixel(&cut, 50, 99));
    assert!(upper < 5 && lower > 195, "{upper} {lower}");
}

#[test]
fn what_has_no_extent_is_not_cut() {
    let page = graded(10, 10);
    let flat = corners([(1.0, 5.0), (9.0, 5.0), (9.0, 5.0), (1.0, 5.0)]);
    let none = corners([(f64::NAN, 1.0), (9.0, 1.0), (9.0, 5.0), (1.0, 5.0)]);
    for field in [flat, none, corners([(3.0, 3.0); 4])] {
        assert!(strip(&page, field, (16, 8)).is_none(), "{field:?}");
    }
}
