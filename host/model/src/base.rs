//! A base model: one checkpoint folder, loaded and checked.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use dossier_document::{Digest, FieldName, PageImage};

use crate::config::{GenerationConfig, GuidedAttention, ModelConfig};
use crate::device::{DeviceMemory, Upload};
use crate::digest::digest_files;
use crate::lora::{AdapterFiles, AdapterHost, SharedMatrices};
use crate::model::VisionEncoderDecoder;
use crate::page_form::{PageForm, PageForms};
use crate::processor::OnDevice;
use crate::type_embedding::TypeEmbedding;
use crate::vocabulary::Vocabulary;
use crate::weights::WeightFile;
use crate::{
    Adapter, AdapterPrecision, DeviceKind, ImageProcessor, ModelError, ModelSettings, TypeLikeness,
};

/// A base model in memory. Clones share it.
#[derive(Clone)]
pub struct Base {
    parts: Arc<Parts>,
}

pub(crate) struct Parts {
    pub(crate) model: VisionEncoderDecoder,
    pub(crate) forms: PageForms,
    /// Makes pixel values where the model computes, unless that is in the host's memory.
    on_device: Option<OnDevice>,
    /// Where the base tells document types apart.
    pub(crate) type_embedding: Option<TypeEmbedding>,
    pub(crate) generation: GenerationConfig,
    /// Absent for checkpoints that are only debugged.
    pub(crate) vocabulary: Option<Arc<Vocabulary>>,
    pub(crate) device: Device,
    upload: Upload,
    adapter_precision: AdapterPrecision,
    digest: Digest,
    parameters: usize,
}

impl Base {
    /// Loads a Hugging Face folder of a `VisionEncoderDecoderModel` with a DonutSwin encoder and an
    /// mBART decoder: `config.json`, `model.safetensors` (f32, f16 or bf16), `preprocessor_config.json`
    /// (or `processor_config.json`), and, where they exist, `generation_config.json`, `tokenizer.json`,
    /// `guided_attention.json` and `type_embedding.json` with its `.safetensors`. Keeps all weights in f32, and computes in f32.
    ///
    /// # Errors
    /// When a file is missing or corrupt, when a key or a tensor is unknown, missing or of another
    /// shape; the error names the file and the key or tensor. When the device is not there, can't run
    /// this program's kernels or has no room; the error tells what to do.
    pub fn load(folder: &Path, device: DeviceKind) -> Result<Self, ModelError> {
        Self::load_as(folder, ModelSettings { device, ..ModelSettings::default() })
    }

    /// [`Base::load`] with matrices kept in what `settings` say, and those of its adapters too.
    ///
    /// # Errors
    /// As [`Base::load`], and when a weight does not fit into f16 or is no number in int8.
    pub fn load_as(folder: &Path, settings: ModelSettings) -> Result<Self, ModelError> {
        let device = settings.device.open()?;
        let mut config = ModelConfig::read(&folder.join("config.json"))?;
        let generation_path = folder.join("generation_config.json");
        let generation = match generation_path.exists() {
            true => GenerationConfig::read(&generation_path)?,
            false => config.generation.clone(),
        };
        let processor = ImageProcessor::load(folder)?;
        // The processor decides what the encoder sees; the encoder takes any size.
        if let Some(padded_size) = processor.padded_size() {
            config.encoder.image_size = padded_size;
        }
        config.encoder.check_grids(&folder.join("config.json"))?;
        let weights = folder.join("model.safetensors");
        let weights = WeightFile::open(&weights, &device, settings.weights)?;
        let parameters = weights.parameters();
        if let Some(memory) = DeviceMemory::of(&device)? {
            let needed = parameters.saturating_mul(settings.weights.bytes());
            memory.check_room(settings.device, "the base", needed, "`weight_precision`")?;
        }
        let mut model = VisionEncoderDecoder::load(&config, weights)?;
        if let Some(guided) = GuidedAttention::read(folder, &config.decoder)? {
            model.decoder.tell_foci(&guided);
        }
        let tokenizer_path = folder.join("tokenizer.json");
        let vocabulary = match tokenizer_path.exists() {
            true => Some(Arc::new(Vocabulary::load(&tokenizer_path, config.decoder.vocab_size)?)),
            false => None,
        };
        let on_device = match device.is_cpu() {
            true => None,
            false => Some(OnDevice::new(&processor, &device)?),
        };
        let hidden_size = config.encoder.hidden_size();
        let forms = PageForms::new(config, processor, &device)?;
        let parts = Parts {
            model,
            type_embedding: TypeEmbedding::read(folder, forms.own().grid, hidden_size)?,
            forms,
            on_device,
            generation,
            vocabulary,
            upload: Upload::to(&device)?,
            device,
            adapter_precision: settings.adapters,
            digest: digest(folder)?,
            parameters,
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// SHA-256 over the files that decide what the base computes, those that exist of
    /// `config.json`, `generation_config.json`, `model.safetensors`, `preprocessor_config.json`,
    /// `processor_config.json` and `tokenizer.json`, in this order: of each its name, a NUL byte,
    /// its length in bytes as a little-endian u64, and its contents.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.parts.digest
    }

    /// Numbers in the checkpoint.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.parts.parameters
    }

