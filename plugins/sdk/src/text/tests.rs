//! One letter in all its forms, and texts that hide what they say.

use super::*;

#[test]
fn letters_have_one_form() {
    assert_eq!(compose("MU\u{308}LLER"), "MÜLLER");
    assert_eq!(compose("A\u{30a}"), compose("\u{212b}"), "the sign of the angstrom is a letter");
    assert_eq!(fold("  Août\t DÉC "), "AOUT DEC");
    assert_eq!(fold("İ ı Σεπ"), "I I ΣΕΠ");
    assert_eq!(base_letter('Ộ'), Some('O'));
    assert_eq!(base_letter('Ơ'), Some('O'));
    assert_eq!(base_letter('O'), None);
    assert_eq!(base_letter('Ə'), None);
}

#[test]
fn a_struck_out_field_is_blank() {
    for text in ["", "  ", "-", "---", "— —", "***", "<<<", "--.--.----"] {
        assert!(is_blank(text), "{text}");
    }
    for text in ["X", "0", "- A"] {
        assert!(!is_blank(text), "{text}");
    }
}

#[test]
fn characters_that_hide_text_are_found() {
    assert!(is_presentable("line 1\nline 2 ȘTEFĂNESCU"));
    for text in ["A\u{202e}B", "A\u{200f}", "\u{2066}", "A\tB", "A\u{0}", "\r\n", "A\u{85}"] {
        assert!(!is_presentable(text), "{text:?}");
    }
}
