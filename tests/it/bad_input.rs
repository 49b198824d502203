//! What is refused, with which status and code; and that nothing else happens.

use std::io::Write as _;
use std::net::TcpStream;

use dossier_tests::{Answer, Client, bad_images, config, samples_of, shipped_root};
use image::ImageFormat;
use reqwest::multipart::{Form, Part};

use crate::{PASSPORT, shipped};

/// One request that is refused.
struct Case {
    name: String,
    form: Form,
    status: u16,
    code: &'static str,
}

fn case(name: impl Into<String>, form: Form, status: u16, code: &'static str) -> Case {
    Case { name: name.into(), form, status, code }
}

fn passport() -> Form {
    Form::new().text("document_type", PASSPORT)
}

fn with_page(form: Form, bytes: Vec<u8>) -> Form {
    form.part("page", Part::bytes(bytes).file_name("page"))
}

fn page() -> Vec<u8> {
    bad_images::blank(64, 64, ImageFormat::Png)
}

fn bad_pages() -> Vec<Case> {
    let bad = |name: &str, bytes: Vec<u8>, status, code| {
        case(name, with_page(passport(), bytes), status, code)
    };
    let mut cases = vec![
        bad("an empty file", Vec::new(), 400, "page.empty"),
        bad("a text", b"hello, this is no image".to_vec(), 415, "page.not_an_image"),
        bad("zeros", vec![0; 5_000], 415, "page.not_an_image"),
        bad("a PDF that breaks off", b"%PDF-1.7\n%\xe2\xe3".to_vec(), 400, "page.truncated"),
        bad("a HEIF", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), 415, "page.unsupported"),
        bad("a GIF", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), 415, "page.unsupported"),
    ];
    for (name, format) in bad_images::FORMATS {
        let whole = bad_images::blank(300, 200, format);
        let half = whole[..whole.len() / 2].to_vec();
        let huge = bad_images::stating(30_000, format);
        cases.push(bad(&format!("a huge {name} header"), huge, 413, "page.too_large"));
        if format != ImageFormat::Tiff {
            cases.push(bad(&format!("half a {name}"), half, 400, "page.truncated"));
        }
    }
    cases
}

fn bad_forms() -> Vec<Case> {
    let complete = || with_page(passport(), page());
    let no_type = with_page(Form::new(), page());
    let unknown = with_page(Form::new().text("document_type", "utopia/passport/1824"), page());
    let no_type_at_all = with_page(Form::new().text("document_type", "../../etc/passwd"), page());
    let latin_1 = Part::bytes(b"utopia/\xe9".to_vec());
    vec![
        case("an unknown type", unknown, 404, "document_type.unknown"),
        case("a type that is a path", no_type_at_all, 404, "document_type.unknown"),
        case("no type, and nothing that has one", no_type, 422, "page.no_document"),
        case("no page", passport(), 400, "page.missing"),
        case("two types", complete().text("document_type", PASSPORT), 400, "form.repeated_part"),
        case("an unknown part", complete().text("feilds", "sex"), 400, "form.unknown_part"),
        case("no text", Form::new().part("document_type", latin_1), 400, "form.not_text"),
        case("no field name", complete().text("fields", "Sex!"), 400, "form.field_name"),
        case("an unknown field", complete().text("fields", "shoe_size"), 422, "field.unknown"),
        case("a field twice", complete().text("fields", "sex,sex"), 422, "field.repeated"),
        case("a page too many", with_page(complete(), page()), 422, "document.too_many_pages"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_request_has_its_status_and_code_and_the_next_one_works() {
    let (server, client) = shipped().await;
    for Case { name, form, status, code } in bad_pages().into_iter().chain(bad_forms()) {
        let answer = client.post(form).await.expect(&name);
        assert_is_problem(&name, &answer, status, code);
    }
    assert_next_request_works(&client).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_form_are_refused() {
    let (server, client) = shipped().await;
    for (name, content_type, body, status, code) in [
        ("JSON without a key", "application/json", b"{}".to_vec(), 400, "json.missing_key"),
        ("an image", "image/png", page(), 415, "body.content_type"),
        ("no boundary", "multipart/form-data", b"--x".to_vec(), 415, "body.content_type"),
        ("no part", "multipart/form-data; boundary=x", b"hello".to_vec(), 400, "form.malformed"),
        ("nothing", "multipart/form-data; boundary=x", Vec::new(), 400, "form.malformed"),
    ] {
        let answer = client.post_raw(content_type, body).await.expect(name);
        assert_is_problem(name, &answer, status, code);
    }
    assert_next_request_works(&client).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused() {
    let mut config = config(&shipped_root()).expect("the defaults");
    config.http.body_bytes = 100_000;
    let server = dossier::serve(config).await.expect("the server starts");
    let client = Client::new(server.address());
    let answer = client.post(with_page(passport(), vec![7; 200_000])).await.expect("an answer");
    assert_is_problem("a long body", &answer, 413, "body.too_large");
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let mut small = image::load_from_memory(&sample.pages[0]).expect("a page");
    small = small.thumbnail(384, 256);
    let mut file = std::io::Cursor::new(Vec::new());
    small.write_to(&mut file, ImageFormat::Jpeg).expect("is encoded");
    let answer = client.post(with_page(passport(), file.into_inner())).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_the_middle_harms_nobody() {
    let (server, client) = shipped().await;
    for head in [
        &b"POST /v1/extract HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 5000\r\n\r\n--x\r\n"[..],
        b"POST /v1/extract HTTP/1.1\r\nhost",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    ] {
        let mut stream = TcpStream::connect(server.address()).expect("connects");
        stream.write_all(head).expect("is sent");
    }
    assert_next_request_works(&client).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_and_methods_that_do_not_exist_are_problems_too() {
    let (server, client) = shipped().await;
    let answer = client.get("/v3/extract").await.expect("an answer");
    assert_is_problem("an unknown route", &answer, 404, "route.unknown");
    let answer = client.get("/v1/extract").await.expect("an answer");
    assert_is_problem("a wrong method", &answer, 405, "route.method");
    server.shutdown().await;
}

fn assert_is_problem(name: &str, answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{name}: {}", answer.text);
    assert_eq!(answer.content_type, "application/problem+json", "{name}");
    assert_eq!(answer.body["status"], status, "{name}");
    assert_eq!(answer.body["request_id"], answer.request_id.as_str(), "{name}");
    for key in ["type", "title", "detail"] {
        assert!(answer.body[key].as_str().is_some_and(|text| !text.is_empty()), "{name}: {key}");
    }
    assert!(answer.body["fields"].is_null(), "{name}: nothing may be read");
}

async fn assert_next_request_works(client: &Client) {
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let answer = client.extract_fields(PASSPORT, &sample.pages, "sex").await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text);
}
