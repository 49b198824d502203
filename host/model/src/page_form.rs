//! What a page becomes before it is encoded: of one size in pixels, and so many tokens.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::Device;

use crate::config::ModelConfig;
use crate::model::{EncoderLayout, numbers_of_a_page};
use crate::{ImageProcessor, ModelError};

/// Pages of one size.
pub(crate) struct PageForm {
    pub(crate) processor: ImageProcessor,
    /// Height and width in pixels.
    pub(crate) size: [usize; 2],
    /// Rows and columns of tokens that the encoder makes of it.
    pub(crate) grid: [usize; 2],
    /// Of the largest tensor that a page becomes.
    pub(crate) numbers: usize,
}

impl PageForm {
    fn new(config: &ModelConfig, size: [usize; 2], processor: ImageProcessor) -> Self {
        let config = config.of_size(size);
        Self {
            processor,
            size,
            grid: config.encoder.grid(config.encoder.depths.len() - 1),
            numbers: numbers_of_a_page(&config),
        }
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
    own_layout: Arc<EncoderLayout>,
    /// Of other sizes, the one that was used last in front. Whoever publishes adapters chooses sizes, and
    /// must not take anybody else's memory with them: what is not here is laid out again.
    layouts: Mutex<Vec<([usize; 2], Arc<EncoderLayout>)>>,
}

impl PageForms {
    /// `config` has the size of the base's own pages, as `processor` makes them.
    pub(crate) fn new(
        config: ModelConfig,
        processor: ImageProcessor,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let own = Arc::new(PageForm::new(&config, config.encoder.image_size, processor));
        let own_layout = Arc::new(EncoderLayout::new(&config.encoder, device)?);
        Ok(Self { own, config, device: device.clone(), own_layout, layouts: Mutex::default() })
    }

    /// That of the base.
    pub(crate) fn own(&self) -> &Arc<PageForm> {
        &self.own
    }

    /// That of an adapter, whose `preprocessor_config.json` in `file` made `processor`.
    ///
    /// # Errors
    /// When it differs from the base's in more than its size, does not pad to it, or the size is too large
    /// or too small for the encoder's windows.
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
        self.config.of_size(size).encoder.check_grids(file)?;
        Ok(Arc::new(PageForm::new(&self.config, size, processor)))
    }

    /// How pages of a form lie in the encoder's windows.
    pub(crate) fn layout(&self, form: &PageForm) -> candle_core::Result<Arc<EncoderLayout>> {
        if form.size == self.own.size {
            return Ok(Arc::clone(&self.own_layout));
        }
        if let Some(layout) = self.kept(form.size) {
            return Ok(layout);
        }
        let layout = EncoderLayout::new(&self.config.of_size(form.size).encoder, &self.device)?;
        let layout = Arc::new(layout);
        let mut layouts = self.layouts();
        layouts.truncate(KEPT_LAYOUTS - 1);
        layouts.insert(0, (form.size, Arc::clone(&layout)));
        Ok(layout)
    }

    fn kept(&self, size: [usize; 2]) -> Option<Arc<EncoderLayout>> {
        let mut layouts = self.layouts();
        let place = layouts.iter().position(|(kept, _)| *kept == size)?;
        layouts[..=place].rotate_right(1);
        layouts.first().map(|(_, layout)| Arc::clone(layout))
    }

    /// No step under the lock can panic half-way.
    fn layouts(&self) -> MutexGuard<'_, Vec<([usize; 2], Arc<EncoderLayout>)>> {
        self.layouts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pixels of an adapter's page, as a multiple of those of the base's own.
const MOST_TIMES_THE_OWN: usize = 8;

/// Layouts of other sizes than the base's own that are kept. One takes some megabytes, and a hundredth of
/// the time of encoding a page to be made again.
const KEPT_LAYOUTS: usize = 16;

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
