//! The tensors of a request: JSON, and binary ones behind it.

use axum::body::Bytes;
use axum::http::HeaderMap;
use dossier_document::{DocumentTypeId, FieldName};
use serde::Deserialize;

use super::answer::{OUTPUTS, Output};
use super::{FIELDS, JSON_LENGTH, PAGES, TensorError};
use crate::api::ApiError;
use crate::api::bodies::HeldBody;
use crate::api::form::field_name;
use crate::api::input::{Asked, Way, media_type, refuse_compressed};
use crate::api::json::{AtMost, JsonError, Text, decode_pages, read};

/// Longest id of a request, which its answer repeats.
const MAX_ID_BYTES: usize = 256;
/// Dimensions of a tensor at most.
const MAX_DIMENSIONS: usize = 8;
/// What precedes each element of a binary tensor: its length, little end first.
const LENGTH_BYTES: usize = 4;

/// What the answer is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::api) struct TensorsAsked {
    /// The model, as the path names it.
    pub(super) model: String,
    /// The client's own id.
    pub(super) id: Option<String>,
    /// The outputs asked for, each with whether it is to be binary; all, if none is.
    pub(super) outputs: Vec<(Output, bool)>,
    /// Whether outputs are binary of which nothing is said.
    pub(super) is_binary: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InferBody<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    /// Clients of KServe write it.
    #[serde(borrow, default)]
    model_name: Option<Text<'a>>,
    #[serde(default)]
    parameters: Option<RequestParameters>,
    #[serde(borrow)]
    inputs: AtMost<Vec<InputBody<'a>>>,
    #[serde(borrow, default)]
    outputs: Option<AtMost<Vec<OutputBody<'a>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestParameters {
    #[serde(default)]
    binary_data_output: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputBody<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    shape: AtMost<Vec<u64>>,
    #[serde(borrow)]
    datatype: Text<'a>,
    #[serde(default)]
    parameters: Option<InputParameters>,
    #[serde(borrow, default)]
    data: Option<AtMost<Vec<Text<'a>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputParameters {
    #[serde(default)]
    binary_data_size: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputBody<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default)]
    parameters: Option<OutputParameters>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputParameters {
    #[serde(default)]
    binary_data: Option<bool>,
}

/// How the body of an inference is to be read.
pub(super) fn way(
    headers: &HeaderMap,
    name: &str,
    document_type: DocumentTypeId,
    generation: Option<u64>,
) -> Result<Way, ApiError> {
    refuse_compressed(headers)?;
    let json_length = match headers.get(JSON_LENGTH) {
        None => None,
        Some(length) => {
            let length = length.to_str().ok().and_then(|length| length.parse().ok());
            Some(length.ok_or(TensorError::Length)?)
        }
    };
    let wanted = match json_length {
        None => "application/json",
        Some(_) => "application/octet-stream",
    };
    match media_type(headers) {
        Some(media) if media.eq_ignore_ascii_case(wanted) => {}
        // Clients that say nothing of it mean what the protocol says.
        None => {}
        Some(_) => return Err(ApiError::NotTensors),
    }
    Ok(Way::Tensors { name: name.to_owned(), document_type, generation, json_length })
}

/// Reads the tensors.
///
/// # Errors
/// What can't be used, or when there is no room for the pages.
pub(in crate::api) fn parse(
    body: Bytes,
    held: &mut HeldBody,
    name: &str,
    document_type: DocumentTypeId,
    json_length: Option<usize>,
) -> Result<(Asked, TensorsAsked), ApiError> {
    let length = json_length.unwrap_or(body.len());
    let json = body.get(..length).ok_or(TensorError::Length)?;
    let InferBody { id, model_name, parameters, inputs, outputs } = read(json)?;
    let is_named = |named: &Text<'_>| *named.0 == *name || *named.0 == *document_type.as_str();
    if model_name.is_some_and(|named| !is_named(&named)) {
        return Err(TensorError::Model.into());
    }
    let id = match id {
        Some(id) if id.0.len() > MAX_ID_BYTES => {
            return Err(JsonError::Value { line: 1, column: 1 }.into());
        }
        id => id.map(|id| id.0.into_owned()),
    };
    let mut binary = Binary { body: &body, next: length };
    let (mut pages, mut fields) = (None, None);
    for input in inputs.0 {
        match &*input.name.0 {
            PAGES => {
                let read = input_pages(input, &mut binary, held)?;
                set_once(&mut pages, PAGES, read)?;
            }
            FIELDS => {
                let read = input_fields(input, &mut binary)?;
                set_once(&mut fields, FIELDS, read)?;
            }
            other => {
                let name = other.to_owned();
                return Err(TensorError::Unknown { what: "input", name }.into());
            }
        }
    }
    if binary.next != body.len() {
        return Err(TensorError::Length.into());
    }
    let outputs = outputs.map_or_else(Vec::new, |outputs| outputs.0);
    let is_binary = parameters.is_some_and(|parameters| parameters.binary_data_output);
    let outputs = outputs.into_iter().map(|output| {
        let known = OUTPUTS.into_iter().find(|known| known.name() == output.name.0);
        let name = || output.name.0.clone().into_owned();
        let known = known.ok_or_else(|| TensorError::Unknown { what: "output", name: name() })?;
        let binary = output.parameters.and_then(|parameters| parameters.binary_data);
        Ok::<_, TensorError>((known, binary.unwrap_or(is_binary)))
    });
    let outputs = outputs.collect::<Result<_, _>>()?;
    let pages = pages.unwrap_or_default();
    if json_length.is_none() {
        // Of JSON, the pages alone are left.
        held.shrinks_to(pages.iter().map(Bytes::len).sum());
    }
    let asked = Asked { document_type: Some(document_type), pages, fields };
    Ok((asked, TensorsAsked { model: name.to_owned(), id, outputs, is_binary }))
}

