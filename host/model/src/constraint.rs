//! One field's automaton: what may come next.

use std::sync::Arc;

use dossier_document::{FieldRequest, LineShape, ZoneCell, ZoneFormat};

use crate::vocabulary::Vocabulary;

/// What may come next while one field is decoded.
#[derive(Clone, Debug)]
pub(crate) struct FieldConstraint {
    /// Tokens whose text lies wholly in the field's character set, by id, with their characters.
    allowed: Arc<[(u32, u32)]>,
    eos: u32,
    shape: Shape,
    zone: Option<Zone>,
    /// Characters written since the last line began.
    in_line: u32,
    /// Lines closed.
    lines: u32,
    /// Characters written, line breaks included.
    written: u32,
}

/// A zone's format, and of the tokens that may be chosen at all those that its cells may hold, by the kind of
/// cell. Tokens of more characters than one stand in no cell.
#[derive(Clone, Debug)]
struct Zone {
    format: ZoneFormat,
    held: Arc<[(ZoneCell, Tokens)]>,
}

/// Tokens by id, with their characters.
type Tokens = Vec<(u32, u32)>;

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Up to so many characters, and the end anywhere.
    Open { max_length: u32 },
    /// Full lines, and the end behind the last.
    Lines { lines: LineShape, newline: Option<u32> },
    /// Lines of any length and number up to these, of so many characters together, and the end anywhere.
    AnyLines { most: LineShape, max_length: u32, newline: u32 },
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The model chooses among tokens of at most so many characters, and the end if `may_end`.
    Choose { remaining: u32, may_end: bool },
    /// Nothing else can come.
    Forced(u32),
    /// The value is complete and no token is needed to say so.
    Complete,
}

impl FieldConstraint {
    /// The constraint of a field; `None` if its shape can't be filled with the vocabulary.
    pub(crate) fn new(field: &FieldRequest, vocabulary: &Vocabulary, eos: u32) -> Option<Self> {
        let in_set = |text: &str| text.chars().all(|c| field.characters.contains(c));
        let allowed = vocabulary
            .text_tokens()
            .filter(|(_, token)| in_set(&token.text))
            .map(|(id, token)| (id, token.characters))
            .collect::<Arc<[_]>>();
        let shape = match field.shape {
            None => Shape::Open { max_length: field.max_length },
            Some(lines) => {
                let newline = vocabulary
                    .text_tokens()
                    .find(|(_, token)| &*token.text == "\n")
                    .map(|(id, _)| id);
                let fits = lines.lines > 0
                    && lines.characters_per_line > 0
                    && lines.total_characters() <= field.max_length
                    && (lines.lines == 1 || newline.is_some())
                    // A single character always fits into what is left of a line.
                    && allowed.iter().any(|(_, characters)| *characters == 1);
                if !fits && !field.any_lines {
                    return None;
                }
                match field.any_lines {
                    true => Shape::AnyLines {
                        most: lines,
                        max_length: field.max_length,
                        newline: newline?,
                    },
                    false => Shape::Lines { lines, newline },
                }
            }
        };
        let zone = match field.zone {
            None => None,
            Some(format) => Some(Zone::new(format, field, vocabulary)?),
        };
        Some(Self { allowed, eos, shape, zone, in_line: 0, lines: 0, written: 0 })
    }

    /// The tokens that may stand where the value is written on.
    fn allowed_here(&self) -> &[(u32, u32)] {
        match &self.zone {
            None => &self.allowed,
            Some(zone) => zone.held(self.lines, self.in_line),
        }
    }

    /// What may come next.
    pub(crate) fn next(&self) -> Next {
        match self.shape {
            Shape::Open { max_length } => {
                Next::Choose { remaining: max_length - self.in_line, may_end: true }
            }
            Shape::Lines { lines, newline } => {
                let remaining = lines.characters_per_line - self.in_line;
                if remaining > 0 {
                    return Next::Choose { remaining, may_end: false };
                }
                match newline {
                    Some(newline) if self.lines + 1 < lines.lines => Next::Forced(newline),
                    _ => Next::Complete,
                }
            }
            Shape::AnyLines { most, max_length, .. } => {
                let in_line = most.characters_per_line - self.in_line;
                let remaining = in_line.min(max_length - self.written);
                Next::Choose { remaining, may_end: true }
            }
        }
    }

