//! Page to pixel values, as transformers' Donut processor makes them, bit for bit.

use std::path::Path;

use dossier_document::PageImage;

use crate::ModelError;

mod config;
pub(crate) use config::PREPROCESSOR_CONFIG;
use config::ProcessorConfig;

mod placement;
pub(crate) use placement::Placement;

mod on_device;
pub(crate) use on_device::OnDevice;

pub(crate) mod resample;

mod raster;
use raster::Raster;

/// `DonutImageProcessorPil` (`transformers/models/donut/image_processing_pil_donut.py`).
#[derive(Clone, Debug)]
pub struct ImageProcessor {
    config: ProcessorConfig,
    /// For each channel what each of the 256 pixel values becomes.
    values: [[f32; 256]; 3],
}

impl ImageProcessor {
    /// Reads the processor of a checkpoint folder: `image_processor` of `processor_config.json`, or
    /// else `preprocessor_config.json`.
    ///
    /// # Errors
    /// When the file is missing, or asks for something else than Donut's processing.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        Ok(Self::new(ProcessorConfig::read(folder)?))
    }

    /// That of an adapter, of the bytes of its `preprocessor_config.json`.
    ///
    /// # Errors
    /// As [`ImageProcessor::load`].
    pub(crate) fn parse(file: &Path, text: &[u8]) -> Result<Self, ModelError> {
        Ok(Self::new(ProcessorConfig::parse(file, text)?))
    }

    fn new(config: ProcessorConfig) -> Self {
        let values = [0, 1, 2].map(|channel| config.values(channel));
        Self { config, values }
    }

    /// Whether it does as another does, but for the size it brings images to.
    pub(crate) fn differs_in_size_alone(&self, other: &Self) -> bool {
        self.config.of_size_of(&other.config) == other.config
    }

    /// Height and width that every image is padded to, in pixels; `None` without padding.
    #[must_use]
    pub fn padded_size(&self) -> Option<[usize; 2]> {
        self.config
            .do_pad
            .then(|| [self.config.height, self.config.width].map(|side| side as usize))
    }

    /// The pixel values of one page, f32 `(3, height, width)` in row-major order, with height and
    /// width.
    ///
    /// # Errors
    /// When the image is larger than the size it has to be padded to.
    pub fn pixel_values(&self, page: &PageImage) -> Result<([usize; 2], Vec<f32>), ModelError> {
        let image = self.arrange(Raster::from_page(page))?;
        let [height, width] = [image.height as usize, image.width as usize];
        let mut values = Vec::with_capacity(3 * height * width);
        for (channel, table) in self.values.iter().enumerate() {
            values
                .extend(image.rgb.iter().skip(channel).step_by(3).map(|v| table[usize::from(*v)]));
        }
        Ok(([height, width], values))
    }

    /// The same before each channel's bytes become numbers: RGB, `(height, width, 3)`.
    fn bytes(&self, page: &PageImage) -> Result<([usize; 2], Vec<u8>), ModelError> {
        let image = self.arrange(Raster::from_page(page))?;
        Ok(([image.height as usize, image.width as usize], image.rgb.into_owned()))
    }

    /// Everything that happens to whole pixels.
    fn arrange<'page>(&self, mut image: Raster<'page>) -> Result<Raster<'page>, ModelError> {
        let config = &self.config;
        let target = (config.height, config.width);
        if config.do_align_long_axis && image.lies_across(target) {
            image = image.rotated();
        }
        if config.do_resize {
            let shortest = target.0.min(target.1);
            let (height, width) = image.size_with_shortest_edge(shortest);
            if u64::from(height) * u64::from(width) > MAX_RESIZED_PIXELS {
                return Err(ModelError::ImageTooElongated {
                    width: image.width,
                    height: image.height,
                });
            }
            image = image.resized(height, width, config.resample);
        }
        if config.do_thumbnail
            && let Some((height, width)) = image.thumbnail_size(target)
        {
            image = image.resized(height, width, config.thumbnail_resample());
        }
        if config.do_pad {
            image = image.padded(target)?;
        }
        Ok(image)
    }
}

/// The processor first brings the shorter side to the model's, however long the other becomes. A
/// strip of one pixel's height must not claim all memory on its way.
const MAX_RESIZED_PIXELS: u64 = 1 << 26;

#[cfg(test)]
mod tests;
