//! Field decoders beside each other, each with documents of its own.

use candle_core::{Device, Result};

use super::{DecodedField, FieldDecoder, FieldRow};
use crate::kernels::map_on_cores;
use crate::model::VisionEncoderDecoder;
use crate::vocabulary::Vocabulary;

/// Fields that are being decoded, all of a document by one decoder. The decoders step at once: what
/// passes between the layers of one stays in its core's caches, and no core waits for another between
/// two products.
#[derive(Debug)]
pub(crate) struct FieldDecoders<K> {
    decoders: Vec<FieldDecoder<K>>,
    device: Device,
}

impl<K: Copy + Send> FieldDecoders<K> {
    /// One a core, or one alone where several would only be in each other's way: on a device, and with a
    /// model so large that each would read its weights from memory.
    pub(crate) fn new(model: &VisionEncoderDecoder, device: &Device) -> Result<Self> {
        let decoders = match device.is_cpu() && model.bytes() <= CACHED_BYTES {
            true => rayon::current_num_threads(),
            false => 1,
        };
        Self::several(decoders, model, device)
    }

    fn several(number: usize, model: &VisionEncoderDecoder, device: &Device) -> Result<Self> {
        let decoders = (0..number).map(|_| FieldDecoder::new(&model.decoder));
        Ok(Self { decoders: decoders.collect::<Result<_>>()?, device: device.clone() })
    }

    /// Begins to decode the fields of some documents, each where the fewest are on their way.
    pub(crate) fn add(
        &mut self,
        documents: impl IntoIterator<Item = Vec<(K, FieldRow)>>,
    ) -> Result<()> {
        let mut joining = self.decoders.iter().map(|_| Vec::new()).collect::<Vec<_>>();
        for document in documents {
            let decoders = self.decoders.iter().zip(&mut joining);
            let rows = |(decoder, joining): &(&FieldDecoder<K>, &mut Vec<_>)| {
                decoder.sequences.len() + joining.len()
            };
            let least = decoders.min_by_key(rows);
            if let Some((_, joining)) = least {
                joining.extend(document);
            }
        }
        self.decoders
            .iter_mut()
            .zip(joining)
            .try_for_each(|(decoder, joining)| decoder.add(joining))
    }

    /// [`FieldDecoder::step`] of all. Where one fails, what the others finished is lost too: the caller
    /// reads everything again.
    pub(crate) fn step(
        &mut self,
        model: &VisionEncoderDecoder,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<(K, DecodedField)>> {
        let decoders = self.decoders.iter_mut().collect();
        let step = |decoder: &mut FieldDecoder<K>| decoder.step(&model.decoder, vocabulary);
        let finished = map_on_cores(&self.device, decoders, step);
        Ok(finished.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// Fields that are being decoded.
    pub(crate) fn rows(&self) -> usize {
        self.decoders.iter().map(|decoder| decoder.sequences.len()).sum()
    }

    /// Gives up the fields of some keys.
    pub(crate) fn forget(&mut self, is_given_up: impl Fn(K) -> bool) {
        self.decoders.iter_mut().for_each(|decoder| decoder.forget(&is_given_up));
    }
}

/// Weights of no more bytes are taken to stay in the cache that cores share.
const CACHED_BYTES: usize = 32 << 20;

#[cfg(test)]
mod tests;
