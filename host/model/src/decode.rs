//! Greedy decoding of many fields at once, each under its own constraint.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use crate::Adapter;
use crate::constraint::{FieldConstraint, Next};
use crate::model::{Decoder, EncodedPages, KvCache, Row, RowBatch};
use crate::vocabulary::Vocabulary;

/// One field to decode.
#[derive(Clone, Debug)]
pub(crate) struct FieldRow {
    /// The encoded page it stands on.
    pub(crate) page: usize,
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
}

/// Decodes all `rows` and returns what they say, in their order. Rows of one page, and of one
/// adapter, should be neighbours: they share their products.
pub(crate) fn decode_fields(
    decoder: &Decoder,
    vocabulary: &Vocabulary,
    pages: &EncodedPages,
    rows: Vec<FieldRow>,
) -> Result<Vec<DecodedField>> {
    let Some(longest_prompt) = rows.iter().map(|row| row.prompt.len()).max() else {
        return Ok(Vec::new());
    };
    let longest_value = rows.iter().map(|row| row.constraint.max_tokens()).max().unwrap_or(0);
    let mut decoded = vec![DecodedField { text: String::new(), confidence: 1.0 }; rows.len()];
    let mut sequences = rows
        .into_iter()
        .enumerate()
        .map(|(index, row)| Sequence::new(index, row, longest_prompt))
        .collect::<Vec<_>>();

    let mut batch = row_batch(&sequences);
    let mut cache = decoder.new_cache(sequences.len(), longest_prompt + longest_value)?;
    let mut tokens = sequences
        .iter()
        .flat_map(|sequence| {
            let padding = std::iter::repeat_n(PADDING, sequence.row.padding);
            padding.chain(sequence.prompt.iter().copied())
        })
        .collect::<Vec<_>>();
    loop {
        let hidden = decoder.forward(&tokens, &batch, pages, &mut cache)?;
        let last = hidden.narrow(1, hidden.dim(1)? - 1, 1)?.contiguous()?;
        let logits = decoder.logits(&last, &batch)?.squeeze(1)?;
        let logits = logits.to_vec2::<f32>()?;
        for (sequence, logits) in sequences.iter_mut().zip(&logits) {
            sequence.step(logits, vocabulary, &mut decoded)?;
        }
        if sequences.iter().all(|sequence| sequence.finished) {
            return Ok(decoded);
        }
        if drop_finished(&mut sequences, &mut cache)? {
            batch = row_batch(&sequences);
        }
        tokens.clear();
        tokens.extend(sequences.iter().map(|sequence| sequence.token));
    }
}

/// What fills columns that nobody looks at. Any token would do.
const PADDING: u32 = 0;

/// One row on its way.
struct Sequence {
    /// Its place in the answer.
    index: usize,
    row: Row,
    prompt: Vec<u32>,
    constraint: FieldConstraint,
    token: u32,
    finished: bool,
}

impl Sequence {
    fn new(index: usize, row: FieldRow, longest_prompt: usize) -> Self {
        let padding = longest_prompt - row.prompt.len();
        Self {
            index,
            row: Row { page: row.page, adapter: row.adapter, padding },
            prompt: row.prompt,
            constraint: row.constraint,
            token: PADDING,
            finished: false,
        }
    }

    /// Takes the next token from the logits of the last one.
    fn step(
        &mut self,
        logits: &[f32],
        vocabulary: &Vocabulary,
        decoded: &mut [DecodedField],
    ) -> Result<()> {
        if self.finished {
            return Ok(());
        }
        let field = &mut decoded[self.index];
        let token = match self.constraint.next() {
            Next::Forced(token) => token,
            Next::Complete => {
                self.finished = true;
                return Ok(());
            }
            Next::Choose { remaining, may_end } => {
                let chosen = self.constraint.choose(logits, remaining, may_end);
                let token = chosen.ok_or_else(|| candle_core::Error::msg("no token is allowed"))?;
                field.confidence = field.confidence.min(probability(logits, token)?);
                token
            }
        };
        if self.constraint.is_end(token) {
            self.finished = true;
            return Ok(());
        }
        let text = vocabulary.text(token).unwrap_or_default();
        field.text.push_str(text);
        let characters = u32::try_from(text.chars().count()).map_err(candle_core::Error::wrap)?;
        self.constraint.advance(token, characters);
        self.token = token;
        // A complete shape needs no step to say so.
        self.finished = self.constraint.next() == Next::Complete;
        Ok(())
    }
}

/// Softmax over the whole vocabulary, at one token.
fn probability(logits: &[f32], token: u32) -> Result<f32> {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum = logits.iter().map(|logit| (logit - greatest).exp()).sum::<f32>();
    let probability = (logits[token as usize] - greatest).exp() / sum;
    if probability.is_finite() {
        Ok(probability)
    } else {
        Err(candle_core::Error::msg("the logits are not finite"))
    }
}

fn row_batch(sequences: &[Sequence]) -> RowBatch {
    RowBatch::new(&sequences.iter().map(|sequence| sequence.row.clone()).collect::<Vec<_>>())
}

/// Drops the rows that are finished, once they are many: each time the caches are copied.
fn drop_finished(sequences: &mut Vec<Sequence>, cache: &mut KvCache) -> Result<bool> {
    let live = sequences.iter().filter(|sequence| !sequence.finished).count();
    if 4 * live > 3 * sequences.len() {
        return Ok(false);
    }
    let kept = (0u32..).zip(&*sequences).filter(|(_, sequence)| !sequence.finished);
    cache.keep(&kept.map(|(row, _)| row).collect::<Vec<_>>())?;
    sequences.retain(|sequence| !sequence.finished);
    Ok(true)
}

/// The last hidden states of a whole sequence, for tests and debugging.
pub(crate) fn teacher_forced(
    decoder: &Decoder,
    pages: &EncodedPages,
    adapter: Option<Arc<Adapter>>,
    tokens: &[u32],
) -> Result<Tensor> {
    let batch = RowBatch::new(&[Row { page: 0, adapter, padding: 0 }]);
    let mut cache = decoder.new_cache(1, tokens.len())?;
    let hidden = decoder.forward(tokens, &batch, pages, &mut cache)?;
    decoder.logits(&hidden, &batch)
}
