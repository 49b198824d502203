//! What a regular expression costs, told from its text.

/// What a pattern compiles to at most, about: a state a character, some hundreds a class of Unicode
/// letters or digits, all times what counted repetitions around them multiply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    states: u64,
    needs_backtracking: bool,
}

/// The patterns that are shipped have some three hundred.
const MAX_BYTES: usize = 4096;
const MAX_DEPTH: usize = 32;
/// What counted repetitions may multiply to, nested ones together.
const MAX_REPETITION: u64 = 256;
/// `\w` is that many ranges of Unicode, and more once they are coded as bytes.
const STATES_OF_CLASS: u64 = 300;

impl Weight {
    /// Walks the text once. It need not be a valid expression: that is found when it is compiled.
    pub(super) fn of(pattern: &str) -> Result<Self, &'static str> {
        if pattern.len() > MAX_BYTES {
            return Err("a pattern of more than 4096 bytes");
        }
        let bytes = pattern.as_bytes();
        let (mut states, mut repetition, mut depth) = (0_u64, 1_u64, 0_usize);
        let mut needs_backtracking = false;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let rest = &bytes[at..];
            states += match byte {
                b'\\' => {
                    at += 1;
                    match rest.get(1) {
                        Some(
                            b'w' | b'W' | b'd' | b'D' | b's' | b'S' | b'p' | b'P' | b'b' | b'B',
                        ) => STATES_OF_CLASS,
                        Some(b'1'..=b'9' | b'k' | b'g' | b'K' | b'G') => {
                            needs_backtracking = true;
                            1
                        }
                        _ => 1,
                    }
                }
                b'(' => {
                    depth += 1;
                    needs_backtracking |= is_special_group(rest);
                    // A flag may turn a letter into all its cases.
                    if rest.starts_with(b"(?") { 4 } else { 1 }
                }
                b')' => {
                    depth = depth.saturating_sub(1);
                    1
                }
                b'{' => {
                    repetition = repetition.saturating_mul(counted(rest));
                    1
                }
                // A possessive or atomic repetition does not go back, but is walked as if it did.
                b'+' if matches!(
                    at.checked_sub(1).and_then(|before| bytes.get(before)),
                    Some(b'*' | b'+' | b'?' | b'}')
                ) =>
                {
                    needs_backtracking = true;
                    1
                }
                _ => 1,
            };
            if depth > MAX_DEPTH {
                return Err("a pattern with groups more than 32 deep");
            }
            if repetition > MAX_REPETITION {
                return Err("a pattern whose repetitions multiply to more than 256");
            }
            at += 1;
        }
        Ok(Self { states: states.saturating_mul(repetition), needs_backtracking })
    }

    pub(super) fn states(&self) -> u64 {
        self.states
    }

    pub(super) fn needs_backtracking(&self) -> bool {
        self.needs_backtracking
    }
}

/// Look-around, atomic groups and conditions; not names of groups, flags or `(?:`.
fn is_special_group(group: &[u8]) -> bool {
    matches!(
        group,
        [b'(', b'?', b'=' | b'!' | b'>' | b'(' | b'~', ..] | [b'(', b'?', b'<', b'=' | b'!', ..]
    ) || group.starts_with(b"(*")
}

/// The greatest of the numbers in `{m}`, `{m,}` or `{m,n}`; 1 where it is no repetition.
fn counted(braces: &[u8]) -> u64 {
    let Some(end) = braces.iter().position(|byte| *byte == b'}') else { return 1 };
    let numbers = braces[1..end].split(|byte| *byte == b',').map(|number| {
        let text = std::str::from_utf8(number).unwrap_or_default().trim();
        match text.parse::<u64>() {
            Ok(number) => number,
            // Too long for a number is too many; anything else is none.
            Err(_) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => u64::MAX,
            Err(_) => 0,
        }
    });
    numbers.max().unwrap_or(1).max(1)
}
