//! The automaton against vocabularies of characters and of longer pieces.

use std::collections::HashMap;
use std::fs;

use dossier_document::{CharacterSet, ZoneFormat};

use super::*;

const EOS: u32 = 0;

/// A vocabulary whose tokens are these texts, by id.
fn vocabulary(tokens: &[&str]) -> Vocabulary {
    let ids = tokens.iter().enumerate().map(|(id, token)| (*token, id));
    let tokenizer = serde_json::json!({
        "version": "1.0",
        "model": {
            "type": "WordLevel",
            "vocab": ids.collect::<HashMap<_, _>>(),
            "unk_token": tokens[0],
        },
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokenizer.json");
    fs::write(&path, tokenizer.to_string()).expect("a file");
    Vocabulary::load(&path, tokens.len()).expect("a vocabulary")
}

fn field(characters: &str, max_length: u32, shape: Option<(u32, u32)>) -> FieldRequest {
    FieldRequest {
        name: "field".parse().expect("a name"),
        page: 0,
        characters: characters.parse::<CharacterSet>().expect("a set"),
        max_length,
        shape: shape.map(|(lines, characters_per_line)| LineShape { lines, characters_per_line }),
        zone: None,
        any_lines: false,
    }
}

fn by_token(logits: &[f32]) -> impl Fn(u32) -> Option<f32> {
    move |token| logits.get(token as usize).copied()
}

/// Feeds tokens whose logits grow with their ids, until the value is complete.
fn greediest(mut constraint: FieldConstraint, vocabulary: &Vocabulary, logits: &[f32]) -> Vec<u32> {
    let mut tokens = Vec::new();
    loop {
        let token = match constraint.next() {
            Next::Complete => return tokens,
            Next::Forced(token) => token,
            Next::Choose { remaining, may_end } => constraint
                .choose(by_token(logits), remaining, may_end)
                .expect("something is allowed"),
        };
        tokens.push(token);
        if constraint.is_end(token) {
            return tokens;
        }
        let characters = vocabulary.text(token).map_or(0, |text| text.chars().count());
        constraint.advance(token, u32::try_from(characters).expect("short"));
    }
}

#[test]
fn a_value_keeps_to_its_characters_and_length() {
    let vocabulary = vocabulary(&["</s>", "A", "AB", "B", "é", "\n", "<s_a>"]);
    let constraint = FieldConstraint::new(&field("AB", 3, None), &vocabulary, EOS).expect("fine");
    // "é" and what is not text are out, whatever their logits; "AB" no longer fits at the end.
    assert_eq!(
        greediest(constraint.clone(), &vocabulary, &[0.0, 1.0, 5.0, 2.0, 9.0, 9.0, 9.0]),
        [2, 3, EOS]
    );
    assert_eq!(greediest(constraint, &vocabulary, &[7.0, 1.0, 5.0, 2.0, 9.0, 9.0, 9.0]), [EOS]);
}

#[test]
fn equals_go_to_the_first() {
    let vocabulary = vocabulary(&["</s>", "A", "B"]);
    let constraint = FieldConstraint::new(&field("AB", 3, None), &vocabulary, EOS).expect("fine");
    assert_eq!(constraint.choose(by_token(&[1.0, 1.0, 1.0]), 3, true), Some(EOS));
    assert_eq!(constraint.choose(by_token(&[1.0, 1.0, 1.0]), 3, false), Some(1));
    assert_eq!(constraint.choose(by_token(&[1.0, 0.0, 2.0]), 0, true), Some(EOS));
    assert_eq!(constraint.choose(by_token(&[1.0, 0.0, 2.0]), 0, false), None);
}

#[test]
fn a_shape_forces_line_ends_and_the_end() {
    let vocabulary = vocabulary(&["</s>", "A", "AB", "\n", "B"]);
    let constraint = FieldConstraint::new(&field("AB", 7, Some((2, 3))), &vocabulary, EOS);
    // The end is what the model wants most, and it may not have it.
    let tokens = greediest(constraint.expect("fine"), &vocabulary, &[9.0, 1.0, 5.0, 8.0, 2.0]);
    assert_eq!(tokens, [2, 4, 3, 2, 4]);
}

#[test]
fn shapes_that_can_not_be_filled() {
    let without_break = vocabulary(&["</s>", "A", "AB"]);
    let new = |characters, length, shape| {
        FieldConstraint::new(&field(characters, length, Some(shape)), &without_break, EOS)
    };
    assert!(new("AB", 9, (1, 4)).is_some());
    assert!(new("AB", 9, (2, 4)).is_none(), "no line break in the vocabulary");
    assert!(new("AB", 3, (1, 4)).is_none(), "longer than the longest value");
    assert!(new("C", 9, (1, 4)).is_none(), "no character in the vocabulary");
    assert!(new("AB", 9, (0, 4)).is_none());
    assert!(new("AB", 9, (1, 0)).is_none());
}

#[test]
fn an_empty_value_needs_no_characters() {
    let vocabulary = vocabulary(&["</s>", "A"]);
    let constraint = FieldConstraint::new(&field("X", 3, None), &vocabulary, EOS).expect("fine");
    assert_eq!(greediest(constraint, &vocabulary, &[0.0, 1.0]), [EOS]);
}

#[test]
fn a_zone_holds_letters_and_digits_where_its_format_has_them() {
    let characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<".chars().map(String::from);
    let tokens = ["</s>".to_owned(), "\n".to_owned(), "00".to_owned()];
    let tokens = tokens.into_iter().chain(characters).collect::<Vec<_>>();
    let tokens = tokens.iter().map(String::as_str).collect::<Vec<_>>();
    let vocabulary = vocabulary(&tokens);
    let id = |text: &str| tokens.iter().position(|token| *token == text).expect("a token");
    let zone =
        |shape| FieldRequest { zone: Some(ZoneFormat::Td3), ..field("0-9A-Z<", 89, Some(shape)) };
    let constraint = FieldConstraint::new(&zone((2, 44)), &vocabulary, EOS).expect("fine");
    let mut logits = vec![0.0; tokens.len()];
    // Most wanted are two digits at once, then O, 0 and the filler.
    for (text, logit) in [("00", 9.0), ("O", 8.0), ("0", 7.0), ("<", 6.0)] {
        logits[id(text)] = logit;
    }
    let read = greediest(constraint, &vocabulary, &logits);
    let read = read.iter().map(|token| tokens[*token as usize]).collect::<String>();
    let expected =
        format!("{}\n{}", "O".repeat(44), "OOOOOOOOO0OOO0000000<0000000OOOOOOOOOOOOOOO0");
    assert_eq!(read, expected);
    assert!(FieldConstraint::new(&zone((2, 36)), &vocabulary, EOS).is_none(), "another shape");
    let digits = FieldRequest { zone: Some(ZoneFormat::Td3), ..field("0-9", 89, Some((2, 44))) };
    assert!(FieldConstraint::new(&digits, &vocabulary, EOS).is_none(), "no letter may be read");
}

#[test]
fn lines_of_any_number_end_where_the_model_ends_them() {
    let vocabulary = vocabulary(&["</s>", "A", "AB", "\n", "B"]);
    let free =
        |max_length| FieldRequest { any_lines: true, ..field("AB", max_length, Some((2, 3))) };
    let constraint = FieldConstraint::new(&free(7), &vocabulary, EOS).expect("fine");
    assert!(constraint.tokens().any(|token| token == 3) && constraint.max_tokens() == 7);
    // It wants line breaks most: none stands first or twice, nor behind the last line.
    let tokens = greediest(constraint.clone(), &vocabulary, &[4.0, 1.0, 2.0, 9.0, 5.0]);
    assert_eq!(tokens, [4, 3, 4, 4, 4, EOS]);
    let tokens = greediest(constraint, &vocabulary, &[4.0, 1.0, 2.0, 3.0, 5.0]);
    assert_eq!(tokens, [4, 4, 4, EOS], "a full line may be the last");
    let short = FieldConstraint::new(&free(2), &vocabulary, EOS).expect("fine");
    assert_eq!(greediest(short, &vocabulary, &[4.0, 1.0, 2.0, 9.0, 5.0]), [4, 3, EOS]);
}
