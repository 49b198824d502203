//! Keys and answers, at times that the test decides.

use dossier_engine::identify::Reach;
use dossier_engine::{Conditions, ModelChoice, TypeChoice};

use super::*;

const TTL: Duration = Duration::from_secs(60);

fn answers(entries: usize, bytes: usize) -> Answers {
    Answers::new(IdempotencyLimits { entries, bytes, ttl: TTL })
}

fn of_tenant(tenant: &str, name: &str) -> Key {
    Key { tenant: tenant.parse().expect("a tenant"), text: name.to_owned() }
}

fn key(name: &str) -> Key {
    of_tenant("utopia", name)
}

fn first(begun: Result<Begun, ApiError>) -> Place {
    match begun {
        Ok(Begun::First(place)) => place,
        Ok(Begun::Again(_)) => panic!("it was answered before"),
        Err(error) => panic!("{error}"),
    }
}

fn again(begun: Result<Begun, ApiError>) -> Bytes {
    match begun {
        Ok(Begun::Again(answer)) => answer.body,
        Ok(Begun::First(_)) => panic!("it was not answered before"),
        Err(error) => panic!("{error}"),
    }
}

fn answer(body: &str) -> KeptAnswer {
    KeptAnswer { headers: Vec::new(), body: Bytes::from(body.to_owned()) }
}

const ONE: Fingerprint = Fingerprint([1; 32]);
const OTHER: Fingerprint = Fingerprint([2; 32]);

#[test]
fn the_same_request_gets_the_same_answer() {
    let answers = answers(4, 100);
    let place = first(answers.begin(key("a"), ONE));
    assert!(matches!(answers.begin(key("a"), ONE), Err(ApiError::InWork)));
    assert!(matches!(answers.begin(key("a"), OTHER), Err(ApiError::OtherRequest)));
    place.keep(&answer("read"));
    assert_eq!(again(answers.begin(key("a"), ONE)), "read");
    assert!(matches!(answers.begin(key("a"), OTHER), Err(ApiError::OtherRequest)));
}

#[test]
fn tenants_have_keys_of_their_own() {
    let answers = answers(4, 100);
    first(answers.begin(key("a"), ONE)).keep(&answer("read"));
    let other = of_tenant("norvaria", "a");
    first(answers.begin(other.clone(), ONE)).keep(&answer("read for another"));
    assert_eq!(again(answers.begin(key("a"), ONE)), "read");
    assert_eq!(again(answers.begin(other, ONE)), "read for another");
}

#[test]
fn what_was_not_answered_leaves_the_key_free() {
    let answers = answers(4, 100);
    drop(first(answers.begin(key("a"), ONE)));
    first(answers.begin(key("a"), OTHER)).keep(&answer("read"));
    assert_eq!(again(answers.begin(key("a"), OTHER)), "read");
}

#[test]
fn answers_are_forgotten_after_their_time() {
    let (answers, start) = (answers(4, 100), Instant::now());
    first(answers.begin_at(key("a"), ONE, start)).keep_at(&answer("read"), start);
    let before = start + TTL - Duration::from_secs(1);
    assert_eq!(again(answers.begin_at(key("a"), ONE, before)), "read");
    first(answers.begin_at(key("a"), OTHER, start + TTL));
    assert_eq!(answers.shared.state().bytes, 0);
}

#[test]
fn the_oldest_answers_make_room() {
    let answers = answers(2, 10);
    first(answers.begin(key("a"), ONE)).keep(&answer("12345"));
    first(answers.begin(key("b"), ONE)).keep(&answer("12345"));
    let open = first(answers.begin(key("c"), ONE));
    assert_eq!(again(answers.begin(key("b"), ONE)), "12345");
    open.keep(&answer("123456"));
    assert_eq!(again(answers.begin(key("c"), ONE)), "123456");
    let state = answers.shared.state();
    assert_eq!((state.entries.len(), state.answered.len(), state.bytes), (1, 1, 6));
}

#[test]
fn requests_in_work_are_never_forgotten() {
    let answers = answers(2, 10);
    let _both = (first(answers.begin(key("a"), ONE)), first(answers.begin(key("b"), ONE)));
    let refused = answers.begin(key("c"), ONE);
    assert!(matches!(refused, Err(ApiError::Engine(EngineError::Overloaded))));
}

#[test]
fn an_answer_larger_than_all_may_be_is_not_kept() {
    let answers = answers(2, 10);
    first(answers.begin(key("a"), ONE)).keep(&answer("12345678901"));
    first(answers.begin(key("a"), OTHER));
}

#[test]
fn keys_are_short_and_visible() {
    let of = |values: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(KEY, HeaderValue::from_str(value).expect("a value"));
        }
        key_of(&headers, &"utopia".parse().expect("a tenant"))
    };
    assert_eq!(of(&[]).expect("none"), None);
    for text in ["8e03978e-40d5-43dd-bc93-6894a57f9324", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""]
    {
        assert_eq!(of(&[text]).expect("a key"), Some(key("8e03978e-40d5-43dd-bc93-6894a57f9324")));
    }
    let (longest, long) = ("k".repeat(MAX_KEY_BYTES), "k".repeat(MAX_KEY_BYTES + 1));
    assert!(of(&[&longest]).is_ok());
    for values in [&["", ""][..1], &["\"\""], &["a b"], &["a\"b"], &[&long], &["a", "a"]] {
        assert!(matches!(of(values), Err(ApiError::Header { .. })), "{values:?}");
    }
}

#[test]
fn a_fingerprint_is_of_everything_that_makes_an_answer() {
    let asked = |pages: &[&str], fields: Option<&[&str]>| ExtractRequest {
        document_type: TypeChoice::Named("a/b".parse().expect("an identifier")),
        model: ModelChoice::Adapter,
        conditions: Conditions::default(),
        permit: None,
        pages: pages.iter().map(|page| Bytes::from((*page).to_owned())).collect(),
        fields: fields
            .map(|names| names.iter().map(|name| name.parse().expect("a name")).collect()),
    };
    let of = |request: &ExtractRequest| Fingerprint::of(request, "json").0;
    let mut seen = vec![
        of(&asked(&["one"], None)),
        of(&asked(&["o", "ne"], None)),
        of(&asked(&["one"], Some(&[]))),
        of(&asked(&["one"], Some(&["sex"]))),
        of(&asked(&[], Some(&["sex"]))),
        Fingerprint::of(&asked(&["one"], None), "tensors").0,
    ];
    let conditions = Conditions { generation: Some(1), ..Conditions::default() };
    seen.push(of(&ExtractRequest { conditions, ..asked(&["one"], None) }));
    let document_type = TypeChoice::Identified(Reach::default());
    seen.push(of(&ExtractRequest { document_type, ..asked(&["one"], None) }));
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count);
    assert!(of(&asked(&["one"], None)) == of(&asked(&["one"], None)));
}
