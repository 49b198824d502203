//! Rules that trap, loop, allocate or lie cost one request its answer and nothing else.

use dossier_tests::{Client, TestRoot, bad_images, serve};
use image::ImageFormat;

use crate::PASSPORT;
use crate::guest::{Guest, LOOP, RawCheck, RawRequest};

const TRAP: &str = "unreachable";
const ALLOCATE: &str = "(loop $more
    (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
    (br $more)) unreachable";
const RECURSE: &str = "(call $deeper)";
const OUT_OF_BOUNDS: &str = "(i32.const 0x7ffffff0)";

/// One of the rules, and what a request that meets them is answered.
struct Hostile {
    name: &'static str,
    status: u16,
    code: &'static str,
    /// The guest, but for its name.
    guest: Guest,
}

/// Rules that ask for one field of twelve capitals and report it without a value.
fn honest() -> Guest {
    let mut guest = Guest::good();
    let shape = Some((1, 12));
    guest.requests(&[RawRequest { max_length: 12, shape, ..RawRequest::default() }]);
    guest.reports(&[("surname", None, "visual")], &[RawCheck::default()]);
    guest
}

/// Does `deed` before the document is read, but only if fields are requested: at start, when the
/// host asks for all of them, these rules behave.
fn before(deed: &str) -> Guest {
    let mut guest = honest();
    guest.before = format!("(if (local.get 3) (then {deed})) {}", guest.before);
    guest
}

/// Does `deed` after the document is read.
fn after(deed: &str) -> Guest {
    Guest { after: deed.to_owned(), ..honest() }
}

fn reporting(fields: &[(&str, Option<&str>, &str)], check: RawCheck<'_>) -> Guest {
    let mut guest = honest();
    guest.reports(fields, &[check]);
    guest
}

/// Asks for another field than the one requested.
fn disobedient() -> Guest {
    let mut guest = honest();
    let good = guest.before.clone();
    guest.requests(&[RawRequest { name: "sex", ..RawRequest::default() }]);
    guest.before = format!("(if (result i32) (local.get 3) (then {}) (else {good}))", guest.before);
    guest
}

/// Refuses with the first reading as its sentence: `raw` of the record stands 12 bytes in.
fn indiscreet() -> Guest {
    let mut guest = honest();
    let [code, length] = guest.data.text("hostile.refused");
    let result = guest.data.words(&[1, code, length, 0, 0]);
    guest.after = format!(
        "(i32.store offset=12 (i32.const {result}) (i32.load offset=12 (local.get 2)))
         (i32.store offset=16 (i32.const {result}) (i32.load offset=16 (local.get 2)))
         (i32.const {result})"
    );
    guest
}

