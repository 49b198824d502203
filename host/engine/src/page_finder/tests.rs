//! Which of the pages that were found are read, without a network.

use super::*;

fn picture(width: u32, height: u32) -> PageImage {
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 9]));
    PageImage::new(width, height, rgb.collect()).expect("RGB pixels")
}

fn page(left: f64, top: f64, right: f64, bottom: f64, score: f32) -> LocatedPage {
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    LocatedPage { corners: corners.map(|(x, y)| Point { x, y }), score, turn_score: 1.0 }
}

fn located(pages: Vec<LocatedPage>) -> Located {
    let best_score = pages.first().map_or(0.2, |page| page.score);
    Located { pages, best_score }
}

fn outcome(found: &FoundPages, code: &str) -> CheckOutcome {
    let checks = found.checks();
    let check = checks.iter().find(|check| check.code == code);
    check.expect("the check is there").outcome
}

#[test]
fn a_page_that_fills_its_picture_is_the_picture_itself() {
    let sent = picture(200, 100);
    let seen = located(vec![page(1.0, 0.0, 199.0, 100.0, 0.9)]);
    let found = choose(vec![sent.clone()], vec![seen], 1).expect("a page");
    assert_eq!(found.images[0].rgb(), sent.rgb());
    assert!(!found.places[0].is_rectified());
    assert_eq!(found.places[0].score, Some(0.9));
    assert_eq!(found.places[0].in_picture(Point { x: 7.0, y: 8.0 }), Point { x: 7.0, y: 8.0 });
    assert_eq!(outcome(&found, LOCATED), CheckOutcome::Passed);
    assert_eq!(outcome(&found, SINGLE), CheckOutcome::Passed);
}

#[test]
fn a_page_within_its_picture_is_cut_out_and_knows_where_it_was() {
    let seen = located(vec![page(50.0, 20.0, 150.0, 80.0, 0.8)]);
    let found = choose(vec![picture(200, 100)], vec![seen], 1).expect("a page");
    // With a little of what lies around it.
    assert_eq!((found.images[0].width(), found.images[0].height()), (104, 62));
    let Point { x, y } = found.places[0].in_picture(Point { x: 52.0, y: 31.0 });
    assert!((x - 100.0).abs() < 1e-6 && (y - 50.0).abs() < 1e-6, "{x}, {y}");
    assert!(found.places[0].rotation_degrees.abs() < 1e-9);
}

#[test]
fn two_sides_in_one_picture_are_two_pages_from_the_left() {
    let right = page(120.0, 10.0, 190.0, 60.0, 0.9);
    let left = page(10.0, 10.0, 80.0, 60.0, 0.7);
    let found =
        choose(vec![picture(200, 100)], vec![located(vec![right, left])], 2).expect("pages");
    let begin = found.places.iter().map(|place| place.corners[0].x).collect::<Vec<_>>();
    assert_eq!(begin, [10.0, 120.0]);
    assert_eq!(found.images.len(), 2);
    assert_eq!(outcome(&found, SINGLE), CheckOutcome::Passed);
}

#[test]
fn a_second_document_is_not_passed_over_in_silence() {
    let surest = page(120.0, 10.0, 190.0, 60.0, 0.9);
    let other = page(10.0, 10.0, 80.0, 60.0, 0.7);
    let found =
        choose(vec![picture(200, 100)], vec![located(vec![surest, other])], 1).expect("a page");
    assert_eq!(found.places.len(), 1);
    assert_eq!(found.places[0].corners, surest.corners);
    assert_eq!(outcome(&found, SINGLE), CheckOutcome::Failed);
}

#[test]
fn a_picture_in_which_nothing_stands_out_is_read_as_it_is_and_said_so() {
    let sent = picture(200, 100);
    let found = choose(vec![sent.clone()], vec![located(Vec::new())], 1).expect("a page");
    assert_eq!(found.images[0].rgb(), sent.rgb());
    assert_eq!(found.places[0].score, None);
    assert_eq!(outcome(&found, LOCATED), CheckOutcome::NotPerformed);
}

#[test]
fn a_picture_that_shows_no_document_is_refused_by_its_number() {
    let seen = located(vec![page(50.0, 20.0, 150.0, 80.0, 0.8)]);
    let nothing = Located { pages: Vec::new(), best_score: 0.02 };
    let refused = choose(vec![picture(200, 100), picture(90, 90)], vec![seen, nothing], 2);
    assert!(matches!(refused, Err(EngineError::NoDocument { picture: 1 })), "{refused:?}");
}

#[test]
fn a_picture_of_a_few_pixels_is_read_as_it_is_and_its_resolution_fails() {
    let nothing = || Located { pages: Vec::new(), best_score: 0.01 };
    for (width, height) in [(1, 1), (3, 3), (31, 2)] {
        let found = choose(vec![picture(width, height)], vec![nothing()], 1).expect("a page");
        assert_eq!((found.images[0].width(), found.images[0].height()), (width, height));
        assert_eq!(outcome(&found, LOCATED), CheckOutcome::NotPerformed);
        assert_eq!(outcome(&found, "image.resolution"), CheckOutcome::Failed);
    }
    let refused = choose(vec![picture(32, 2)], vec![nothing()], 1);
    assert!(matches!(refused, Err(EngineError::NoDocument { picture: 0 })), "{refused:?}");
}

#[test]
fn corners_that_make_no_page_leave_the_picture() {
    let flat = page(50.0, 20.0, 50.0, 20.0, 0.8);
    let found = choose(vec![picture(20, 10)], vec![located(vec![flat])], 1).expect("a page");
    assert_eq!((found.images[0].width(), found.images[0].height()), (20, 10));
}

#[test]
fn surplus_pages_of_a_picture_are_left_out_once_the_type_is_known() {
    let two =
        || located(vec![page(10.0, 10.0, 80.0, 60.0, 0.9), page(120.0, 10.0, 190.0, 60.0, 0.8)]);
    let found = choose(vec![picture(200, 100)], vec![two()], 8).expect("pages");
    assert_eq!((found.images.len(), outcome(&found, SINGLE)), (2, CheckOutcome::Passed));
    let codes = |found: &FoundPages| found.checks().len();
    let checks = codes(&found);
    let found = found.at_most(1).expect("the first is kept");
    assert_eq!((found.images.len(), found.places.len()), (1, 1));
    assert_eq!(found.places[0].corners[0].x, 10.0);
    assert_eq!((codes(&found), outcome(&found, SINGLE)), (checks, CheckOutcome::Failed));

    let pictures = vec![picture(200, 100), picture(200, 100)];
    let found = choose(pictures, vec![two(), two()], 8).expect("pages");
    let found = found.at_most(2).expect("one of each picture");
    let of = found.places.iter().map(|place| place.picture).collect::<Vec<_>>();
    assert_eq!(of, [0, 1]);
    let refused = found.at_most(1).expect_err("two pictures are two pages");
    assert!(matches!(refused, EngineError::TooManyPages { pages: 2, limit: 1 }), "{refused}");
}
