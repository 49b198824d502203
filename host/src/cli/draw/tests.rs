//! Outlines on pages that lie below each other.

use super::*;

#[test]
fn an_outline_stands_on_its_own_page() {
    let pages = [PageImage::white(40, 20), PageImage::white(30, 50)];
    let mut sheet = Sheet::of(&pages).expect("small pages");
    assert_eq!(sheet.image.dimensions(), (40, 70));
    let corners = [(5.0, 5.0), (25.0, 5.0), (25.0, 15.0), (5.0, 15.0)];
    let corners = corners.map(|(x, y)| Point { x, y });
    sheet.outline(1, &corners, COLOURS[0]);
    let drawn = sheet.image.enumerate_pixels().filter(|(_, _, pixel)| **pixel == COLOURS[0]);
    let drawn = drawn.map(|(x, y, _)| (x, y)).collect::<Vec<_>>();
    assert!(drawn.iter().all(|(_, y)| *y >= 24), "nothing on the first page");
    for corner in [(5, 25), (24, 25), (24, 34), (5, 34)] {
        let is_near = |(x, y): &(u32, u32)| x.abs_diff(corner.0) <= 1 && y.abs_diff(corner.1) <= 1;
        assert!(drawn.iter().any(is_near), "{corner:?} of {drawn:?}");
    }
    assert!(!drawn.contains(&(15, 30)), "the inside is left as it is");
}

#[test]
fn corners_beside_the_page_are_no_fault() {
    let mut sheet = Sheet::of(&[PageImage::white(10, 10)]).expect("a small page");
    let far = |x: f64, y: f64| Point { x, y };
    sheet.outline(
        0,
        &[far(-50.0, -9.0), far(900.0, 3.0), far(40.0, 40.0), far(0.0, 12.0)],
        COLOURS[1],
    );
    sheet.outline(7, &[far(1.0, 1.0); 4], COLOURS[2]);
    assert!(sheet.image.pixels().all(|pixel| *pixel != COLOURS[2]), "no such page");
}