    /// Memory of its weights, as they are kept.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.parts.model.bytes()
    }

    /// Whether the vocabulary has a way to ask for `field`.
    #[must_use]
    pub fn supports_field(&self, field: &FieldName) -> bool {
        self.parts
            .vocabulary
            .as_ref()
            .is_some_and(|vocabulary| vocabulary.field_prompt(field).is_some())
    }

    /// What likeness to a document type is worth, where the base tells document types apart.
    #[must_use]
    pub fn type_likeness(&self) -> Option<TypeLikeness> {
        self.parts.type_embedding.as_ref().map(TypeEmbedding::likeness)
    }

    /// Loads an adapter for this base from a folder as PEFT writes it, `adapter_config.json` and
    /// `adapter_model.safetensors`: LoRA with its variants or VeRA; or from a LoRA-XS folder, which
    /// also holds `lora_xs_factors.safetensors` (`adapters/README.md`). A `preprocessor_config.json`
    /// beside them says of what size its pages are, where that is not the base's. Its digest is SHA-256
    /// over these files in this order, each counted as in [`Base::digest`].
    ///
    /// # Errors
    /// When a file is missing, corrupt, pickled or too large, when the configuration asks for
    /// something this program does not do or names another base, when a target or a module to save
    /// matches nothing, or a tensor is missing, unused, of another shape or not finite; the error
    /// names the file and the key or tensor.
    pub fn load_adapter(&self, folder: &Path) -> Result<(Digest, Adapter), ModelError> {
        let files = AdapterFiles::read(folder, self.digest())?;
        let adapter = self.load_adapter_beside(&files, &SharedMatrices::default())?;
        Ok((files.digest(), adapter))
    }

    /// The adapter of files that were read, sharing what it has in common with those before.
    pub(crate) fn load_adapter_beside(
        &self,
        files: &AdapterFiles,
        shared: &SharedMatrices,
    ) -> Result<Adapter, ModelError> {
        let Parts { model, forms, upload, adapter_precision, .. } = self.parts();
        let layers = model.linears();
        let host = AdapterHost { layers, forms, upload, precision: *adapter_precision, shared };
        Adapter::load(files, &host)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }
}

impl Parts {
    /// The pixels of a page, of a size the encoder takes, in the host's memory: any thread may make
    /// them, beside what the model computes. [`Parts::to_model`] knows how they lie there.
    pub(crate) fn pixels(&self, page: &PageImage, form: &PageForm) -> Result<Tensor, ModelError> {
        let (size, pixels) = match &self.on_device {
            None => {
                let ([height, width], values) = form.processor.pixel_values(page)?;
                let values = Tensor::from_vec(values, (1, 3, height, width), &Device::Cpu)?;
                ([height, width], values)
            }
            Some(on_device) => on_device.bytes(&form.processor, page)?,
        };
        match size == form.size {
            true => Ok(pixels),
            false => Err(ModelError::ImageSize { found: size, expected: form.size }),
        }
    }

    /// The pixel values of some pages of one form, `(pages, 3, height, width)`, where the model computes.
    pub(crate) fn to_model(&self, pages: &[&Tensor]) -> candle_core::Result<Tensor> {
        let pages = Tensor::cat(pages, 0)?;
        match &self.on_device {
            None => Ok(pages),
            Some(on_device) => on_device.pixel_values(&pages),
        }
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base").field("digest", &self.parts.digest).finish_non_exhaustive()
    }
}

fn digest(folder: &Path) -> Result<Digest, ModelError> {
    let files = [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "preprocessor_config.json",
        "processor_config.json",
        "tokenizer.json",
    ];
    let files = files.map(|file| folder.join(file));
    let files = files.iter().map(|file| file.as_path()).filter(|file| file.exists());
    digest_files(&files.collect::<Vec<_>>())
}
