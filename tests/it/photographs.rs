//! Pictures as people take them, over HTTP: pages that are found first, and pictures without one.

use std::path::Path;

use dossier_tests::{Answer, Client, Sample, Score, bad_images, samples_of};
use image::{DynamicImage, ImageFormat, RgbImage, imageops};
use serde_json::Value;

use crate::{PASSPORT, shipped};

/// A corner may be off by so much of the page's diagonal.
const NEAR: f64 = 0.02;

/// Photographs of generated passports, by `dossier_training.dataset --capture photo`.
fn photographs() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/photographs");
    let mut folders = std::fs::read_dir(folder)
        .expect("photographs are shipped")
        .map(|entry| entry.expect("an entry").path())
        .collect::<Vec<_>>();
    folders.sort();
    folders.iter().map(|folder| Sample::read(folder).expect("a sample")).collect()
}

fn picture(sample: &Sample) -> RgbImage {
    image::load_from_memory(&sample.pages[0]).expect("a picture").to_rgb8()
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(picture.clone());
    picture.write_to(&mut file, ImageFormat::Png).expect("is encoded");
    file.into_inner()
}

/// The corners of the page as the generator drew it.
fn true_corners(sample: &Sample) -> Vec<(f64, f64)> {
    let truth = std::fs::read(sample.folder.join("truth.json")).expect("the truth");
    let truth = serde_json::from_slice::<Value>(&truth).expect("JSON");
    points(&truth["pages"][0])
}

fn points(corners: &Value) -> Vec<(f64, f64)> {
    let corners = corners.as_array().expect("corners").iter();
    let number = |value: &Value| value.as_f64().expect("a number");
    corners.map(|corner| (number(&corner[0]), number(&corner[1]))).collect()
}

fn farthest(found: &[(f64, f64)], truth: &[(f64, f64)]) -> f64 {
    let distance = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
    let diagonal = distance(&truth[0], &truth[2]).max(distance(&truth[1], &truth[3]));
    let off = found.iter().zip(truth).map(|(a, b)| distance(a, b)).fold(0.0, f64::max);
    off / diagonal
}

async fn read(client: &Client, page: Vec<u8>) -> Answer {
    client.extract(PASSPORT, &[page]).await.expect("an answer")
}

