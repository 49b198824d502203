//! Regular expressions of a configuration file, in a bounded dialect.
//!
//! PEFT compiles whatever stands there with Python's `re`. Strangers may write it here, so: each
//! pattern has a greatest length, groups nest to a greatest depth, counted repetitions multiply to a
//! greatest number, what all patterns of one configuration compile to is bounded together before the
//! first is compiled, and matching gives up after a number of steps. Names with dots, which is what
//! training writes, are not compiled at all.

use std::cell::Cell;
use std::path::PathBuf;

use fancy_regex::{Regex, RegexBuilder};

use crate::ModelError;
use crate::json::JsonObject;

mod weight;
use weight::Weight;

/// A regular expression of a configuration file, anchored as PEFT anchors it.
#[derive(Debug)]
pub(super) struct Pattern {
    matcher: Matcher,
    path: PathBuf,
    key: String,
}

#[derive(Debug)]
enum Matcher {
    /// Characters, and a dot for any.
    Plain {
        text: Vec<Option<char>>,
        anchor: Anchor,
    },
    Regex(Regex),
}

/// Which part of a path has to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    /// All of it: `re.fullmatch(pattern, path)`.
    Full,
    /// Its end, after a dot or the start: `re.match(r"(.*\.)?(pattern)$", path)`
    /// (`peft/utils/other.py`, `get_pattern_key`).
    Suffix,
    /// Whole names within it, from a dot or the start to a dot or the end.
    Inside,
    /// A name before the number of a layer, which is the first group.
    BeforeIndex,
    /// The first number of a layer, whatever name is before it.
    AnyIndex,
}

/// What the patterns of one configuration may cost together.
#[derive(Debug)]
pub(super) struct PatternBudget {
    patterns: Cell<usize>,
    weight: Cell<u64>,
    backtracking: Cell<usize>,
}

/// EVA writes two for each layer that it changes.
const MAX_PATTERNS: usize = 4096;
/// About a state of the compiled program each; see [`Weight`].
const MAX_WEIGHT: u64 = 100_000;
/// Patterns that need backtracking: with look-around, or groups that are referred to.
const MAX_BACKTRACKING: usize = 4;
/// Steps for one path: a pattern with two `.*` needs a few thousand for the longest of them.
const MAX_STEPS: usize = 10_000;
/// Memory of one compiled pattern, and of what matching it keeps.
const MAX_COMPILED_BYTES: usize = 1 << 20;

impl Default for PatternBudget {
    fn default() -> Self {
        Self {
            patterns: Cell::new(MAX_PATTERNS),
            weight: Cell::new(MAX_WEIGHT),
            backtracking: Cell::new(MAX_BACKTRACKING),
        }
    }
}

impl PatternBudget {
    /// Takes off what a pattern costs.
    fn charge(&self, weight: &Weight) -> Result<(), &'static str> {
        let patterns = self.patterns.get().checked_sub(1);
        self.patterns.set(patterns.ok_or("more than 4096 patterns in one configuration")?);
        let states = self.weight.get().checked_sub(weight.states());
        self.weight.set(states.ok_or("the patterns of the configuration are too large together")?);
        if weight.needs_backtracking() {
            let left = self.backtracking.get().checked_sub(1);
            let problem = "more than 4 patterns with look-around or references to groups";
            self.backtracking.set(left.ok_or(problem)?);
        }
        Ok(())
    }
}

impl Pattern {
    pub(super) fn full(
        object: &JsonObject,
        budget: &PatternBudget,
        key: &str,
        pattern: &str,
    ) -> Result<Self, ModelError> {
        Self::compile(object, budget, key, pattern, Anchor::Full)
    }

    pub(super) fn suffix(
        object: &JsonObject,
        budget: &PatternBudget,
        key: &str,
        pattern: &str,
    ) -> Result<Self, ModelError> {
        Self::compile(object, budget, key, pattern, Anchor::Suffix)
    }

    pub(super) fn inside(
        object: &JsonObject,
        budget: &PatternBudget,
        key: &str,
        pattern: &str,
    ) -> Result<Self, ModelError> {
        Self::compile(object, budget, key, pattern, Anchor::Inside)
    }

    /// `pattern` before the index of a layer; [`Pattern::index`] finds that.
    pub(super) fn before_index(
        object: &JsonObject,
        budget: &PatternBudget,
        key: &str,
        pattern: &str,
    ) -> Result<Self, ModelError> {
        Self::compile(object, budget, key, pattern, Anchor::BeforeIndex)
    }

