//! Names as ICAO Doc 9303 transliterates and truncates them.

use proptest::prelude::*;

use super::*;

fn is_equal(visual: &str, zone: &str) -> bool {
    compare(visual, zone, false) == NameMatch::Equal
}

#[test]
fn white_space_collapses_and_accents_stay() {
    assert_eq!(collapse("  MÜLLER   LÜDENSCHEIDT\t"), "MÜLLER LÜDENSCHEIDT");
    assert_eq!(collapse(" \n "), "");
}

/// ICAO Doc 9303 part 3, section 6 A: five letters have several transliterations.
#[test]
fn every_listed_transliteration_is_a_spelling() {
    for zone in ["MUELLER", "MUXXLLER", "MULLER"] {
        assert!(is_equal("MÜLLER", zone), "{zone}");
    }
    for (visual, zones) in [
        ("Ä", &["AE", "A"][..]),
        ("Å", &["AA", "A"]),
        ("Ñ", &["N", "NXX"]),
        ("Ö", &["OE", "O"]),
        ("Æ", &["AE"]),
        ("Ø", &["OE"]),
        ("Þ", &["TH"]),
        ("Đ", &["D"]),
        ("ẞ", &["SS"]),
        ("ß", &["SS"]),
        ("Œ", &["OE"]),
    ] {
        for zone in zones {
            assert!(is_equal(visual, zone), "{visual} {zone}");
        }
        assert!(!is_equal(visual, "Q"), "{visual}");
    }
    assert!(!is_equal("MÜLLER", "MILLER"));
    assert!(!is_equal("MÜLLER", "MUELLERS"));
    assert!(!is_equal("MÜLLER", "MUELLE"));
}

/// Part 3, section 4.6, and its examples.
#[test]
fn hyphens_part_and_apostrophes_vanish() {
    assert!(is_equal("MARIE-LOUISE", "MARIE LOUISE"));
    assert!(!is_equal("MARIE-LOUISE", "MARIELOUISE"));
    assert!(is_equal("O'CONNOR", "OCONNOR"));
    assert_eq!(compare("O'CONNOR", "O CONNOR", false), NameMatch::ApartAtApostrophes);
    assert_eq!(compare("O'CONNOR", "O CONNER", false), NameMatch::Different);
    assert!(is_equal("ALAIN, JOSEPH", "ALAIN JOSEPH"));
    assert!(is_equal("D'ARTAGNAN - DE BATZ", "DARTAGNAN DE BATZ"));
    assert!(is_equal("", ""));
}

#[test]
fn a_letter_without_transliteration_matches_nothing() {
    assert!(!is_equal("ИВАНОВ", "IVANOV"));
    assert!(!is_equal("R2D2", "R2D2"));
}

/// Part 4, section 4.2.3: the issuer cuts parts, writes initials, or drops parts at the end.
#[test]
fn a_full_field_may_cut_names_short() {
    let cut = |visual, zone| compare(visual, zone, true) == NameMatch::Truncated;
    assert!(cut("NILAVADHANANANDA CHAYAPA", "NILAVADHANANANDA CHAY"));
    assert!(cut("ARNPOL PETCH CHARONGUANG", "ARNPOL P C"));
    assert!(cut("ARNPOL PETCH CHARONGUANG", "ARNPOL PETCH"));
    assert!(cut("MÜLLER", "MU"));
    assert!(cut("MÜLLER", "MUX"));
    assert!(!cut("MÜLLER", "MI"));
    assert!(!cut("ANNA", "ANNA MARIA"));
    assert!(!cut("ANNA MARIA", "ANNA N"));
    assert_eq!(compare("ANNA", "", true), NameMatch::Different);
    assert_eq!(compare("ANNA", "AN", false), NameMatch::Different);
    assert_eq!(compare("ANNA", "ANNA", true), NameMatch::Equal);
}

