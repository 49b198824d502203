//! Declarations that are made Rust of, and those that are refused.

use std::path::Path;

use crate::{Declaration, DeclarationError};

const GOOD: &str = r#"
name = "Atlantis"
code = "XAT"
date_form = "D MON Y"
months = "fr"
document_number = { shape = "AA9999999" }
personal_number = { shape = "{DDMMYY}-999#", check = "letter-31" }
characters = { sex = "FMX" }

[documents."id-card/2021"]
zone = "td1"
optional_data = "personal_number"
pages = [["surname", "sex"], ["personal_number", "mrz"]]

[documents."driving-licence/2020"]
date_form = "Y/M/D"
foreigners = true
document_number = { shape = "99#", check = "weighted-11" }
barcode = { kind = "aamva", issuer = "639999" }
pages = [["surname", "document_number"], []]
"#;

fn parse(text: &str) -> Result<Declaration, DeclarationError> {
    Declaration::parse(text, Path::new("atlantis/document-types.toml"))
}

#[test]
fn a_declaration_becomes_rust() {
    let declaration = parse(GOOD).expect("a declaration");
    assert_eq!(declaration.pages("id-card/2021").expect("is declared").len(), 2);
    let rust = declaration.to_rust("atlantis");
    let rust = rust.replace("::dossier_rules_sdk::", "");
    for expected in [
        "[declared::DocumentType; 2]",
        "id: \"atlantis/driving-licence/2020\",\npages: 2,\nissuing_state: \"XAT\",",
        "nationality: declared::Nationality::Any,",
        "order: dates::PartOrder::YearMonthDay, separators: \"/\", month: dates::MonthForm::Number",
        "{ shape: \"99#\", check: Some(declared::CheckScheme::Weighted11) }",
        "month: dates::MonthForm::Name(&[dates::Language::French])",
        "zone: Some(declared::ZoneKind::Icao(zone::ZoneFormat::Td1)),\nbarcode: None,\npersonal_number_in_zone: true,",
        "barcode: Some(declared::BarcodeKind::Aamva { issuer: \"639999\" }),",
        "sexes: [\"F\", \"M\", \"X\"],",
        "characters: &[(\"sex\", \"FMX\"), ],",
        "declared::FieldRule { name: \"mrz\", page: 1 }",
    ] {
        assert!(rust.contains(expected), "{expected}\n{rust}");
    }
    assert_eq!(rust.matches("personal_number: None").count(), 1, "the licence doesn't show it");
    assert_eq!(rust.matches("characters: &[],").count(), 1, "nor the sex");
}

#[test]
fn whatever_makes_no_sense_is_named() {
    for (good, bad, told) in [
        ("date_form = \"D MON Y\"", "date_from = \"D MON Y\"", "date_from"),
        ("code = \"XAT\"\n", "", "code"),
        ("code = \"XAT\"", "code = \"xat\"", "code"),
        ("\"D MON Y\"", "\"D MONY\"", "D MONY"),
        ("\"D MON Y\"", "\"D.M/Y\"", "D.M/Y"),
        ("\"D MON Y\"", "\"DxMxY\"", "DxMxY"),
        ("months = \"fr\"", "months = \"xx\"", "xx"),
        ("\"letter-31\"", "\"moon\"", "moon"),
        ("-999#\", check = \"letter-31\"", "-999#\"", "check character"),
        ("{DDMMYY}", "{DDMM}", "braces"),
        ("zone = \"td1\"", "zone = \"td4\"", "td4"),
        ("zone = \"td1\"\n", "", "zone"),
        ("\"sex\"]", "\"sexe\"]", "sexe is no field"),
        ("\"sex\"]", "\"surname\"]", "surname stands twice"),
        ("\"sex\"]", "\"sex\", \"mrz\"]", "mrz stands twice"),
        ("optional_data = \"personal_number\"", "optional_data = \"sex\"", "optional_data"),
        ("personal_number = { shape", "personal = { shape", "personal"),
        ("[documents.\"id-card/2021\"]", "[documents.\"id-card\"]", "kind/version"),
        ("pages = [[\"surname\", \"document_number\"], []]", "pages = []", "pages"),
        ("pages = [[\"surname\", \"sex\"], ", "pages = [[], ", "pages"),
        ("\"aamva\"", "\"code39\"", "code39"),
        ("\"639999\"", "\"63999\"", "barcode"),
        ("issuer = \"639999\"", "issuer = \"639999\", version = 11", "version"),
        ("{ sex = \"FMX\" }", "{ sexe = \"FMX\" }", "characters"),
        ("name = \"Atlantis\"", "name = \"\"", "name"),
    ] {
        assert!(GOOD.contains(good), "{good}");
        let error = parse(&GOOD.replacen(good, bad, 1)).expect_err(bad).to_string();
        assert!(error.contains(told), "{bad}: {error}");
        assert!(error.contains("atlantis/document-types.toml"), "{error}");
    }
    let long = format!("{GOOD}# {}", "x".repeat(64 << 10));
    assert!(parse(&long).expect_err("too long").to_string().contains("65536"));
}

/// The same list that `adapters/training` draws: its test compares the pages.
#[test]
fn every_state_of_this_repository_is_read() {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = std::fs::read_dir(plugins).expect("a folder").filter_map(|entry| {
        let file = entry.expect("an entry").path().join(crate::FILE);
        file.is_file().then_some(file)
    });
    let declarations = files.map(|file| Declaration::read(&file).expect("a declaration"));
    let counts = declarations.map(|declaration| declaration.documents().count());
    let counts = counts.collect::<Vec<_>>();
    assert!(counts.len() >= 11 && counts.iter().sum::<usize>() >= 32, "{counts:?}");
}
