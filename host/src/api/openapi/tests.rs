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
fn the_page_names_every_route_and_loads_nothing() {
    let page = page::of(text());
    for path in described()["paths"].as_object().expect("paths").keys() {
        assert!(page.contains(path.as_str()), "{path}");
    }
    for loading in ["http://", "https://", "<script", "src=", "@import"] {
        assert!(!page.contains(loading), "{loading}");
    }
}
