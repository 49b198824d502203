//! Which fields are chosen, and what is refused.

use super::*;

fn fields() -> Vec<FieldRequest> {
    ["surname", "sex", "mrz"]
        .map(|name| FieldRequest { name, page: 0, characters: "A-Z", max_length: 9, shape: None })
        .to_vec()
}

fn chosen(requested: Option<&[&str]>) -> Result<Vec<&'static str>, &'static str> {
    let requested =
        requested.map(|names| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    choose(fields(), requested.as_deref())
        .map(|fields| fields.iter().map(|field| field.name).collect())
        .map_err(|refusal| refusal.code)
}

#[test]
fn requested_fields_keep_their_order() {
    assert_eq!(chosen(None), Ok(vec!["surname", "sex", "mrz"]));
    assert_eq!(chosen(Some(&["mrz", "surname"])), Ok(vec!["mrz", "surname"]));
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    assert_eq!(chosen(Some(&[])), Err("fields.none"));
    assert_eq!(chosen(Some(&["sex", "sex"])), Err("fields.duplicate"));
    assert_eq!(chosen(Some(&["shoe_size"])), Err("fields.unknown"));
    let long = "x".repeat(10_000) + "\n";
    let refusal = choose(fields(), Some(&[long])).expect_err("unknown");
    assert!(refusal.message.len() <= 512 && !refusal.message.contains('\n'));
}

#[test]
fn pages_and_date_are_checked() {
    assert!(check_page_count(2, 2).is_ok());
    assert_eq!(check_page_count(1, 2).map_err(|refusal| refusal.code), Err("pages.count"));
    assert_eq!(parse_today("24.11.2026").map_err(|refusal| refusal.code), Err("today.format"));
    assert!(parse_today("2026-11-24").is_ok());
}
