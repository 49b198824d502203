//! Which fields are asked for, and which documents are refused.

use dossier_rules_sdk::FieldRequest;

use super::{TODAY, before};

fn names(fields: &[FieldRequest]) -> Vec<&str> {
    fields.iter().map(|field| field.name).collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn without_a_request_every_field_of_the_type_is_read() {
    let passport = before("utopia/passport/2024", 1, None, TODAY).expect("a passport");
    assert_eq!(
        names(&passport),
        [
            "surname",
            "given_names",
            "document_number",
            "nationality",
            "date_of_birth",
            "sex",
            "place_of_birth",
            "date_of_issue",
            "date_of_expiry",
            "mrz",
        ]
    );
    let card = before("utopia/id-card/2023", 2, None, TODAY).expect("a card");
    let back = card.iter().filter(|field| field.page == 1).map(|field| field.name);
    assert_eq!(back.collect::<Vec<_>>(), ["date_of_issue", "authority", "mrz"]);
    let licence = before("utopia/driving-licence/2022", 1, None, TODAY).expect("a licence");
    assert_eq!(licence.len(), 9);
    assert!(licence.iter().all(|field| field.page == 0 && field.shape.is_none()));
}

#[test]
fn requested_fields_keep_their_order() {
    let requested = owned(&["sex", "surname"]);
    let fields = before("utopia/passport/2024", 1, Some(&requested), TODAY).expect("both exist");
    assert_eq!(names(&fields), ["sex", "surname"]);
    assert_eq!((fields[0].characters, fields[0].max_length), ("FMX", 1));
}

#[test]
fn zones_have_the_shape_of_their_format() {
    let zone = owned(&["mrz"]);
    let passport = before("utopia/passport/2024", 1, Some(&zone), TODAY).expect("TD3");
    assert_eq!((passport[0].shape, passport[0].max_length), (Some((2, 44)), 89));
    let card = before("utopia/id-card/2023", 2, Some(&zone), TODAY).expect("TD1");
    assert_eq!((card[0].shape, card[0].max_length), (Some((3, 30)), 92));
}

#[test]
fn dates_have_the_characters_of_their_format() {
    let birth = owned(&["date_of_birth"]);
    let characters = |document_type: &str, pages| {
        let fields = before(document_type, pages, Some(&birth), TODAY).expect("it exists");
        (fields[0].characters, fields[0].max_length)
    };
    assert_eq!(characters("utopia/passport/2024", 1), (" 0-9A-Z", 11));
    assert_eq!(characters("utopia/id-card/2023", 2), ("0-9.", 10));
    assert_eq!(characters("utopia/driving-licence/2022", 1), ("0-9/", 10));
}

#[test]
fn refusals_have_a_code_and_name_the_field() {
    let refusal = |document_type, pages, requested: Option<&[&str]>, today| {
        let requested = requested.map(owned);
        before(document_type, pages, requested.as_deref(), today).expect_err("refused")
    };
    let passport = "utopia/passport/2024";
    assert_eq!(refusal("utopia/visa/2024", 1, None, TODAY).code, "document_type.unknown");
    assert_eq!(refusal(passport, 1, None, "24.11.2026").code, "today.format");
    assert_eq!(refusal(passport, 2, None, TODAY).code, "pages.count");
    assert_eq!(refusal("utopia/id-card/2023", 1, None, TODAY).code, "pages.count");
    assert_eq!(refusal(passport, 1, Some(&[]), TODAY).code, "fields.none");
    assert_eq!(refusal(passport, 1, Some(&["sex", "sex"]), TODAY).code, "fields.duplicate");
    let unknown = refusal(passport, 1, Some(&["sex", "shoe_size"]), TODAY);
    assert_eq!(unknown.code, "fields.unknown");
    assert!(unknown.message.contains("shoe_size"), "{}", unknown.message);
}

#[test]
fn a_message_stays_short_whatever_the_name() {
    let long = owned(&[&"x".repeat(10_000)]);
    let refusal = before("utopia/passport/2024", 1, Some(&long), TODAY).expect_err("refused");
    assert!(refusal.message.len() <= 512);
}
