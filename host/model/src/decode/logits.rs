//! What comes back of the logits of a step.
//!
//! On the CPU they lie where they are looked at. On a device most of them stay: what some row may choose
//! is copied, and what the whole vocabulary weighs beside it.

use candle_core::{Device, Result, Tensor};

use crate::constraint::FieldConstraint;
use crate::kernels::weigh_logits;

/// The tokens that some row may choose, ascending.
#[derive(Debug)]
pub(super) struct Candidates {
    tokens: Vec<u32>,
    /// The same, where the logits are.
    columns: Tensor,
}

impl Candidates {
    pub(super) fn of<'a>(
        constraints: impl Iterator<Item = &'a FieldConstraint>,
        device: &Device,
    ) -> Result<Self> {
        let mut tokens = constraints.flat_map(FieldConstraint::tokens).collect::<Vec<_>>();
        tokens.sort_unstable();
        tokens.dedup();
        let columns = Tensor::new(tokens.as_slice(), device)?;
        Ok(Self { tokens, columns })
    }
}

/// The logits behind each row of a step.
pub(super) struct Logits<'a> {
    /// Of `candidates`, and behind them [`Weight::greatest`] and [`Weight::sum`]; of the whole
    /// vocabulary where there are none.
    rows: Vec<Vec<f32>>,
    candidates: Option<&'a Candidates>,
}

impl<'a> Logits<'a> {
    /// Copies all of `logits`, `(rows, vocab_size)`.
    pub(super) fn whole(logits: &Tensor) -> Result<Self> {
        Ok(Self { rows: logits.to_vec2()?, candidates: None })
    }

    /// Copies what `candidates` need of `logits`.
    pub(super) fn of(candidates: &'a Candidates, logits: &Tensor) -> Result<Self> {
        // One copy, and with it the one time that the step is waited for.
        let rows = weigh_logits(logits, &candidates.columns)?.to_vec2()?;
        Ok(Self { rows, candidates: Some(candidates) })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = RowLogits<'_>> {
        let tokens = self.candidates.map(|candidates| candidates.tokens.as_slice());
        self.rows.iter().map(move |values| RowLogits { values, tokens })
    }
}

/// The logits behind one row.
#[derive(Clone, Copy)]
pub(super) struct RowLogits<'a> {
    values: &'a [f32],
    tokens: Option<&'a [u32]>,
}

/// What a softmax over the whole vocabulary divides by: `sum` of `exp(logit - greatest)`.
struct Weight {
    greatest: f32,
    sum: f32,
}

impl RowLogits<'_> {
    /// The logit of a token; none of one that is no candidate.
    pub(super) fn of(&self, token: u32) -> Option<f32> {
        let column = match self.tokens {
            None => token as usize,
            Some(tokens) => tokens.binary_search(&token).ok()?,
        };
        self.values.get(column).copied()
    }

    /// Softmax over the whole vocabulary, at one token.
    pub(super) fn probability(&self, token: u32) -> Result<f32> {
        let Weight { greatest, sum } = self.weight()?;
        match self.of(token).map(|logit| (logit - greatest).exp() / sum) {
            Some(probability) if probability.is_finite() => Ok(probability),
            Some(_) => Err(candle_core::Error::msg("the logits are not finite")),
            None => Err(candle_core::Error::msg("the logit of a token is missing")),
        }
    }

    fn weight(&self) -> Result<Weight> {
        let Some(tokens) = self.tokens else {
            let greatest = self.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum = self.values.iter().map(|logit| (logit - greatest).exp()).sum::<f32>();
            return Ok(Weight { greatest, sum });
        };
        match self.values[tokens.len()..] {
            [greatest, sum] => Ok(Weight { greatest, sum }),
            _ => Err(candle_core::Error::msg("a row of logits of another length")),
        }
    }
}

#[cfg(test)]
mod tests;
