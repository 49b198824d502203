//! Texts that somebody else wrote, made fit to be shown: in errors, logs and on terminals.

/// Longest text of somebody else's that is told anywhere, in bytes.
const MOST_BYTES: usize = 1024;

/// What was cut off.
const CUT: &str = "...";

/// The text on one line, cut to 1024 bytes: what would steer a terminal, or hide or turn the text beside
/// it, is written out as an escape.
#[must_use]
pub fn plain_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(MOST_BYTES));
    for character in text.chars() {
        let length = plain.len();
        if is_plain(character) {
            plain.push(character);
        } else {
            plain.extend(character.escape_unicode());
        }
        if plain.len() > MOST_BYTES - CUT.len() {
            plain.truncate(length);
            plain.push_str(CUT);
            break;
        }
    }
    plain
}

/// Whether a character only stands where it stands: no control, no mark that is invisible, breaks a line or
/// turns the direction of its neighbours.
#[must_use]
pub fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        assert_eq!(plain_text("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(plain_text("\u{202e}drac di"), "\\u{202e}drac di");
        assert_eq!(plain_text("Reisepass, паспорт, 旅券"), "Reisepass, паспорт, 旅券");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for character in ["x", "ü", "旅", "\u{1b}"] {
            let cut = plain_text(&character.repeat(100_000));
            assert!(cut.len() <= MOST_BYTES && cut.ends_with(CUT), "{}", cut.len());
        }
        assert_eq!(plain_text(&"x".repeat(1021)).len(), 1021);
    }
}
