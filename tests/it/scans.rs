//! Documents that come as one file of several pages.

use std::io::Cursor;

use dossier_tests::scans::{ScannedPage, kids, pdf, pdf_with, tiff};
use dossier_tests::{Answer, Client, samples_of};
use image::{ImageFormat, RgbImage};

use crate::{ID_CARD, PASSPORT, shipped};

fn pixels(page: &[u8]) -> RgbImage {
    image::load_from_memory(page).expect("a sample").into_rgb8()
}

/// The pages of a sample: as pixels, and as JPEG.
fn sample() -> (Vec<RgbImage>, Vec<Vec<u8>>) {
    let sample = &samples_of(ID_CARD).expect("samples")[0];
    let pages = sample.pages.iter().map(|page| pixels(page)).collect::<Vec<_>>();
    let jpeg = |page: &RgbImage| {
        let mut file = Cursor::new(Vec::new());
        page.write_to(&mut file, ImageFormat::Jpeg).expect("memory is never full");
        file.into_inner()
    };
    (pages.clone(), pages.iter().map(jpeg).collect())
}

async fn read(client: &Client, files: &[Vec<u8>]) -> Answer {
    let answer = client.extract(ID_CARD, files).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// What an answer tells of the document; not who answered, and when.
fn told(answer: &Answer) -> [&serde_json::Value; 4] {
    ["pages", "fields", "checks", "verdict"].map(|key| &answer.body[key])
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_of_all_pages_is_read_as_a_file_a_page_is() {
    let (server, client) = shipped().await;
    let (pages, jpegs) = sample();
    assert_eq!(pages.len(), 2);

    let as_jpegs = read(&client, &jpegs).await;
    let scanned =
        |index: usize| ScannedPage::of_jpeg(jpegs[index].clone(), pages[index].dimensions());
    let one = read(&client, &[pdf(&[scanned(0), scanned(1)])]).await;
    assert_eq!(told(&one), told(&as_jpegs));
    let two = read(&client, &[pdf(&[scanned(0)]), jpegs[1].clone()]).await;
    assert_eq!(told(&two), told(&as_jpegs));
    let huge = ScannedPage {
        points: (1_000_000, 1_000_000 * pages[0].height() / pages[0].width()),
        ..scanned(0)
    };
    let huge = read(&client, &[pdf(&[huge, scanned(1)])]).await;
    assert_eq!(told(&huge), told(&as_jpegs));

    let as_tiffs = read(&client, &[tiff(&pages[..1]), tiff(&pages[1..])]).await;
    let one = read(&client, &[tiff(&pages)]).await;
    assert_eq!(told(&one), told(&as_tiffs));
    // Stored on their sides, and turned by the PDF.
    let lying = pages.iter().map(image::imageops::rotate270).collect::<Vec<_>>();
    let turned =
        lying.iter().map(|page| ScannedPage { rotate: 90, ..ScannedPage::of_pixels(page) });
    let turned = read(&client, &[pdf(&turned.collect::<Vec<_>>())]).await;
    assert_eq!(told(&turned), told(&as_tiffs));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_pages_that_are_too_many_or_can_not_be_read_are_refused() {
    let (server, client) = shipped().await;
    let (pages, jpegs) = sample();
    let page = || ScannedPage::of_jpeg(jpegs[0].clone(), pages[0].dimensions());
    let blank = ScannedPage { data: vec![0], filter: "", size: (1, 1), rotate: 0, points: (9, 9) };
    let whole = pdf(&[page()]);
    let half = whole[..whole.len() / 2].to_vec();
    let cut = &jpegs[0][..jpegs[0].len() / 2];
    let cases = [
        ("two pages of one", vec![pdf(&[page(), page()])], 422, "document.too_many_pages"),
        (
            "a page and one more",
            vec![jpegs[0].clone(), whole.clone()],
            422,
            "document.too_many_pages",
        ),
        ("a TIFF of three", vec![tiff(&vec![pages[0].clone(); 3])], 422, "document.too_many_pages"),
        ("a thousand", vec![pdf(&vec![blank; 1000])], 422, "document.too_many_pages"),
        ("its own page", vec![pdf_with(&[page()], "2 0 R", "")], 400, "page.corrupt"),
        ("a page twice", vec![pdf_with(&[page()], "3 0 R 3 0 R", "")], 400, "page.corrupt"),
        (
            "an encrypted one",
            vec![pdf_with(&[page()], &kids(1), "/Encrypt<</Filter/Standard/V 2>>")],
            415,
            "page.unsupported",
        ),
        ("half a PDF", vec![half], 400, "page.truncated"),
        (
            "half a JPEG in it",
            vec![pdf(&[ScannedPage::of_jpeg(cut.to_vec(), pages[0].dimensions())])],
            400,
            "page.corrupt",
        ),
    ];
    for (name, files, status, code) in cases {
        let answer = client.extract(PASSPORT, &files).await.expect("an answer");
        assert_eq!((answer.status, answer.code()), (status, code), "{name}: {}", answer.text);
    }
    server.shutdown().await;
}
