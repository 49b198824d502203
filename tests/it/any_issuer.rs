//! Documents of any issuer, by their zone: with the shipped base, its reader of zones, and the adapter of the types
//! `icao/…`. Their samples are drawn like nothing that it was trained on but by the same generator.

use std::io::Cursor;

use dossier_tests::{Answer, Sample, samples_of};
use image::{ImageFormat, Rgb, RgbImage, imageops};
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::shipped;

const TYPES: [&str; 5] = ["icao/td1", "icao/td2", "icao/td3", "icao/mrv-a", "icao/mrv-b"];
/// Of fifteen zones so many must be exact; of real pictures `tests/peers/real_zones.json` has the figures.
const LEAST_EXACT: usize = 11;

fn samples() -> Vec<(&'static str, Sample)> {
    let of_type = |document_type| {
        let samples = samples_of(document_type).expect("samples");
        samples.into_iter().map(move |sample| (document_type, sample))
    };
    TYPES.into_iter().flat_map(of_type).collect()
}

fn field<'a>(answer: &'a Answer, name: &str) -> &'a Value {
    let mut fields = answer.body["fields"].as_array().expect("a list").iter();
    fields.find(|field| field["name"] == name).unwrap_or(&Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_read_twice_and_tells_what_it_says() {
    let (server, client) = shipped().await;
    let mut exact = 0;
    for (document_type, sample) in samples() {
        let answer = client.extract(document_type, &sample.pages).await.expect("an answer");
        assert_eq!(answer.status, 200, "{document_type}: {}", answer.text);
        let zone = field(&answer, "mrz");
        let (_, truth) = &sample.truth[0];
        exact += usize::from(zone["raw"].as_str() == Some(truth));
        // Lines are of the format, whatever was read.
        let lines = |text: &str| text.split('\n').map(str::len).collect::<Vec<_>>();
        assert_eq!(lines(zone["raw"].as_str().expect("a text")), lines(truth), "{document_type}");
        let other = &zone["other_reading"];
        assert!(matches!(other["read_from"].as_str(), Some("page" | "strip")), "{other}");
        let differs = other["differs_at"].as_array().expect("a list").len();
        assert_eq!(differs == 0, zone["raw"] == other["raw"]);
        let mut checks = answer.body["checks"].as_array().expect("a list").iter();
        let confirmed = checks.find(|check| check["code"] == "mrz.second_look").expect("a check");
        let expected = if differs == 0 { "passed" } else { "not_performed" };
        assert_eq!(confirmed["outcome"], expected);
        assert!(answer.body["served_by"]["zone_reader"].is_string());
        assert!(answer.body["timings_ms"]["second_look"].as_f64().expect("a number") > 0.0);
        if zone["raw"].as_str() == Some(truth) {
            assert_eq!(field(&answer, "surname")["source"], "mrz", "{}", answer.text);
        }
    }
    assert!(exact >= LEAST_EXACT, "{exact} of {} zones are exact", samples().len());
    server.shutdown().await;
}

/// An open passport: a page above without a zone, and the one with it below.
fn open_passport(page: &[u8]) -> Vec<u8> {
    let page = image::load_from_memory(page).expect("a picture").to_rgb8();
    let (width, height) = page.dimensions();
    let mut open = RgbImage::from_fn(width, 2 * height, |x, y| {
        // Paper with lines on it, as wide as the page.
        let line = y % 24 < 3 && (width / 8..width / 2).contains(&x) && y > height / 4;
        Rgb(if line { [90, 90, 110] } else { [226, 222, 212] })
    });
    imageops::replace(&mut open, &page, 0, i64::from(height));
    let mut bytes = Cursor::new(Vec::new());
    open.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_looked_for_in_all_of_its_picture() {
    let (server, client) = shipped().await;
    let mut known = 0;
    let samples = samples().into_iter().filter(|(document_type, _)| *document_type == "icao/td3");
    for (document_type, sample) in samples {
        let page = Part::bytes(open_passport(&sample.pages[0])).file_name("page");
        let answer = client.post(Form::new().part("page", page)).await.expect("an answer");
        if answer.status == 200 {
            assert_eq!(answer.body["document_type"], document_type, "{}", answer.text);
            known += 1;
        } else {
            assert_eq!(answer.code(), "document_type.unknown", "{}", answer.text);
        }
    }
    assert!(known >= 2, "{known} of 3 are known");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_zone_says_what_a_document_is_that_nobody_names() {
    let (server, client) = shipped().await;
    let mut known = 0;
    for (document_type, sample) in samples() {
        let page = Part::bytes(sample.pages[0].clone()).file_name("page");
        let answer = client.post(Form::new().part("page", page)).await.expect("an answer");
        if answer.status == 200 {
            assert_eq!(answer.body["document_type"], document_type, "{}", answer.text);
            assert_eq!(answer.body["candidates"][0]["document_type"], document_type);
            known += 1;
        } else {
            assert_eq!(answer.code(), "document_type.unknown", "{}", answer.text);
        }
    }
    assert!(known >= LEAST_EXACT, "{known} of {} are known", samples().len());
    server.shutdown().await;
}