    /// All tokens that the model may ever choose here, in no order.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = u32> {
        let newline = match self.shape {
            Shape::AnyLines { newline, .. } => Some(newline),
            Shape::Open { .. } | Shape::Lines { .. } => None,
        };
        self.allowed.iter().map(|(id, _)| *id).chain([self.eos]).chain(newline)
    }

    /// The line break, where the model may choose it: behind something, and ahead of a line that there may be.
    fn newline(&self) -> Option<u32> {
        match self.shape {
            Shape::AnyLines { most, max_length, newline } => {
                let has_room = self.lines + 1 < most.lines && self.written < max_length;
                (self.in_line > 0 && has_room).then_some(newline)
            }
            Shape::Open { .. } | Shape::Lines { .. } => None,
        }
    }

    /// The most probable of the tokens that may come next, by their logits; the first of equals.
    pub(crate) fn choose(
        &self,
        logit: impl Fn(u32) -> Option<f32>,
        remaining: u32,
        may_end: bool,
    ) -> Option<u32> {
        let texts = self.allowed_here().iter().filter(|(_, characters)| *characters <= remaining);
        let end = may_end.then_some(self.eos);
        let candidates = texts.map(|(id, _)| *id).chain(end).chain(self.newline());
        candidates
            .filter_map(|id| Some((id, logit(id)?)))
            .fold(None, keep_greater)
            .map(|(id, _)| id)
    }

    /// Whether `token` ends the value.
    pub(crate) fn is_end(&self, token: u32) -> bool {
        token == self.eos
    }

    /// Takes note of a token of so many characters.
    pub(crate) fn advance(&mut self, token: u32, characters: u32) {
        match self.shape {
            Shape::Lines { newline: Some(newline), .. } | Shape::AnyLines { newline, .. }
                if newline == token =>
            {
                self.in_line = 0;
                self.lines += 1;
                self.written += 1;
            }
            _ => {
                self.in_line += characters;
                self.written += characters;
            }
        }
    }

    /// Longest value in tokens, the end not counted.
    pub(crate) fn max_tokens(&self) -> usize {
        match self.shape {
            Shape::Open { max_length } | Shape::AnyLines { max_length, .. } => max_length as usize,
            Shape::Lines { lines, .. } => lines.total_characters() as usize,
        }
    }
}

impl Zone {
    /// None if the field has another shape, or a cell would be left without a character.
    fn new(format: ZoneFormat, field: &FieldRequest, vocabulary: &Vocabulary) -> Option<Self> {
        if field.shape != Some(format.shape()) {
            return None;
        }
        let held = [ZoneCell::Letter, ZoneCell::Digit, ZoneCell::Sex, ZoneCell::Any].map(|cell| {
            let stands_in = |text: &str| {
                let mut characters = text.chars();
                let first = characters.next().filter(|_| characters.next().is_none());
                first.is_some_and(|c| field.characters.contains(c) && cell.may_hold(c))
            };
            let tokens = vocabulary.text_tokens().filter(|(_, token)| stands_in(&token.text));
            (cell, tokens.map(|(id, token)| (id, token.characters)).collect::<Tokens>())
        });
        let all_hold_something = held.iter().all(|(_, tokens)| !tokens.is_empty());
        all_hold_something.then(|| Self { format, held: held.into() })
    }

    fn held(&self, line: u32, column: u32) -> &[(u32, u32)] {
        let cell = self.format.cell(line, column);
        let held = self.held.iter().find(|(of, _)| *of == cell);
        held.map_or(&[], |(_, tokens)| tokens)
    }
}

fn keep_greater(best: Option<(u32, f32)>, (id, logit): (u32, f32)) -> Option<(u32, f32)> {
    match best {
        Some((best_id, best_logit))
            if best_logit > logit || (best_logit == logit && best_id < id) =>
        {
            Some((best_id, best_logit))
        }
        _ => Some((id, logit)),
    }
}

#[cfg(test)]
mod tests;
