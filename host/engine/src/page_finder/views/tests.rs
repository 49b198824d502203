//! Views of a picture whose pixels tell where they stand.

use dossier_document::LocatedPage;
use dossier_model::Located;

use super::*;

fn picture(width: u32, height: u32) -> PageImage {
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 9]));
    PageImage::new(width, height, rgb.collect()).expect("RGB pixels")
}

fn found(picture: &PageImage, pages: &[(f64, f64, f64, f64)]) -> FoundPages {
    let page = |&(left, top, right, bottom): &(f64, f64, f64, f64)| {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        LocatedPage { corners: corners.map(|(x, y)| Point { x, y }), score: 0.9, turn_score: 1.0 }
    };
    let located = Located { pages: pages.iter().map(page).collect(), best_score: 0.9 };
    super::super::choose(vec![picture.clone()], vec![located], 8).expect("pages")
}

fn size(picture: &PageImage) -> Option<(u32, u32)> {
    Some((picture.width(), picture.height()))
}

/// Where a pixel of the last page is in the picture, which its colour tells, too.
fn assert_knows_where_it_is(seen: &FoundPages, (x, y): (u32, u32)) {
    let (image, place) =
        (seen.images.last().expect("an image"), seen.places.last().expect("a place"));
    let at = 3 * (y * image.width() + x) as usize;
    let (red, green) = (f64::from(image.rgb()[at]), f64::from(image.rgb()[at + 1]));
    // The middle of the pixel.
    let there = place.in_picture(Point { x: f64::from(x) + 0.5, y: f64::from(y) + 0.5 });
    let off = (there.x - 0.5 - red).abs().max((there.y - 0.5 - green).abs());
    assert!(off < 1.5, "{there:?} has the colour of {red}, {green}");
}

/// The size of the last page, in which a fiftieth of what lies around it is left at each side.
fn last_size(seen: &FoundPages) -> (u32, u32) {
    let image = seen.images.last().expect("an image");
    (image.width(), image.height())
}

#[test]
fn a_page_that_fills_its_picture_has_another_way_up_and_nothing_else() {
    let sent = picture(150, 100);
    let found = found(&sent, &[(0.0, 0.0, 150.0, 100.0)]);
    assert_eq!(found.views(size(&sent)), [View::Page(0), View::Turned(0)]);
    assert_eq!(found.views(None), []);
    let turned = found.seen_as(&sent, View::Turned(0)).expect("the page");
    assert_knows_where_it_is(&turned, (20, 30));
    let there = turned.places[0].in_picture(Point { x: 30.0, y: 20.0 });
    assert!(there.x > 100.0 && there.y > 70.0, "{there:?}");
    assert_eq!(turned.places[0].rotation_degrees.abs(), 180.0);
    assert_eq!(turned.places[0].corners[0], Point { x: 150.0, y: 100.0 });
}

#[test]
fn an_open_passport_has_a_lower_and_an_upper_page() {
    let sent = picture(90, 120);
    let found = found(&sent, &[(0.0, 0.0, 90.0, 120.0)]);
    let views = found.views(size(&sent));
    assert_eq!(views, [View::Page(0), View::End, View::Beginning, View::Turned(0)]);
    let lower = found.seen_as(&sent, View::End).expect("a part");
    assert_eq!(last_size(&lower), (94, 62));
    assert_eq!(lower.places[0].corners[0], Point { x: 0.0, y: 60.0 });
    assert_knows_where_it_is(&lower, (11, 7));
    let upper = found.seen_as(&sent, View::Beginning).expect("a part");
    assert_knows_where_it_is(&upper, (11, 7));
    // Nobody found a page there, and it is said.
    let located = |found: &FoundPages| found.checks()[0].outcome;
    assert_ne!(located(&lower), located(&found));
}

#[test]
fn what_lies_beside_a_page_is_seen_at_the_end_and_with_the_whole() {
    let sent = picture(200, 80);
    let found = found(&sent, &[(5.0, 5.0, 90.0, 60.0)]);
    let views = found.views(size(&sent));
    let expected = [View::Page(0), View::End, View::Beginning, View::Whole, View::Turned(0)];
    assert_eq!(views, expected);
    let right = found.seen_as(&sent, View::End).expect("a part");
    assert_eq!(last_size(&right), (125, 83));
    assert_knows_where_it_is(&right, (30, 40));
    let whole = found.seen_as(&sent, View::Whole).expect("all");
    assert_eq!(whole.images[0].rgb(), sent.rgb());
    let turned = found.seen_as(&sent, View::Turned(0)).expect("the page");
    assert_knows_where_it_is(&turned, (40, 20));
}

#[test]
fn of_two_sides_either_can_come_last_and_both_are_kept_while_there_is_room() {
    let sent = picture(200, 80);
    let found = found(&sent, &[(5.0, 5.0, 90.0, 60.0), (105.0, 5.0, 190.0, 60.0)]);
    let begins = |found: &FoundPages| {
        found.places.iter().map(|place| place.corners[0].x).collect::<Vec<_>>()
    };
    assert_eq!(begins(&found), [5.0, 105.0]);
    assert_eq!(found.views(size(&sent))[..2], [View::Page(1), View::Page(0)]);
    let other = found.seen_as(&sent, View::Page(0)).expect("the page");
    assert_eq!(begins(&other), [105.0, 5.0]);
    assert_knows_where_it_is(&other, (40, 20));
    assert_eq!(begins(&other.clone().last_of(2)), [105.0, 5.0]);
    let crowded = |found: &FoundPages| found.checks()[1].outcome;
    let alone = other.last_of(1);
    assert_eq!(begins(&alone), [5.0]);
    assert_ne!(crowded(&alone), crowded(&found));
    let views = found.views(size(&sent));
    assert!(views.len() <= MOST_VIEWS, "{views:?}");
}