fn hostile() -> Vec<Hostile> {
    let of = |name, status, code, guest| Hostile { name, status, code, guest };
    let recursion = "(func $deeper (result i32) (call $deeper))".to_owned();
    let surname = [("surname", None, "visual")];
    let known = || RawCheck::default();
    let nonsense = |name, guest| of(name, 502, "plugin.invalid_result", guest);
    let invented = [("surname", None, "visual"), ("age", Some("40"), "visual")];
    let shouting = RawCheck { code: "NOT A CODE", ..known() };
    vec![
        of("trap-before", 502, "plugin.trap", before(TRAP)),
        of("trap-after", 502, "plugin.trap", after(TRAP)),
        of("recurse", 502, "plugin.trap", Guest { extra: recursion, ..after(RECURSE) }),
        of("loop-before", 504, "plugin.timeout", before(LOOP)),
        of("loop-after", 504, "plugin.timeout", after(LOOP)),
        of("allocate-before", 502, "plugin.memory_limit", before(ALLOCATE)),
        of("allocate-after", 502, "plugin.memory_limit", after(ALLOCATE)),
        nonsense("points-nowhere", after(OUT_OF_BOUNDS)),
        nonsense("disobeys", disobedient()),
        nonsense("drops-readings", reporting(&[], known())),
        nonsense("invents-fields", reporting(&invented, known())),
        nonsense("invents-outcomes", reporting(&surname, RawCheck { outcome: 9, ..known() })),
        nonsense("shouts-codes", reporting(&surname, shouting)),
        of("refuses-with-values", 422, "plugin.refused", indiscreet()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_rules_cost_one_request_and_the_next_one_works() {
    let root = TestRoot::with_base().expect("the shipped base");
    root.add_shipped(PASSPORT).expect("the shipped passport");
    add(&root, "honest", honest());
    let cases = hostile()
        .into_iter()
        .map(|Hostile { name, status, code, guest }| {
            add(&root, name, guest);
            (name, status, code)
        })
        .collect::<Vec<_>>();
    let server = serve(root.path()).await.expect("rules that behave at start are served");
    let client = Client::new(server.address());
    let page = bad_images::blank(300, 200, ImageFormat::Png);

    let honest = read_surname(&client, "hostile/honest", &page).await;
    assert_eq!(honest.status, 200, "{}", honest.text);
    let raw = honest.body["fields"][0]["raw"].as_str().expect("a reading");
    assert_eq!(raw.len(), 12, "the shape is forced");

    for (name, status, code) in cases {
        let answer = read_surname(&client, &format!("hostile/{name}"), &page).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{name}: {}", answer.text);
        assert_eq!(answer.body["plugin"], name, "{name}: the rules at fault are named");
        assert!(!answer.text.contains(raw), "{name} quotes a value");
        let next = client.extract_fields(PASSPORT, std::slice::from_ref(&page), "sex").await;
        assert_eq!(next.expect("an answer").status, 200, "after {name}");
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_can_never_serve_stops_the_start_by_name() {
    let no_type = {
        let mut guest = honest();
        guest.describes("quiet", "1.0.0", &["another/type"]);
        guest.component()
    };
    let silent = Guest { describe: TRAP.to_owned(), ..honest() }.component();
    for (component, expected) in [
        (no_type, "no rules for `hostile/quiet`"),
        (silent, "trap in describe"),
        (b"\0asm\x01\0\0\0".to_vec(), "no WebAssembly component"),
        (b"hello".to_vec(), "no WebAssembly component"),
    ] {
        let root = TestRoot::with_base().expect("the shipped base");
        root.add_document_type("hostile/quiet", "quiet", &component).expect("is written");
        let error = format!("{:#}", serve(root.path()).await.expect_err(expected));
        assert!(error.contains("quiet.wasm") && error.contains(expected), "{error}");
    }
}

/// What rules do when they are asked may change with the day: they stop nobody but themselves.
#[tokio::test(flavor = "multi_thread")]
async fn rules_that_trap_when_they_are_asked_are_quarantined_alone() {
    let root = TestRoot::with_base().expect("the shipped base");
    add(&root, "honest", honest());
    add(&root, "traps", Guest { before: TRAP.to_owned(), ..honest() });
    let server = serve(root.path()).await.expect("the others are served");
    let client = Client::new(server.address());
    let page = bad_images::blank(300, 200, ImageFormat::Png);
    let answer = read_surname(&client, "hostile/traps", &page).await;
    assert_eq!((answer.status, answer.code()), (503, "document_type.quarantined"));
    assert_eq!(read_surname(&client, "hostile/honest", &page).await.status, 200);
    server.shutdown().await;
}

fn add(root: &TestRoot, name: &str, mut guest: Guest) {
    let id = format!("hostile/{name}");
    guest.describes(name, "1.0.0", &[&id]);
    root.add_document_type(&id, name, &guest.component()).expect("is written");
}

async fn read_surname(client: &Client, document_type: &str, page: &[u8]) -> dossier_tests::Answer {
    client.extract_fields(document_type, &[page.to_vec()], "surname").await.expect("an answer")
}
