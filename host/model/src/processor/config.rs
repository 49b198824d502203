//! `preprocessor_config.json`.

use std::path::Path;

use serde_json::Value;

use super::resample::Resample;
use crate::ModelError;
use crate::json::JsonObject;

/// What Donut's processor is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ProcessorConfig {
    pub(super) do_align_long_axis: bool,
    pub(super) do_resize: bool,
    pub(super) do_thumbnail: bool,
    pub(super) do_pad: bool,
    do_rescale: bool,
    do_normalize: bool,
    pub(super) resample: Resample,
    rescale_factor: f64,
    image_mean: [f64; 3],
    image_std: [f64; 3],
    /// Height of the model's input, in pixels.
    pub(super) height: u32,
    /// Width of the model's input, in pixels.
    pub(super) width: u32,
}

impl ProcessorConfig {
    pub(super) fn read(folder: &Path) -> Result<Self, ModelError> {
        let nested = folder.join("processor_config.json");
        if nested.exists()
            && let Some(object) = JsonObject::read(&nested)?.take_object("image_processor")?
        {
            return Self::take(object);
        }
        Self::take(JsonObject::read(&folder.join(PREPROCESSOR_CONFIG))?)
    }

    pub(super) fn parse(file: &Path, text: &[u8]) -> Result<Self, ModelError> {
        Self::take(JsonObject::parse(file, text)?)
    }

    /// The same for images of another size.
    pub(super) fn of_size_of(&self, other: &Self) -> Self {
        Self { height: other.height, width: other.width, ..self.clone() }
    }

    fn take(mut object: JsonObject) -> Result<Self, ModelError> {
        for key in ["image_processor_type", "feature_extractor_type"] {
            object.refuse_unless(key, |value| {
                value.as_str().is_some_and(|name| PROCESSORS.contains(&name))
            })?;
        }
        for key in ["do_center_crop", "do_random_padding", "random_padding"] {
            object.refuse_unless(key, |value| value == false)?;
        }
        for (key, only) in [("data_format", "channels_first"), ("input_data_format", "none")] {
            object.refuse_unless(key, |value| value == only)?;
        }
        // Pages come as RGB, so nothing is left to convert; a processor that would not convert
        // does the same with them.
        object.take_bool("do_convert_rgb")?;
        let size = object.take("size");
        let [height, width] = match &size {
            None => [2560, 1920],
            Some(size) => read_size(size).ok_or_else(|| object.unsupported("size", size))?,
        };
        let mut flag =
            |key: &str, default| Ok::<_, ModelError>(object.take_bool(key)?.unwrap_or(default));
        let config = Self {
            do_align_long_axis: flag("do_align_long_axis", false)?,
            do_resize: flag("do_resize", true)?,
            do_thumbnail: flag("do_thumbnail", true)?,
            do_pad: flag("do_pad", true)?,
            do_rescale: flag("do_rescale", true)?,
            do_normalize: flag("do_normalize", true)?,
            resample: object
                .take_with("resample", "a number of PIL.Image.Resampling, 0 to 5", |value| {
                    Resample::from_number(value.as_u64()?)
                })?
                .unwrap_or(Resample::Bilinear),
            rescale_factor: object.take_f64("rescale_factor")?.unwrap_or(1.0 / 255.0),
            image_mean: take_channels(&mut object, "image_mean")?.unwrap_or([0.5; 3]),
            image_std: take_channels(&mut object, "image_std")?.unwrap_or([0.5; 3]),
            height,
            width,
        };
        if config.do_resize && config.height.min(config.width) > MAX_SHORTER_SIDE {
            let expected =
                format!("a size whose shorter side has {MAX_SHORTER_SIDE} pixels at most");
            return Err(object.invalid("size", expected));
        }
        if config.image_std.contains(&0.0) {
            return Err(object.invalid("image_std", "three numbers other than 0"));
        }
        object.ignore(WITHOUT_EFFECT);
        object.finish()?;
        Ok(config)
    }

    /// Pillow's number 0 is falsy, so a thumbnail is never made with nearest.
    pub(super) fn thumbnail_resample(&self) -> Resample {
        match self.resample {
            Resample::Nearest => Resample::Bicubic,
            resample => resample,
        }
    }

    /// What each pixel value of a channel becomes: rescaled in f64, normalised in f32, as
    /// `transformers/image_transforms.py` does.
    pub(super) fn values(&self, channel: usize) -> [f32; 256] {
        let mean = self.image_mean[channel] as f32;
        let std = self.image_std[channel] as f32;
        std::array::from_fn(|value| {
            let value = value as f64;
            let value = if self.do_rescale { value * self.rescale_factor } else { value } as f32;
            if self.do_normalize { (value - mean) / std } else { value }
        })
    }
}

/// The file's name, in a base's folder and in an adapter's.
pub(crate) const PREPROCESSOR_CONFIG: &str = "preprocessor_config.json";

/// A page's longer side may be 16 times its shorter (`DecodeLimits::max_elongation`), and the shorter
/// is brought to the model's first: with this, no page is then larger than [`MAX_RESIZED_PIXELS`].
///
/// [`MAX_RESIZED_PIXELS`]: super::MAX_RESIZED_PIXELS
const MAX_SHORTER_SIDE: u32 = 2048;

/// Names of one and the same processing.
const PROCESSORS: &[&str] = &[
    "DonutFeatureExtractor",
    "DonutImageProcessor",
    "DonutImageProcessorFast",
    "DonutImageProcessorPil",
];

/// Keys that Donut's processing does not read.
const WITHOUT_EFFECT: &[&str] = &[
    "_processor_class",
    "crop_size",
    "default_to_square",
    "device",
    "disable_grouping",
    "image_seq_length",
    // Donut pads to `size`.
    "pad_size",
    "processor_class",
    "return_tensors",
];

/// Height and width. A list is `[width, height]`, as older checkpoints write it.
fn read_size(size: &Value) -> Option<[u32; 2]> {
    let side = |value: &Value| {
        value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=1 << 16).contains(n))
    };
    match size {
        Value::Array(sides) => match sides.as_slice() {
            [width, height] => Some([side(height)?, side(width)?]),
            _ => None,
        },
        Value::Object(map) => {
            let others = map.iter().filter(|(key, _)| *key != "height" && *key != "width");
            if others.into_iter().any(|(_, value)| !value.is_null()) {
                return None;
            }
            Some([side(map.get("height")?)?, side(map.get("width")?)?])
        }
        _ => side(size).map(|side| [side, side]),
    }
}

/// One number for all channels, or one each.
fn take_channels(object: &mut JsonObject, key: &str) -> Result<Option<[f64; 3]>, ModelError> {
    object.take_with(key, "a number or three of them", |value| match value {
        Value::Array(channels) => match channels.as_slice() {
            [red, green, blue] => Some([red.as_f64()?, green.as_f64()?, blue.as_f64()?]),
            _ => None,
        },
        _ => value.as_f64().map(|value| [value; 3]),
    })
}