/// Letters that section 6 A doesn't list have the letter below their diacritics.
#[test]
fn every_latin_letter_of_a_passport_has_a_spelling() {
    for (visual, zone) in [
        ("ȘȚ", "ST"),
        ("ẠẢẤẦẨẪẬẮẰẲẴẶ", "AAAAAAAAAAAA"),
        ("ẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸƠƯ", "EEEEEEEEIIOOOOOOOOOOOOUUUUUUUYYYYOU"),
        ("MƏMMƏDOV", "MAMMADOV"),
        ("ǍǏǑǓ", "AIOU"),
        ("ẀẂẄỲ", "WWWY"),
        ("ƁƊƘƳ", "BDKY"),
        ("U\u{308}", "UE"),
        ("ŉ", "N"),
        ("ǆ", "DZ"),
    ] {
        assert!(is_equal(visual, zone), "{visual}");
    }
}

/// Part 3, section 6 B: languages transliterate a letter differently, and each way is a spelling.
#[test]
fn cyrillic_names_have_the_spellings_of_every_language() {
    let is_equal = |visual, zone| compare_in(Script::Any, visual, zone, false) == NameMatch::Equal;
    assert!(is_equal("ИВАНОВ", "IVANOV"));
    assert!(is_equal("ЖУКОВ", "ZHUKOV") && is_equal("ЖУКОВ", "ZUKOV"));
    assert!(is_equal("Щербаков", "SHCHERBAKOV") && is_equal("Щербаков", "SHTERBAKOV"));
    assert!(is_equal("ЄВГЕН", "YEVHEN"));
    assert!(!is_equal("ИВАНОВ", "PETROV"));
    assert!(is_equal("MÜLLER", "MUELLER"), "and the Latin ones too");
    assert!(is_equal("ΓΙΏΡΓΟΣ", "GIORGOS") && !is_equal("ΓΙΏΡΓΟΣ", "YORGOS"), "by ELOT 743");
    let cut = compare_in(Script::Any, "АЛЕКСАНДРОВИЧ", "ALEKSANDR", true);
    assert_eq!(cut, NameMatch::Truncated);
}

#[test]
fn the_shortest_spelling_counts_fillers() {
    assert_eq!(shortest_spelling(Script::Latin, "MÜLLER-O'HARA"), Some(12));
    assert_eq!(shortest_spelling(Script::Latin, "ÆØ"), Some(4));
    assert_eq!(shortest_spelling(Script::Latin, ""), Some(0));
    assert_eq!(shortest_spelling(Script::Latin, "Ж"), None);
}

proptest! {
    /// Whatever style an issuer picks, its spelling is one of the set.
    #[test]
    fn a_transliterated_name_always_matches(
        name in "[A-ZÄÖÜÅÑÉØŠ]{1,8}([ -][A-ZÄÖÜÅÑÉØŠ]{1,8}){0,2}",
        style in prop_oneof![
            Just(mrz::TransliterationStyle::Expanded),
            Just(mrz::TransliterationStyle::Simple),
            Just(mrz::TransliterationStyle::XxSuffix),
        ],
    ) {
        let zone = mrz::transliterate(&name, style).replace('-', " ");
        prop_assert_eq!(compare(&name, &zone, false), NameMatch::Equal);
        let cut = &zone[..zone.len().div_ceil(2)];
        prop_assert_ne!(compare(&name, cut, true), NameMatch::Different);
    }

    /// Only a full name field excuses a cut.
    #[test]
    fn any_two_texts_compare(visual in any::<String>(), zone in any::<String>()) {
        prop_assert_ne!(compare(&visual, &zone, false), NameMatch::Truncated);
        if compare(&visual, &zone, false) == NameMatch::Equal {
            prop_assert_eq!(compare(&visual, &zone, true), NameMatch::Equal);
            prop_assert!(shortest_spelling(Script::Latin, &visual).is_some_and(|least| least <= zone.len()));
        }
    }
}