    /// As [`Pattern::before_index`] of any name.
    pub(super) fn any_index(
        object: &JsonObject,
        budget: &PatternBudget,
        key: &str,
    ) -> Result<Self, ModelError> {
        Self::compile(object, budget, key, "", Anchor::AnyIndex)
    }

    fn compile(
        object: &JsonObject,
        budget: &PatternBudget,
        key: &str,
        pattern: &str,
        anchor: Anchor,
    ) -> Result<Self, ModelError> {
        let too_costly = |problem| ModelError::PatternTooCostly {
            path: object.path().to_owned(),
            key: key.to_owned(),
            problem,
        };
        let weight = Weight::of(pattern).map_err(too_costly)?;
        budget.charge(&weight).map_err(too_costly)?;
        let matcher =
            match plain(pattern) {
                Some(text) if !anchor.finds_index() => Matcher::Plain { text, anchor },
                _ => Matcher::Regex(regex(&anchor.applied_to(pattern)).map_err(|error| {
                    object.invalid(key, format!("a regular expression: {error}"))
                })?),
            };
        Ok(Self { matcher, path: object.path().to_owned(), key: key.to_owned() })
    }

    pub(super) fn matches(&self, path: &str) -> Result<bool, ModelError> {
        match &self.matcher {
            Matcher::Plain { text, anchor } => Ok(anchor.matches(text, path)),
            Matcher::Regex(regex) => regex.is_match(path).map_err(|error| self.too_hard(&error)),
        }
    }

    /// The first group, as a number.
    pub(super) fn index(&self, path: &str) -> Result<Option<usize>, ModelError> {
        let Matcher::Regex(regex) = &self.matcher else { return Ok(None) };
        let captures = regex.captures(path).map_err(|error| self.too_hard(&error))?;
        Ok(captures.and_then(|captures| captures.get(1)?.as_str().parse().ok()))
    }

    /// A pattern with look-around may backtrack for ever; the engine gives up instead.
    fn too_hard(&self, error: &fancy_regex::Error) -> ModelError {
        ModelError::InvalidValue {
            path: self.path.clone(),
            key: self.key.clone(),
            expected: format!("a pattern that can be matched: {error}"),
        }
    }
}

impl Anchor {
    fn applied_to(self, pattern: &str) -> String {
        match self {
            Self::Full => format!("^(?:{pattern})$"),
            Self::Suffix => format!(r"^(?:.*\.)?(?:{pattern})$"),
            Self::Inside => format!(r"^(?:.*\.)?(?:{pattern})(?:$|\.)"),
            Self::BeforeIndex => format!(r"^(?:.*?\.)?(?:{pattern})\.(\d+)\."),
            Self::AnyIndex => r"^.*?\.[^.]*\.(\d+)\.".to_owned(),
        }
    }

    fn finds_index(self) -> bool {
        matches!(self, Self::BeforeIndex | Self::AnyIndex)
    }

    fn matches(self, text: &[Option<char>], path: &str) -> bool {
        let is_there = |start: usize, end: usize| {
            path.get(start..end).is_some_and(|part| {
                let mut characters = part.chars();
                let all = text.iter().all(|wanted| match (wanted, characters.next()) {
                    (Some(wanted), Some(found)) => *wanted == found,
                    (None, Some(found)) => found != '\n',
                    (_, None) => false,
                });
                all && characters.next().is_none()
            })
        };
        let after_dots = || path.match_indices('.').map(|(dot, _)| dot + 1);
        let starts = || std::iter::once(0).chain(after_dots());
        match self {
            Self::Full => is_there(0, path.len()),
            Self::Suffix => starts().any(|start| is_there(start, path.len())),
            Self::Inside => starts().any(|start| {
                let dots = path.match_indices('.').map(|(dot, _)| dot);
                dots.chain([path.len()]).any(|end| start <= end && is_there(start, end))
            }),
            Self::BeforeIndex | Self::AnyIndex => false,
        }
    }
}

/// The characters of a pattern that is a name with dots, escaped or not.
fn plain(pattern: &str) -> Option<Vec<Option<char>>> {
    let mut text = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '.' => None,
            '\\' => match characters.next()? {
                escaped @ ('.' | '-') => Some(escaped),
                _ => return None,
            },
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') => Some(c),
            _ => return None,
        });
    }
    Some(text)
}

fn regex(pattern: &str) -> Result<Regex, fancy_regex::Error> {
    RegexBuilder::new(pattern)
        .backtrack_limit(MAX_STEPS)
        .delegate_size_limit(MAX_COMPILED_BYTES)
        .delegate_dfa_size_limit(MAX_COMPILED_BYTES)
        .build()
}

#[cfg(test)]
mod tests;
