//! Projections, rectification and finding, without a network; and the shipped network beside PyTorch's.

use std::path::Path;

use candle_core::{Device, Tensor};
use dossier_document::{LocatedPage, PageImage, Point};

use super::network::{Answer, SIDE};
use super::projection::Projection;
use super::rectify::{fills, rectify};
use super::square::Square;
use super::{Locator, finding};
use crate::DeviceKind;

fn points(corners: [(f64, f64); 4]) -> [Point; 4] {
    corners.map(|(x, y)| Point { x, y })
}

fn page(corners: [(f64, f64); 4]) -> LocatedPage {
    LocatedPage { corners: points(corners), score: 1.0, turn_score: 1.0 }
}

fn assert_near(found: Point, expected: Point, tolerance: f64) {
    let off = (found.x - expected.x).hypot(found.y - expected.y);
    assert!(off <= tolerance, "{found:?} in place of {expected:?}");
}

/// A picture whose colour tells where each pixel is.
fn graded(width: u32, height: u32) -> PageImage {
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7]));
    PageImage::new(width, height, rgb.collect()).expect("RGB pixels")
}

#[test]
fn a_projection_takes_corners_to_corners() {
    let from = points([(0.0, 0.0), (100.0, 0.0), (100.0, 60.0), (0.0, 60.0)]);
    let to = points([(12.0, 7.0), (90.0, 20.0), (80.0, 70.0), (5.0, 55.0)]);
    let projection = Projection::between(from, to).expect("a projection");
    for (p, q) in from.into_iter().zip(to) {
        assert_near(projection.point(p), q, 1e-9);
    }
}

