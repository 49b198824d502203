//! The description says what there is.

use serde_json::Value;

use super::*;

fn described() -> Value {
    serde_json::from_str(text()).expect("JSON")
}

#[test]
fn it_is_openapi_3_1() {
    assert!(described()["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
}

#[test]
fn every_refusal_stands_in_it() {
    let described = described();
    let mut found = BTreeSet::new();
    let paths = described["paths"].as_object().expect("paths");
    for operation in paths.values().flat_map(|item| item.as_object().expect("an item").values()) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            for content in response["content"].as_object().into_iter().flat_map(|all| all.values())
            {
                let codes = content["schema"]["allOf"][1]["properties"]["code"]["enum"].as_array();
                for code in codes.into_iter().flatten() {
                    found.insert((code.as_str().expect("a code").to_owned(), status.clone()));
                }
            }
        }
    }
    for known in known() {
        let key = (known.code.to_owned(), known.status.to_string());
        assert!(found.contains(&key), "{key:?}");
    }
}

#[test]
fn keys_that_hold_a_word_tell_which() {
    use dossier_document::{CheckOutcome as O, Verdict as V};
    use dossier_jobs::{JobState as S, WebhookState as W};
    let described = described();
    let words = |schema: &str, key: &str| {
        let property = &described["components"]["schemas"][schema]["properties"][key];
        let words = property["enum"].as_array().cloned().unwrap_or_default();
        words.iter().map(|word| word.as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let verdicts = [V::Accepted, V::Incomplete, V::Rejected].map(V::as_str);
    assert_eq!(words("ExtractBody", "verdict"), verdicts);
    let outcomes = [O::Passed, O::Failed, O::NotPerformed].map(O::as_str);
    assert_eq!(words("CheckBody", "outcome"), outcomes);
    let states = [S::Queued, S::Running, S::Succeeded, S::Failed, S::Cancelled].map(S::as_str);
    for schema in ["Job", "JobDocument", "JobResult", "JobResults"] {
        assert_eq!(words(schema, "state"), states, "{schema}");
    }
    let told = [W::Waiting, W::Due, W::Delivered, W::GivenUp].map(W::as_str);
    assert_eq!(words("JobWebhook", "state"), told);
}

#[test]
fn the_page_names_every_route_and_loads_nothing() {
    let page = page::of(text());
    for (path, item) in described()["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("an item").keys() {
            let route = format!("{} {path}", method.to_uppercase());
            assert!(page.contains(&format!("<code>{route}</code>")), "{route}");
        }
    }
    for loading in ["http://", "https://", "<script", "src=", "@import"] {
        assert!(!page.contains(loading), "{loading}");
    }
}
