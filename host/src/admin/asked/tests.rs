//! Names, numbers and queries at their bounds and beyond.

use super::*;

fn get(uri: &str) -> Request {
    Request::get(uri).body(Body::empty()).expect("a request")
}

fn told<T>(result: Result<T, ApiError>) -> String {
    let problem = result.err().expect("is refused").problem();
    format!("{} {} {}", problem.status.as_u16(), problem.code, problem.detail)
}

#[test]
fn a_limit_has_its_bounds_and_beyond_is_refused() {
    let history = |query: &str| history_limit(&get(&format!("/v1/history{query}")));
    assert_eq!(history("").expect("the default"), EVENTS);
    for limit in [1, MOST_EVENTS] {
        assert_eq!(history(&format!("?limit={limit}")).expect("within"), limit);
    }
    for limit in ["0", "10001", "18446744073709551616", "-1", "1e3", "ten", ""] {
        let told = told(history(&format!("?limit={limit}")));
        assert!(told.starts_with("400 admin.query "), "{limit}: {told}");
    }
    assert_eq!(told(history("?limit=0")), "400 admin.query `limit` must be 1 to 10000");
    for query in ["?limit=1&limit=2", "?surprise=1", "?limit=1&after=paper"] {
        assert!(told(history(query)).starts_with("400 admin.query "), "{query}");
    }
}

#[test]
fn a_page_of_names_has_its_bounds() {
    let page = |query: &str| page(&get(&format!("/v1/packages{query}")));
    assert_eq!(page("").expect("the default"), Page { after: None, limit: NAMES });
    let asked = page("?after=utopia%2Fpassport%2F2024&limit=1000").expect("within");
    assert_eq!(asked, Page { after: Some("utopia/passport/2024".to_owned()), limit: MOST_NAMES });
    assert!(page("?after=utopia").is_ok());
    for query in ["?limit=0", "?limit=1001", "?after=", "?after=A", "?after=%1b", "?after=a/"] {
        assert!(told(page(query)).starts_with("400 admin.query "), "{query}");
    }
    let long = format!("?after={}", "a".repeat(DocumentTypeId::MAX_BYTES + 1));
    assert!(told(page(&long)).starts_with("400 admin.query "));
}

#[test]
fn a_package_is_published_unless_it_is_only_to_be_tried() {
    let asked = |query: &str| is_dry_run(&get(&format!("/v1/packages{query}")));
    for (query, is_dry) in [("", false), ("?dry_run=false", false), ("?dry_run=true", true)] {
        assert_eq!(asked(query).expect("is understood"), is_dry, "{query}");
    }
    for query in ["?dry_run", "?dry_run=1", "?dry_run=true&dry_run=true", "?dryrun=true"] {
        assert!(told(asked(query)).starts_with("400 admin.query "), "{query}");
    }
}

#[test]
fn a_name_is_one_of_rules_or_a_document_type() {
    for name in ["utopia", "a-1", "utopia/passport/2024"] {
        assert_eq!(name_of(name.to_owned()).expect("a name").0, name);
    }
    let long = ["a".repeat(65), format!("a/{}", "b".repeat(DocumentTypeId::MAX_BYTES))];
    let others = ["", "1", "Utopia", "a b", "a/", "../..", "\u{1b}[2J"].map(str::to_owned);
    for name in others.into_iter().chain(long) {
        assert!(told(name_of(name.clone())).starts_with("400 admin.name "), "{name}");
    }
}