fn set_once<T>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), TensorError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(TensorError::Repeated { name }),
    }
}

fn input_pages(
    input: InputBody<'_>,
    binary: &mut Binary<'_>,
    held: &mut HeldBody,
) -> Result<Vec<Bytes>, ApiError> {
    Ok(match elements(input, PAGES, binary)? {
        Elements::Texts(texts) => decode_pages(texts.iter().map(|text| &*text.0), held)?,
        Elements::Bytes(pages) => pages,
    })
}

fn input_fields(input: InputBody<'_>, binary: &mut Binary<'_>) -> Result<Vec<FieldName>, ApiError> {
    let names = match elements(input, FIELDS, binary)? {
        Elements::Texts(texts) => texts.into_iter().map(|text| text.0.into_owned()).collect(),
        Elements::Bytes(names) => {
            let text = |name: Bytes| String::from_utf8(name.into());
            let malformed = |_| TensorError::Malformed { name: FIELDS, problem: "it is no UTF-8" };
            names.into_iter().map(text).collect::<Result<Vec<_>, _>>().map_err(malformed)?
        }
    };
    Ok(names.iter().map(|name| field_name(name)).collect::<Result<_, _>>()?)
}

enum Elements<'a> {
    Texts(Vec<Text<'a>>),
    Bytes(Vec<Bytes>),
}

fn elements<'a>(
    input: InputBody<'a>,
    name: &'static str,
    binary: &mut Binary<'_>,
) -> Result<Elements<'a>, TensorError> {
    let malformed = |problem| TensorError::Malformed { name, problem };
    if input.datatype.0 != "BYTES" {
        return Err(malformed("its datatype is not BYTES"));
    }
    let size = input.parameters.and_then(|parameters| parameters.binary_data_size);
    let elements = match (input.data, size) {
        (Some(texts), None) => Elements::Texts(texts.0),
        (None, Some(size)) => Elements::Bytes(binary.take(name, size)?),
        _ => return Err(malformed("it must have data, or a size of binary data")),
    };
    let count = match &elements {
        Elements::Texts(texts) => texts.len(),
        Elements::Bytes(pages) => pages.len(),
    };
    let shape = input.shape.0;
    let product = shape.iter().try_fold(1_u64, |product, size| product.checked_mul(*size));
    if shape.is_empty() || shape.len() > MAX_DIMENSIONS || product != Some(count as u64) {
        return Err(malformed("its shape is not the number of its elements"));
    }
    Ok(elements)
}

/// The binary tensors behind the JSON, in the order of the inputs.
struct Binary<'a> {
    body: &'a Bytes,
    next: usize,
}

impl Binary<'_> {
    fn take(&mut self, name: &'static str, size: usize) -> Result<Vec<Bytes>, TensorError> {
        let malformed = |problem| TensorError::Malformed { name, problem };
        let short = || malformed("its binary data ends too early");
        let end = self.next.checked_add(size).filter(|end| *end <= self.body.len());
        let end = end.ok_or_else(short)?;
        let mut elements = Vec::new();
        while self.next < end {
            if elements.len() == crate::api::form::MAX_PARTS {
                return Err(malformed("it has too many elements"));
            }
            let start = self.next + LENGTH_BYTES;
            let length = self.body.get(self.next..start.min(end)).unwrap_or_default();
            let length = <[u8; LENGTH_BYTES]>::try_from(length).map_err(|_| short())?;
            let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| short())?;
            let after = start.checked_add(length).filter(|after| *after <= end);
            let after = after.ok_or_else(short)?;
            elements.push(self.body.slice(start..after));
            self.next = after;
        }
        Ok(elements)
    }
}
