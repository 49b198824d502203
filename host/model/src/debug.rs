//! The model as transformers would run it, without fields and constraints, to compare the two; and
//! adapters to measure with.

use std::sync::Arc;

use dossier_document::PageImage;

use crate::decode::teacher_forced;
use crate::lora::AdapterRows;
use crate::model::{PageMemory, Row, TokenBatch};
use crate::page_form::PageForm;
use crate::{Adapter, Base, ModelError};

mod generate;

mod low_rank_product;
pub use low_rank_product::LowRankProduct;

mod random_adapter;
pub use random_adapter::write_random_adapter;

/// The encoder's last hidden state, `(seq_len, hidden_size)`, before any projection.
///
/// # Errors
/// When the image does not fit the processor, or the arithmetic fails.
pub fn encoder_states(
    base: &Base,
    adapter: Option<&Arc<Adapter>>,
    image: &PageImage,
) -> Result<Vec<Vec<f32>>, ModelError> {
    let (parts, form) = (base.parts(), form_of(base, adapter));
    let pixels = parts.to_model(&[&parts.pixels(image, form)?])?;
    let pages = AdapterRows::new([adapter.cloned()]);
    Ok(parts
        .model
        .encoder_states(&pixels, &*parts.forms.layout(form)?, &pages)?
        .squeeze(0)?
        .to_vec2()?)
}

/// The logits behind each of `tokens`, `(tokens, vocab_size)`: `decoder_input_ids` are the tokens
/// as they are, nothing is put in front.
///
/// # Errors
/// When the image does not fit the processor, a token is outside the vocabulary, there are none or
/// too many of them, or the arithmetic fails.
pub fn forward(
    base: &Base,
    adapter: Option<&Arc<Adapter>>,
    image: &PageImage,
    tokens: &[u32],
) -> Result<Vec<Vec<f32>>, ModelError> {
    check_tokens(base, tokens)?;
    let page = encode(base, adapter, image)?;
    let logits = teacher_forced(&base.parts().model.decoder, page, adapter.cloned(), tokens)?;
    Ok(logits.to_vec2()?)
}

/// What transformers' greedy `generate` adds to `prompt`, at most `max_new_tokens` tokens, the end
/// token included. It obeys the checkpoint's generation configuration; as for any model with a
/// Donut encoder, no start token is put in front of the prompt.
///
/// # Errors
/// As [`forward`], and when the generation configuration asks for anything but greedy decoding.
pub fn generate(
    base: &Base,
    adapter: Option<&Arc<Adapter>>,
    image: &PageImage,
    prompt: &[u32],
    max_new_tokens: usize,
) -> Result<Vec<u32>, ModelError> {
    check_tokens(base, prompt)?;
    let generation = &base.parts().generation;
    generation.refuse_unsupported()?;
    let page = encode(base, adapter, image)?;
    let decoder = &base.parts().model.decoder;
    let mut past = decoder.new_cache()?;
    let capacity = (prompt.len() + max_new_tokens).min(decoder.positions());
    past.take_slots(1, capacity)?;
    let row = Row { page, adapter: adapter.cloned(), slot: 0 };
    let mut sequence = prompt.to_vec();
    let mut fed = 0;
    while sequence.len() < prompt.len() + max_new_tokens {
        if sequence.len() > decoder.positions() {
            return Err(sequence_length(base, prompt.len() + max_new_tokens));
        }
        let batch = TokenBatch::new([(&row, &sequence[fed..], fed)]);
        fed = sequence.len();
        let mut logits =
            decoder.next_logits(&batch, &past)?.logits.flatten_all()?.to_vec1::<f32>()?;
        generate::process(&mut logits, &sequence, prompt.len(), max_new_tokens, generation);
        let token = generate::first_greatest(&logits);
        sequence.push(token);
        if generation.eos_token_ids.as_ref().is_some_and(|ends| ends.contains(&token)) {
            break;
        }
    }
    Ok(sequence.split_off(prompt.len()))
}

fn encode(
    base: &Base,
    adapter: Option<&Arc<Adapter>>,
    image: &PageImage,
) -> Result<PageMemory, ModelError> {
    let (parts, form) = (base.parts(), form_of(base, adapter));
    let pixels = parts.to_model(&[&parts.pixels(image, form)?])?;
    let pages = AdapterRows::new([adapter.cloned()]);
    let states = parts.model.encoder_states(&pixels, &*parts.forms.layout(form)?, &pages)?;
    let pages = Arc::new(parts.model.encoded_pages(&states, form, &pages)?);
    Ok(PageMemory { pages, index: 0 })
}

fn form_of<'a>(base: &'a Base, adapter: Option<&'a Arc<Adapter>>) -> &'a PageForm {
    adapter.map_or(base.parts().forms.own(), |adapter| adapter.form())
}

fn check_tokens(base: &Base, tokens: &[u32]) -> Result<(), ModelError> {
    let decoder = &base.parts().model.decoder;
    decoder.check_tokens(tokens)?;
    if tokens.is_empty() || tokens.len() > decoder.positions() {
        return Err(sequence_length(base, tokens.len()));
    }
    Ok(())
}

fn sequence_length(base: &Base, length: usize) -> ModelError {
    ModelError::SequenceLength { length, positions: base.parts().model.decoder.positions() }
}
