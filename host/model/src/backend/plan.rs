//! What has to be done for one document, checked before anything is computed.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor};
use dossier_document::{CharacterSet, Digest, FieldName, FieldRequest, PageImage};
use dossier_inference::{BackendError, Prepared, Preparer, ReadRequest};

use crate::base::Parts;
use crate::constraint::FieldConstraint;
use crate::decode::FieldRow;
use crate::model::PageMemory;
use crate::page_form::PageForm;
use crate::place::Grey;
use crate::processor::Placement;
use crate::vocabulary::Vocabulary;
use crate::{Adapter, AdapterPool, Base, ModelError};

/// Turns requests into plans.
#[derive(Debug)]
pub(super) struct Planner {
    base: Base,
    adapters: AdapterPool,
    vocabulary: Arc<Vocabulary>,
    start_token: u32,
    end_token: u32,
}

/// What has to be done for one document.
pub(super) struct DocumentPlan {
    pub(super) digest: Option<Digest>,
    pub(super) adapter: Option<Arc<Adapter>>,
    pub(super) prepared: PreparedDocument,
}

/// What has to be done for one document, whatever its adapter.
pub(super) struct PreparedDocument {
    /// The pages that fields stand on, in order.
    pub(super) pages: Vec<PlannedPage>,
    /// What these became.
    pub(super) form: Arc<PageForm>,
    /// One a requested field, in order.
    pub(super) fields: Vec<FieldPlan>,
    /// The first page in the base's own form, where it is to be embedded: as `Parts::pixels` makes it.
    pub(super) to_embed: Option<Tensor>,
    pub(super) preprocess: Duration,
}

pub(super) struct PlannedPage {
    /// Counted from 0.
    pub(super) number: usize,
    /// In the host's memory, as `Parts::pixels` makes them.
    pub(super) pixels: Tensor,
    /// What is needed to tell where its fields stand, where the decoder can.
    pub(super) print: Option<Print>,
}

/// A page as print is looked for on it, and the way back to what was sent.
#[derive(Clone, Debug)]
pub(super) struct Print {
    pub(super) grey: Arc<Grey>,
    pub(super) placement: Placement,
    /// Width and height in pixels of what the decoder looks at.
    pub(super) token: [f32; 2],
}

pub(super) struct FieldPlan {
    page: usize,
    prompt: Vec<u32>,
    constraint: FieldConstraint,
}

impl Print {
    fn new(page: &PageImage, pixels: &Tensor, form: &PageForm) -> candle_core::Result<Self> {
        let placement = form.processor.placement(page.width(), page.height());
        let ([height, width], [rows, columns]) = (form.size, form.grid);
        let token = [width as f32 / columns as f32, height as f32 / rows as f32];
        Ok(Self { grey: Arc::new(Grey::of_pixel_values(pixels)?), placement, token })
    }
}

impl PreparedDocument {
    /// Of each page that has one, with its number.
    pub(super) fn prints(&self) -> impl Iterator<Item = (usize, Print)> {
        self.pages.iter().filter_map(|page| Some((page.number, page.print.clone()?)))
    }

    /// The fields on a page, each with its place in the request.
    pub(super) fn fields_on(&self, page: usize) -> impl Iterator<Item = (usize, &FieldPlan)> {
        self.fields.iter().enumerate().filter(move |(_, field)| field.page == page)
    }
}

impl FieldPlan {
    /// The decoder row of this field.
    pub(super) fn row(&self, page: PageMemory, adapter: Option<Arc<Adapter>>) -> FieldRow {
        FieldRow { page, adapter, prompt: self.prompt.clone(), constraint: self.constraint.clone() }
    }
}

impl Preparer for Planner {
    fn prepare(&self, request: &ReadRequest) -> Result<Prepared, BackendError> {
        self.prepare_document(request).map(Prepared::new)
    }

    fn pages_worth(&self, request: &ReadRequest) -> usize {
        // An adapter that is not known is the answer, later.
        let form = self.form(request.adapter.as_ref()).ok();
        let worth = form.map_or(1, |form| form.worth(self.parts().forms.own()));
        let read = match request.fields.is_empty() {
            true => 0,
            false => request.pages.len().saturating_mul(worth),
        };
        read.saturating_add(usize::from(request.embed))
    }
}

impl Planner {
    pub(super) fn new(base: Base, adapters: AdapterPool) -> Result<Self, ModelError> {
        let parts = base.parts();
        parts.generation.refuse_unsupported()?;
        let vocabulary = parts.vocabulary.clone().ok_or(ModelError::NoTokenizer)?;
        let decoder = &parts.model.decoder;
        let start_token = parts
            .generation
            .decoder_start_token_id
            .ok_or(ModelError::NoSuchSetting("decoder_start_token_id"))?;
        let ends = parts.generation.eos_token_ids.as_deref().unwrap_or_default();
        let end_token = *ends.first().ok_or(ModelError::NoSuchSetting("eos_token_id"))?;
        decoder.check_tokens(&[start_token, end_token])?;
        Ok(Self { base, adapters, vocabulary, start_token, end_token })
    }

    pub(super) fn parts(&self) -> &Parts {
        self.base.parts()
    }

    pub(super) fn device(&self) -> &Device {
        &self.parts().device
    }

