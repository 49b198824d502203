//! Documents whose type nobody names, with the shipped base and the prototypes of the shipped adapters.

use std::process::Command;

use dossier_tests::{Answer, Client, Sample, bad_images, samples_of, shipped_root, shipped_types};
use image::ImageFormat;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{DOSSIER, PASSPORT, shipped};

fn unnamed(sample: &Sample) -> Form {
    let pages = sample.pages.iter().map(|page| Part::bytes(page.clone()).file_name("page"));
    pages.fold(Form::new(), |form, page| form.part("page", page))
}

async fn answer(client: &Client, sample: &Sample) -> Answer {
    client.post(unnamed(sample)).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_every_shipped_type_are_known_by_their_look() {
    let (server, client) = shipped().await;
    let (mut asked, mut known) = (0, 0);
    for manifest in shipped_types().expect("manifests") {
        let document_type = manifest.document_type.as_str();
        for sample in samples_of(document_type).expect("samples").iter().take(2) {
            let answer = answer(&client, sample).await;
            asked += 1;
            let candidates = answer.body["candidates"].as_array().expect("a list");
            let names = candidates.iter().map(|candidate| &candidate["document_type"]);
            // What looks like none for sure may be of any issuer, by its zone: that one stands first then.
            let is_of_any =
                |name: &&Value| name.as_str().is_some_and(|name| name.starts_with("icao/"));
            let by_zone = names.clone().next().filter(is_of_any);
            let names = names.skip(usize::from(by_zone.is_some())).take(3).collect::<Vec<_>>();
            assert!(names.contains(&&json!(document_type)), "{document_type}: {candidates:?}");
            if let Some(by_zone) = by_zone {
                assert_eq!((answer.status, &answer.body["document_type"]), (200, by_zone));
            } else if answer.status == 200 {
                // What is sure is right.
                assert_eq!(answer.body["document_type"], document_type);
                assert_eq!(names[0], document_type);
                known += 1;
            } else {
                assert_eq!((answer.status, answer.code()), (404, "document_type.unknown"));
            }
        }
    }
    assert!(known * 100 >= asked * 90, "{known} of {asked} are sure enough to be read");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_read_as_if_it_had_been_named() {
    let (server, client) = shipped().await;
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let named = client.extract(PASSPORT, &sample.pages).await.expect("an answer");
    let found = answer(&client, sample).await;
    assert_eq!(found.body["fields"], named.body["fields"]);
    assert_eq!(found.body["served_by"], named.body["served_by"]);
    assert_eq!(named.body["candidates"], json!([]));
    let took = |answer: &Answer| answer.body["timings_ms"]["identify"].as_f64().expect("a number");
    assert!(took(&found) > 0.0 && took(&named) == 0.0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_is_taken_for_no_document() {
    let (server, client) = shipped().await;
    for size in [(24, 24), (600, 400)] {
        let page = bad_images::blank(size.0, size.1, ImageFormat::Png);
        let form = Form::new().part("page", Part::bytes(page).file_name("page"));
        let answer = client.post(form).await.expect("an answer");
        let refused = [(404, "document_type.unknown"), (422, "page.no_document")];
        assert!(refused.contains(&(answer.status, answer.code())), "{}", answer.text);
    }
    let form = Form::new().text("fields", "surname");
    let answer = client.post(form).await.expect("an answer");
    assert_eq!((answer.status, answer.code()), (400, "page.missing"));
    server.shutdown().await;
}

#[test]
fn the_command_line_finds_the_type_too() {
    let page = &samples_of(PASSPORT).expect("samples")[0].files[0];
    let mut command = Command::new(DOSSIER);
    command.args(["extract", "--data-root"]).arg(shipped_root()).arg(page);
    let output = command.output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with(&format!("{PASSPORT}\n")), "{text}");
}
