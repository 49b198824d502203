//! Greedy decoding of many fields at once, each under its own constraint.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use crate::Adapter;
use crate::constraint::{FieldConstraint, Next};
use crate::kernels::Focus;
use crate::model::{Decoder, EncodedPages, KvCache, NextLogits, PageMemory, Row, TokenBatch};
use crate::vocabulary::Vocabulary;

mod decoders;
pub(crate) use decoders::FieldDecoders;

mod logits;
use logits::{Candidates, Logits, RowLogits};

/// Fields that are being decoded, a row each, under keys that are the caller's. Rows join and leave
/// between steps.
#[derive(Debug)]
struct FieldDecoder<K> {
    sequences: Vec<Sequence<K>>,
    past: KvCache,
    copied: Copied,
}

/// What is copied of each step's logits.
#[derive(Debug)]
enum Copied {
    /// All of them: they lie in the host's memory.
    All,
    /// Those that some row may choose, once it is known which.
    Candidates(Option<Candidates>),
}

/// One field to decode.
#[derive(Clone, Debug)]
pub(crate) struct FieldRow {
    /// The page it stands on.
    pub(crate) page: PageMemory,
    pub(crate) adapter: Option<Arc<Adapter>>,
    /// The start token and the tokens that ask for the field.
    pub(crate) prompt: Vec<u32>,
    pub(crate) constraint: FieldConstraint,
}

/// What was decoded for one field.
#[derive(Clone, Default)]
pub(crate) struct DecodedField {
    pub(crate) text: String,
    /// The least probability among the field's free steps.
    pub(crate) confidence: f32,
    /// Where the decoder looked for each character of the text; none for those that could only follow, and
    /// for all where it can't tell.
    pub(crate) foci: Vec<Option<Focus>>,
}

impl<K: Copy> FieldDecoder<K> {
    pub(crate) fn new(decoder: &Decoder) -> Result<Self> {
        let copied = match decoder.device().is_cpu() {
            true => Copied::All,
            false => Copied::Candidates(None),
        };
        Ok(Self { sequences: Vec::new(), past: decoder.new_cache()?, copied })
    }

    /// Begins to decode fields.
    pub(crate) fn add(&mut self, rows: Vec<(K, FieldRow)>) -> Result<()> {
        let capacity = |(_, row): &(K, FieldRow)| row.prompt.len() + row.constraint.max_tokens();
        let capacity = rows.iter().map(capacity).max().unwrap_or(0);
        self.copied.forget();
        let slots = self.past.take_slots(rows.len(), capacity)?;
        let sequences =
            rows.into_iter().zip(slots).map(|((key, row), slot)| Sequence::new(key, row, slot));
        self.sequences.extend(sequences);
        // Neighbours share their products. Which adapter comes first does not matter.
        self.sequences.sort_by_key(|sequence| sequence.neighbourhood());
        Ok(())
    }

    /// Decodes the next token of every field, and those that can only follow it. Returns the fields
    /// that are complete.
    pub(crate) fn step(
        &mut self,
        decoder: &Decoder,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<(K, DecodedField)>> {
        if self.sequences.is_empty() {
            return Ok(Vec::new());
        }
        let new = self
            .sequences
            .iter()
            .map(|sequence| (&sequence.row, sequence.pending.as_slice(), sequence.length));
        let NextLogits { logits, foci } = decoder.next_logits(&TokenBatch::new(new), &self.past)?;
        let constraints = self.sequences.iter().map(|sequence| &sequence.constraint);
        let logits = self.copied.of(&logits, constraints)?;
        let foci = foci.into_iter().map(Some).chain(std::iter::repeat(None));
        for ((sequence, logits), focus) in self.sequences.iter_mut().zip(logits.rows()).zip(foci) {
            sequence.step(logits, focus, vocabulary)?;
        }
        let finished = self.remove(|sequence| sequence.finished);
        Ok(finished.into_iter().map(|sequence| (sequence.key, sequence.decoded)).collect())
    }

    /// Gives up the fields of some keys.
    pub(crate) fn forget(&mut self, is_given_up: impl Fn(K) -> bool) {
        self.remove(|sequence| is_given_up(sequence.key));
    }

    fn remove(&mut self, leaves: impl Fn(&Sequence<K>) -> bool) -> Vec<Sequence<K>> {
        let left = self.sequences.extract_if(.., |sequence| leaves(sequence)).collect::<Vec<_>>();
        if !left.is_empty() {
            self.copied.forget();
            self.past.release(left.iter().map(|sequence| sequence.row.slot));
        }
        left
    }
}

impl Copied {
    fn of<'a, 'b>(
        &'a mut self,
        logits: &Tensor,
        constraints: impl Iterator<Item = &'b FieldConstraint>,
    ) -> Result<Logits<'a>> {
        match self {
            Self::All => Logits::whole(logits),
            Self::Candidates(candidates) => {
                let candidates = match candidates {
                    Some(candidates) => candidates,
                    None => candidates.insert(Candidates::of(constraints, logits.device())?),
                };
                Logits::of(candidates, logits)
            }
        }
    }

