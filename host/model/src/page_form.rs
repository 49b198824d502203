//! What a page becomes before it is encoded: of one size in pixels, and so many tokens.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use candle_core::Device;

use crate::config::ModelConfig;
use crate::model::{EncoderLayout, numbers_of_a_page};
use crate::{ImageProcessor, ModelError};

/// Pages of one size, and how the encoder takes them.
pub(crate) struct PageForm {
    pub(crate) processor: ImageProcessor,
    /// Height and width in pixels.
    pub(crate) size: [usize; 2],
    /// Rows and columns of tokens that the encoder makes of it.
    pub(crate) grid: [usize; 2],
    /// Of the largest tensor that a page becomes.
    pub(crate) numbers: usize,
    pub(crate) layout: EncoderLayout,
}

impl PageForm {
    fn new(
        config: &ModelConfig,
        size: [usize; 2],
        processor: ImageProcessor,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let mut config = config.clone();
        config.encoder.image_size = size;
        Ok(Self {
            processor,
            size,
            grid: config.encoder.grid(config.encoder.depths.len() - 1),
            numbers: numbers_of_a_page(&config),
            layout: EncoderLayout::new(&config.encoder, device)?,
        })
    }

    fn pixels(&self) -> usize {
        let [height, width] = self.size;
        height.saturating_mul(width)
    }

    /// How many pages of `own` are encoded in the time of one of these, at least one.
    pub(crate) fn worth(&self, own: &Self) -> usize {
        self.pixels().div_ceil(own.pixels().max(1)).max(1)
    }
}

/// The forms of a base: its own, and those that its adapters ask for. An adapter's pages may have another
/// size than the base's: small print needs more pixels, and a page of large print is read in a quarter of
/// the time with a quarter of them.
pub(crate) struct PageForms {
    own: Arc<PageForm>,
    config: ModelConfig,
    device: Device,
    /// By height and width, for as long as an adapter needs it.
    others: Mutex<BTreeMap<[usize; 2], Weak<PageForm>>>,
}

impl PageForms {
    /// `config` has the size of the base's own pages, as `processor` makes them.
    pub(crate) fn new(
        config: ModelConfig,
        processor: ImageProcessor,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let own = PageForm::new(&config, config.encoder.image_size, processor, device)?;
        let others = Mutex::default();
        Ok(Self { own: Arc::new(own), config, device: device.clone(), others })
    }

    /// That of the base.
    pub(crate) fn own(&self) -> &Arc<PageForm> {
        &self.own
    }

    /// That of an adapter, whose `preprocessor_config.json` in `file` made `processor`.
    ///
    /// # Errors
    /// When it differs from the base's in more than its size, does not pad to it, or the size is too large,
    /// too small for the encoder's windows, or one too many.
    pub(crate) fn of(
        &self,
        file: &Path,
        processor: ImageProcessor,
    ) -> Result<Arc<PageForm>, ModelError> {
        let invalid = |key: &str, expected: String| ModelError::InvalidValue {
            path: file.to_owned(),
            key: key.to_owned(),
            expected,
        };
        if !processor.differs_in_size_alone(&self.own.processor) {
            let expected = "the base's own: only `size` may be another".to_owned();
            return Err(invalid("size", expected));
        }
        let Some(size) = processor.padded_size() else {
            return Err(invalid("do_pad", "true".to_owned()));
        };
        if size == self.own.size {
            return Ok(Arc::clone(&self.own));
        }
        let [height, width] = size;
        let most = self.own.pixels().saturating_mul(MOST_TIMES_THE_OWN);
        if height.saturating_mul(width) > most {
            return Err(invalid(
                "size",
                format!("a height and a width of {most} pixels at most together"),
            ));
        }
        let mut encoder = self.config.encoder.clone();
        encoder.image_size = size;
        encoder.check_grids(file)?;
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|_, form| form.strong_count() > 0);
        if let Some(form) = others.get(&size).and_then(Weak::upgrade) {
            return Ok(form);
        }
        if others.len() >= MOST_FORMS {
            let sizes = others.keys().map(|[height, width]| format!("{width} x {height}"));
            let expected = format!("one of {}", sizes.collect::<Vec<_>>().join(", "));
            return Err(invalid("size", expected));
        }
        let form = Arc::new(PageForm::new(&self.config, size, processor, &self.device)?);
        others.insert(size, Arc::downgrade(&form));
        Ok(form)
    }
}

/// Pixels of an adapter's page, as a multiple of those of the base's own.
const MOST_TIMES_THE_OWN: usize = 8;

/// Sizes that adapters may ask for at a time, beside the base's own: each has windows laid out for it in the
/// model's memory, which no adapter is charged.
const MOST_FORMS: usize = 16;

impl fmt::Debug for PageForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [height, width] = self.size;
        write!(f, "PageForm({width} x {height})")
    }
}

impl fmt::Debug for PageForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PageForms").field(&self.own).finish()
    }
}

#[cfg(test)]
mod tests;