#[test]
fn corners_on_a_line_have_no_projection() {
    let from = points([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]);
    let line = points([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
    assert!(Projection::between(line, from).is_none());
}

#[test]
fn an_upright_page_is_cut_out_as_it_stands() {
    let picture = graded(200, 150);
    let upright = page([(40.0, 30.0), (140.0, 30.0), (140.0, 90.0), (40.0, 90.0)]);
    let flat = rectify(&picture, &upright, 512).expect("a page").image;
    // A fiftieth of its sides around it.
    assert_eq!((flat.width(), flat.height()), (104, 62));
    for (x, y) in [(0, 0), (103, 0), (50, 30), (103, 61)] {
        let start = 3 * (y * 104 + x);
        let pixel = &flat.rgb()[start..start + 3];
        let off = |value: u8, expected: usize| usize::from(value).abs_diff(expected);
        assert!(off(pixel[0], 38 + x) <= 1 && off(pixel[1], 29 + y) <= 1, "{pixel:?}");
    }
}

#[test]
fn a_page_on_its_head_is_turned() {
    let picture = graded(200, 150);
    let turned = page([(140.0, 90.0), (40.0, 90.0), (40.0, 30.0), (140.0, 30.0)]);
    let flat = rectify(&picture, &turned, 512).expect("a page").image;
    assert_eq!(flat.rgb()[..3], [141, 90, 7]);
}

#[test]
fn a_smaller_page_is_the_mean_of_what_it_covers() {
    // Columns black and white in turn: passing some of them over would be one or the other.
    let rgb = (0..64 * 64).flat_map(|pixel| [if pixel % 2 == 0 { 0 } else { 255 }; 3]).collect();
    let picture = PageImage::new(64, 64, rgb).expect("RGB pixels");
    let whole = page([(0.0, 0.0), (64.0, 0.0), (64.0, 64.0), (0.0, 64.0)]);
    let flat = rectify(&picture, &whole, 16).expect("a page").image;
    // Around it lies what is outside the picture.
    let rows = flat.rgb().chunks_exact(3 * 16).skip(2).take(12);
    let inner = rows.flat_map(|row| &row[6..42]).copied().collect::<Vec<_>>();
    assert!(inner.iter().all(|value| (118..=137).contains(value)), "{inner:?}");
}

#[test]
fn beyond_the_picture_a_page_is_black() {
    let picture = graded(200, 150);
    let cut_off = page([(-50.0, 10.0), (50.0, 10.0), (50.0, 60.0), (-50.0, 60.0)]);
    let flat = rectify(&picture, &cut_off, 512).expect("a page").image;
    assert_eq!(flat.rgb()[..3], [0, 0, 0]);
    assert_eq!(flat.rgb()[3 * 103..3 * 104], [51, 9, 7]);
}

#[test]
fn a_place_on_the_flat_page_is_found_again_in_the_picture() {
    let picture = graded(200, 150);
    let turned = page([(140.0, 90.0), (40.0, 90.0), (40.0, 30.0), (140.0, 30.0)]);
    let flat = rectify(&picture, &turned, 50).expect("a page");
    assert_eq!(flat.image.width(), 50);
    let middle =
        Point { x: f64::from(flat.image.width()) / 2.0, y: f64::from(flat.image.height()) / 2.0 };
    assert_near(flat.in_picture.point(middle), Point { x: 90.0, y: 60.0 }, 1e-6);
    assert_near(flat.in_picture.point(Point { x: 0.0, y: 0.0 }), Point { x: 142.0, y: 91.2 }, 1e-6);
}

#[test]
fn corners_that_are_no_numbers_make_no_page() {
    let picture = graded(20, 15);
    let nowhere =
        page([(f64::NAN, 0.0), (f64::INFINITY, 0.0), (9.0, f64::NAN), (0.0, f64::NEG_INFINITY)]);
    assert!(rectify(&picture, &nowhere, 512).is_none());
    assert!(!nowhere.is_finite());
}

#[test]
fn a_page_that_fills_its_picture_is_turned_only_where_that_is_sure() {
    let picture = graded(200, 150);
    let whole = page([(1.0, 0.0), (199.0, 1.0), (200.0, 150.0), (0.0, 149.0)]);
    let [a, b, c, d] = whole.corners;
    let turned = |turn_score| LocatedPage { corners: [c, d, a, b], turn_score, ..whole };
    assert_eq!(super::upright_if_unsure(&picture, turned(0.6)).corners, whole.corners);
    assert_eq!(super::upright_if_unsure(&picture, turned(0.97)).corners, [c, d, a, b]);
    // What does not fill it lies as it was found.
    let within = page([(90.0, 70.0), (50.0, 70.0), (50.0, 40.0), (90.0, 40.0)]);
    let within = LocatedPage { turn_score: 0.3, ..within };
    assert_eq!(super::upright_if_unsure(&picture, within), within);
}

#[test]
fn a_page_fills_the_picture_only_as_it_is_read() {
    let picture = graded(200, 150);
    let whole = page([(1.0, 0.0), (199.0, 1.0), (200.0, 150.0), (0.0, 149.0)]);
    assert!(fills(&picture, &whole));
    let [a, b, c, d] = whole.corners;
    assert!(!fills(&picture, &LocatedPage { corners: [c, d, a, b], score: 1.0, turn_score: 1.0 }));
    assert!(!fills(&picture, &page([(25.0, 0.0), (200.0, 0.0), (200.0, 150.0), (0.0, 150.0)])));
}

#[test]
fn the_square_shows_where_it_is_in_the_picture() {
    let picture = graded(200, 100);
    let square = Square::of_picture(&picture);
    // 215 of 256 pixels for 200: the picture's middle is the square's.
    assert_near(
        square.to_picture.point(Point { x: 128.0, y: 128.0 }),
        Point { x: 100.0, y: 50.0 },
        1.0,
    );
    let values = square.values();
    assert_eq!(values.len(), 3 * 256 * 256);
    assert!(values[0].abs() < 0.01, "grey around");
}

#[test]
fn a_strip_has_a_square_too() {
    let strip = PageImage::new(5000, 1, vec![200; 15000]).expect("RGB pixels");
    assert_eq!(Square::of_picture(&strip).values().len(), 3 * 256 * 256);
}

/// An answer that marks pages at these corners, in pixels of the square.
fn answer(pages: &[[(f64, f64); 4]]) -> Answer {
    let mut answer = Answer {
        middle: vec![vec![0.01; 32]; 32],
        offsets: vec![vec![vec![0.0; 32]; 32]; 8],
        first: vec![vec![vec![0.0; 32]; 32]; 4],
        corner: vec![vec![0.0; 64]; 64],
    };
    for (index, corners) in pages.iter().enumerate() {
        let middle = |side: fn(&(f64, f64)) -> f64| corners.iter().map(side).sum::<f64>() / 4.0;
        let (row, column) = ((middle(|p| p.1) / 8.0) as usize, (middle(|p| p.0) / 8.0) as usize);
        answer.middle[row][column] = 0.9 - 0.1 * index as f32;
        // The network begins at the corner before the one that is read first.
        answer.first[1][row][column] = 1.0;
        for (k, (x, y)) in [3, 0, 1, 2].map(|k| corners[k]).iter().enumerate() {
            // Off by three pixels: the map says where the corner really is.
            let offset =
                |at: f64, cell: usize| ((at + 3.0 - (cell as f64 + 0.5) * 8.0) / 64.0) as f32;
            answer.offsets[2 * k][row][column] = offset(*x, column);
            answer.offsets[2 * k + 1][row][column] = offset(*y, row);
            for (down, line) in answer.corner.iter_mut().enumerate() {
                for (right, value) in line.iter_mut().enumerate() {
                    let (dx, dy) = ((right as f64 + 0.5) * 4.0 - x, (down as f64 + 0.5) * 4.0 - y);
                    *value = value.max((-(dx * dx + dy * dy) / 50.0).exp() as f32);
                }
            }
        }
    }
    answer
}

#[test]
fn the_map_makes_corners_exact() {
    let corners = [(60.0, 70.0), (190.0, 75.0), (185.0, 160.0), (57.0, 150.0)];
    let found = finding::pages(&answer(&[corners]), 0.4, 4);
    assert_eq!(found.len(), 1);
    for (corner, (x, y)) in found[0].corners.into_iter().zip(corners) {
        // A quarter of a cell: the weight lies around the middle of the cell that shows most.
        assert_near(corner, Point { x, y }, 1.0);
    }
}

#[test]
fn two_pages_are_two_and_the_surer_comes_first() {
    let left = [(20.0, 100.0), (100.0, 100.0), (100.0, 150.0), (20.0, 150.0)];
    let right = [(140.0, 100.0), (220.0, 100.0), (220.0, 150.0), (140.0, 150.0)];
    let found = finding::pages(&answer(&[left, right]), 0.4, 4);
    assert_eq!(found.iter().map(|page| page.score > 0.85).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_picture_without_a_page_has_none() {
    assert!(finding::pages(&answer(&[]), 0.4, 4).is_empty());
}

#[test]
fn an_answer_that_is_no_number_finds_nothing_and_does_not_panic() {
    let mut none = answer(&[]);
    none.middle[3][3] = f32::NAN;
    none.middle[9][9] = 0.9;
    none.offsets.iter_mut().for_each(|grid| grid[9][9] = f32::NAN);
    let found = finding::pages(&none, 0.4, 4);
    assert!(found.iter().all(|page| page.corners.iter().all(|corner| !corner.x.is_finite())));
}

/// The picture of `tests/goldens/locator.py`, red, green and blue plane, -1 to 1.
fn card() -> Vec<f32> {
    let grey = |x: usize, y: usize| {
        let is_card = (50..210).contains(&x) && (78..178).contains(&y);
        let is_print = is_card
            && (100..200).contains(&x)
            && y % 14 < 5
            && y > 90
            && !(x / 3).is_multiple_of(4);
        let is_face = is_card && (60..92).contains(&x) && (96..140).contains(&y);
        match (is_print, is_face, is_card) {
            (true, ..) => 40,
            (_, true, _) => 120 + (x + y) % 40,
            (.., true) => 225,
            _ => 60 + (x * 7 + y * 13) % 64,
        }
    };
    let plane = |shift: i64| {
        let pixels = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
        pixels.map(move |(x, y)| {
            let value = (grey(x, y) as i64 + shift).clamp(0, 255);
            value as f32 / 127.5 - 1.0
        })
    };
    plane(0).chain(plane(5)).chain(plane(-5)).collect()
}

/// Numbers of a map, row by row.
fn flat<T: IntoIterator<Item = U>, U: IntoIterator<Item = f32>>(map: T) -> Vec<f32> {
    map.into_iter().flatten().collect()
}

#[test]
fn the_shipped_locator_says_what_pytorch_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("adapters/locator");
    let locator = Locator::load(&folder, DeviceKind::Cpu).expect("the shipped locator");
    let golden = root.join("tests/fixtures/goldens/locator/golden.safetensors");
    let golden = candle_core::safetensors::load(golden, &Device::Cpu).expect("the golden file");
    let expected = |name: &str| {
        golden[name].flatten_all().and_then(|all| all.to_vec1::<f32>()).expect("numbers")
    };
    let pixels = Tensor::from_vec(card(), (1, 3, SIDE, SIDE), &Device::Cpu).expect("a tensor");
    let answer = locator.network.answer(&pixels).expect("an answer");
    let pages = finding::pages(&answer, 0.3, 4);
    let corners = pages.iter().flat_map(|page| page.corners).flat_map(|p| [p.x as f32, p.y as f32]);
    let found = [
        ("pages", corners.collect()),
        ("scores", pages.iter().map(|page| page.score).collect()),
        ("offsets", flat(answer.offsets.into_iter().flatten())),
        ("first", flat(answer.first.into_iter().flatten())),
        ("middle", flat(answer.middle)),
        ("corner", flat(answer.corner)),
    ];
    assert!(!pages.is_empty(), "a card stands there");
    for (name, found) in found {
        let expected = expected(name);
        assert_eq!(found.len(), expected.len(), "{name}");
        let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 2e-3, "{name}: {off}");
    }
}