    /// Other rows have other candidates.
    fn forget(&mut self) {
        if let Self::Candidates(candidates) = self {
            *candidates = None;
        }
    }
}

/// One row on its way.
struct Sequence<K> {
    key: K,
    row: Row,
    constraint: FieldConstraint,
    /// Tokens that the decoder has not seen yet: the prompt, or the last ones chosen.
    pending: Vec<u32>,
    /// Tokens that it has seen.
    length: usize,
    decoded: DecodedField,
    finished: bool,
}

impl<K> Sequence<K> {
    fn new(key: K, row: FieldRow, slot: usize) -> Self {
        Self {
            key,
            row: Row { page: row.page, adapter: row.adapter, slot },
            constraint: row.constraint,
            pending: row.prompt,
            length: 0,
            decoded: DecodedField { confidence: 1.0, ..DecodedField::default() },
            finished: false,
        }
    }

    /// Equal for rows of one adapter, and close for those of one page.
    fn neighbourhood(&self) -> (Option<*const Adapter>, *const EncodedPages, usize) {
        let PageMemory { pages, index } = &self.row.page;
        (self.row.adapter.as_ref().map(Arc::as_ptr), Arc::as_ptr(pages), *index)
    }

    /// Takes the next token from the logits behind the pending ones, which looked at `focus`, and those
    /// that can only follow it: they go in together.
    fn step(
        &mut self,
        logits: RowLogits<'_>,
        focus: Option<Focus>,
        vocabulary: &Vocabulary,
    ) -> Result<()> {
        self.length += self.pending.len();
        self.pending.clear();
        loop {
            let (token, focus) = match self.constraint.next() {
                Next::Forced(token) => (token, None),
                Next::Complete => {
                    self.finished = true;
                    return Ok(());
                }
                // These logits stand before the pending tokens.
                Next::Choose { .. } if !self.pending.is_empty() => return Ok(()),
                Next::Choose { remaining, may_end } => {
                    let logit = |token| logits.of(token);
                    let chosen = self.constraint.choose(logit, remaining, may_end);
                    let token =
                        chosen.ok_or_else(|| candle_core::Error::msg("no token is allowed"))?;
                    let confidence = &mut self.decoded.confidence;
                    *confidence = confidence.min(logits.probability(token)?);
                    (token, focus)
                }
            };
            if self.constraint.is_end(token) {
                self.finished = true;
                return Ok(());
            }
            let text = vocabulary.text(token).unwrap_or_default();
            self.decoded.text.push_str(text);
            self.decoded.foci.extend(text.chars().map(|_| focus));
            let characters =
                u32::try_from(text.chars().count()).map_err(candle_core::Error::wrap)?;
            self.constraint.advance(token, characters);
            self.pending.push(token);
        }
    }
}

impl<K> std::fmt::Debug for Sequence<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sequence").field("length", &self.length).finish_non_exhaustive()
    }
}

/// The logits behind every token of a whole sequence, `(tokens, vocab_size)`, for tests and
/// debugging.
pub(crate) fn teacher_forced(
    decoder: &Decoder,
    page: PageMemory,
    adapter: Option<Arc<Adapter>>,
    tokens: &[u32],
) -> Result<Tensor> {
    let mut past = decoder.new_cache()?;
    past.take_slots(1, tokens.len())?;
    let batch = TokenBatch::new([(&Row { page, adapter, slot: 0 }, tokens, 0)]);
    let (hidden, _) = decoder.forward(&batch, &past)?;
    decoder.logits(&hidden, batch.token_adapters())
}