fn outcome<'a>(answer: &'a Answer, code: &str) -> &'a str {
    let checks = answer.body["checks"].as_array().expect("checks").iter();
    let check = checks.clone().find(|check| check["code"] == code);
    check.and_then(|check| check["outcome"].as_str()).expect("the check is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_within_a_photograph_is_found_and_read() {
    let (server, client) = shipped().await;
    let mut score = Score::default();
    for sample in photographs() {
        let answer = read(&client, sample.pages[0].clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        score.add_answer(&sample, &answer.body);
        let page = &answer.body["pages"][0];
        assert_eq!((&page["page"], &page["picture"]), (&1.into(), &1.into()));
        assert_eq!(page["rectified"], true);
        let off = farthest(&points(&page["corners"]), &true_corners(&sample));
        assert!(off <= NEAR, "{}: {off}", sample.folder.display());
        assert_eq!(outcome(&answer, "page.located"), "passed");
        assert_eq!(outcome(&answer, "page.single_document"), "passed");
    }
    assert!(score.accuracy() >= 0.9, "{:.3}: {:#?}", score.accuracy(), score.fields);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_that_is_turned_reads_the_same() {
    let (server, client) = shipped().await;
    let sample = &photographs()[0];
    let (upright, truth) = (picture(sample), true_corners(sample));
    let turned = imageops::rotate180(&upright);
    let (width, height) = (f64::from(upright.width()), f64::from(upright.height()));
    let truth = truth.iter().map(|(x, y)| (width - x, height - y)).collect::<Vec<_>>();
    let answer = read(&client, png(&turned)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let off = farthest(&points(&answer.body["pages"][0]["corners"]), &truth);
    assert!(off <= NEAR, "{off}");
    let mut score = Score::default();
    score.add_answer(sample, &answer.body);
    assert!(score.accuracy() >= 0.9, "{:#?}", score.fields);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_of_fields_lie_on_the_page_in_the_picture_that_was_sent() {
    let (server, client) = shipped().await;
    let sample = &photographs()[0];
    let answer = read(&client, sample.pages[0].clone()).await;
    let corners = true_corners(sample);
    let (mut told, mut near) = (0, 0);
    for field in answer.body["fields"].as_array().expect("fields") {
        let place = sample.places.iter().find(|(name, _)| *name == field["name"]);
        let (Some((_, place)), Some(_)) = (place, field["polygon"].as_array()) else { continue };
        let middle = |points: &[(f64, f64)]| {
            let count = points.len() as f64;
            let sum = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
            (sum.0 / count, sum.1 / count)
        };
        let found = middle(&points(&field["polygon"]));
        let truth = middle(&place.corners.map(|[x, y]| (x, y)));
        let diagonal = (corners[0].0 - corners[2].0).hypot(corners[0].1 - corners[2].1);
        told += 1;
        near += i32::from((found.0 - truth.0).hypot(found.1 - truth.1) < 0.06 * diagonal);
    }
    assert!(told >= 6 && near * 10 >= told * 8, "{near} of {told}");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_fills_its_picture_is_left_as_it_is() {
    let (server, client) = shipped().await;
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let answer = read(&client, sample.pages[0].clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let page = &answer.body["pages"][0];
    assert_eq!((&page["rectified"], &page["rotation"]), (&false.into(), &0.0.into()));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_without_a_document_is_refused() {
    let (server, client) = shipped().await;
    let empty = bad_images::blank(900, 600, ImageFormat::Png);
    let answer = read(&client, empty.clone()).await;
    assert_eq!((answer.status, answer.code()), (422, "page.no_document"), "{}", answer.text);
    // Grain, and a slope of light: a wall.
    let wall = RgbImage::from_fn(900, 700, |x, y| {
        let grain = (x * 7919 + y * 104_729) % 13;
        image::Rgb([(90 + x / 12 + grain) as u8, (85 + x / 12 + grain) as u8, 80])
    });
    let answer = read(&client, png(&wall)).await;
    assert_eq!((answer.status, answer.code()), (422, "page.no_document"), "{}", answer.text);
    assert!(answer.text.contains("take it again"), "{}", answer.text);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_document_in_the_picture_is_not_passed_over_in_silence() {
    let (server, client) = shipped().await;
    let photographs = photographs();
    let (one, other) = (picture(&photographs[0]), picture(&photographs[1]));
    let mut both = RgbImage::new(one.width().max(other.width()), one.height() + other.height());
    imageops::replace(&mut both, &one, 0, 0);
    imageops::replace(&mut both, &other, 0, i64::from(one.height()));
    let answer = read(&client, png(&both)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(outcome(&answer, "page.single_document"), "failed", "{}", answer.text);
    assert_eq!(answer.body["verdict"], "rejected");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_that_is_spoilt_says_what_to_do() {
    let (server, client) = shipped().await;
    let sample = &photographs()[0];
    let good = picture(sample);
    let answer = read(&client, png(&good)).await;
    for code in ["resolution", "cut_off", "exposure", "blur", "glare"] {
        assert_eq!(outcome(&answer, &format!("image.{code}")), "passed", "{}", answer.text);
    }
    let blurred = imageops::blur(&good, 6.0);
    let answer = read(&client, png(&blurred)).await;
    assert_eq!(outcome(&answer, "image.blur"), "failed", "{}", answer.text);
    assert_eq!(answer.body["verdict"], "rejected");
    let mut dark = good;
    dark.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|value| value / 4));
    let answer = read(&client, png(&dark)).await;
    // Too dark to be found, or too dark to be read.
    let is_said = answer.code() == "page.no_document"
        || outcome(&answer, "image.exposure") == "failed"
        || outcome(&answer, "page.located") == "not_performed";
    assert!(is_said, "{}", answer.text);
    server.shutdown().await;
}