    pub(super) fn adapters(&self) -> &AdapterPool {
        &self.adapters
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Finds the adapter of a document that is prepared, or will be now.
    pub(super) fn plan(
        &self,
        request: &ReadRequest,
        prepared: Option<PreparedDocument>,
    ) -> Result<DocumentPlan, BackendError> {
        let find = |digest| self.adapters.get(&digest).ok_or(BackendError::UnknownAdapter(digest));
        let adapter = request.adapter.map(find).transpose()?;
        let prepared = match prepared {
            Some(prepared) => prepared,
            None => self.prepare_document(request)?,
        };
        Ok(DocumentPlan { digest: request.adapter, adapter, prepared })
    }

    /// Checks one document and prepares its pages.
    fn prepare_document(&self, request: &ReadRequest) -> Result<PreparedDocument, BackendError> {
        if request.pages.is_empty() {
            return Err(BackendError::NoPages);
        }
        if request.fields.is_empty() && !request.embed {
            return Err(BackendError::NoFields);
        }
        let plan_field = |field| self.plan_field(field, request.pages.len());
        let fields = request.fields.iter().map(plan_field).collect::<Result<Vec<_>, _>>()?;
        if request.embed && self.parts().type_embedding.is_none() {
            return Err(BackendError::NoEmbedding);
        }
        let form = self.form(request.adapter.as_ref())?;
        let started = Instant::now();
        // A page without a field is not encoded.
        let is_read = |(number, _): &(usize, _)| fields.iter().any(|field| field.page == *number);
        let pages = request.pages.iter().enumerate().filter(is_read);
        let pages = pages.map(|(number, page)| self.plan_page(number, page, &form));
        let pages = pages.collect::<Result<_, _>>()?;
        let own = self.parts().forms.own();
        let to_embed = request.pages.first().filter(|_| request.embed);
        let to_embed = to_embed.map(|page| self.parts().pixels(page, own)).transpose();
        let to_embed =
            to_embed.map_err(|error| BackendError::Preprocess { page: 0, source: error.into() })?;
        let preprocess = started.elapsed();
        Ok(PreparedDocument { pages, form, fields, to_embed, preprocess })
    }

    /// What pages become that an adapter reads, or the base alone.
    fn form(&self, adapter: Option<&Digest>) -> Result<Arc<PageForm>, BackendError> {
        match adapter {
            Some(digest) => self.adapters.form(digest).ok_or(BackendError::UnknownAdapter(*digest)),
            None => Ok(Arc::clone(self.parts().forms.own())),
        }
    }

    /// The pixels of a page without anything on it.
    pub(super) fn blank_page(&self) -> Result<Tensor, ModelError> {
        let form = self.parts().forms.own();
        let [height, width] = form.size;
        let side = |side: usize| u32::try_from(side).map_err(candle_core::Error::wrap);
        let white = vec![u8::MAX; 3 * height * width];
        let page = PageImage::new(side(width)?, side(height)?, white);
        self.parts().pixels(&page.map_err(candle_core::Error::wrap)?, form)
    }

    /// The row of a field that no document has, of some characters, to be read once before any other.
    pub(super) fn first_row(&self, page: PageMemory) -> Result<FieldRow, ModelError> {
        let characters = CharacterSet::from_str("A-Z0-9").map_err(candle_core::Error::wrap)?;
        let name = FieldName::from_str("any").map_err(candle_core::Error::wrap)?;
        let field = FieldRequest {
            name,
            page: 0,
            characters,
            max_length: 2,
            shape: None,
            zone: None,
            any_lines: false,
        };
        let constraint = FieldConstraint::new(&field, &self.vocabulary, self.end_token);
        let constraint = constraint.ok_or_else(|| candle_core::Error::msg("no open field"))?;
        Ok(FieldRow { page, adapter: None, prompt: vec![self.start_token], constraint })
    }

    fn plan_page(
        &self,
        number: usize,
        page: &PageImage,
        form: &PageForm,
    ) -> Result<PlannedPage, BackendError> {
        let prepare = || -> Result<PlannedPage, ModelError> {
            let pixels = self.parts().pixels(page, form)?;
            let print = match self.parts().model.decoder.tells_foci() {
                true => Some(Print::new(page, &pixels, form)?),
                false => None,
            };
            Ok(PlannedPage { number, pixels, print })
        };
        prepare().map_err(|error| BackendError::Preprocess { page: number, source: error.into() })
    }

    fn plan_field(&self, field: &FieldRequest, pages: usize) -> Result<FieldPlan, BackendError> {
        let name = || field.name.clone();
        if field.page >= pages {
            return Err(BackendError::NoSuchPage { field: name(), page: field.page, pages });
        }
        let vocabulary = &self.vocabulary;
        let mut prompt = vec![self.start_token];
        let asked = vocabulary.field_prompt(&field.name);
        prompt.extend(asked.ok_or_else(|| BackendError::UnsupportedField(name()))?);
        let constraint = FieldConstraint::new(field, vocabulary, self.end_token)
            .ok_or_else(|| BackendError::UnfillableShape(name()))?;
        let needed = prompt.len() + constraint.max_tokens();
        let available = self.parts().model.decoder.positions();
        if needed > available {
            return Err(BackendError::FieldTooLong { field: name(), needed, available });
        }
        Ok(FieldPlan { page: field.page, prompt, constraint })
    }
}
