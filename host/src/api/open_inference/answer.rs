//! The tensors of an answer.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use dossier_engine::Extraction;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::JSON_LENGTH;
use super::request::TensorsAsked;
use crate::api::idempotency::KeptAnswer;
use crate::api::{ApiError, ExtractBody};

/// A tensor that an answer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// One element: the answer of `POST /v1/extract`, as JSON.
    Document,
    /// One element: the verdict.
    Verdict,
    /// The names of the fields.
    FieldNames,
    /// Their values; the empty text where there is none.
    FieldValues,
    /// Whether there is a value.
    FieldHasValue,
    /// Their confidences; 0 where nothing was read.
    FieldConfidences,
}

/// All of them, in the order of an answer.
pub(super) const OUTPUTS: [Output; 6] = [
    Output::Document,
    Output::Verdict,
    Output::FieldNames,
    Output::FieldValues,
    Output::FieldHasValue,
    Output::FieldConfidences,
];

impl Output {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Verdict => "verdict",
            Self::FieldNames => "field_names",
            Self::FieldValues => "field_values",
            Self::FieldHasValue => "field_has_value",
            Self::FieldConfidences => "field_confidences",
        }
    }

    pub(super) fn datatype(self) -> &'static str {
        match self {
            Self::Document | Self::Verdict | Self::FieldNames | Self::FieldValues => "BYTES",
            Self::FieldHasValue => "BOOL",
            Self::FieldConfidences => "FP64",
        }
    }
}

/// The answer of an inference.
#[derive(Serialize, ToSchema)]
pub(super) struct InferAnswer<'a> {
    model_name: &'a str,
    model_version: String,
    id: &'a str,
    outputs: Vec<OutputBody>,
}

/// A tensor of an answer.
#[derive(Serialize, ToSchema)]
struct OutputBody {
    name: &'static str,
    datatype: &'static str,
    shape: [usize; 1],
    /// Where the elements follow the JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<BinaryBody>,
    /// The elements: texts, numbers, or true and false.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Vec<Value>>,
}

/// Where the elements of a tensor are.
#[derive(Serialize, ToSchema)]
struct BinaryBody {
    /// Their length in bytes.
    binary_data_size: usize,
}

/// The values of a tensor.
enum Tensor {
    Texts(Vec<String>),
    Switches(Vec<bool>),
    Numbers(Vec<f64>),
}

/// Writes the answer. Where the client gave no id, it is the request's.
pub(super) fn write(
    extraction: &Extraction,
    asked: &TensorsAsked,
    name: &str,
    request_id: &str,
) -> Result<KeptAnswer, ApiError> {
    let every = OUTPUTS.map(|output| (output, asked.is_binary));
    let wanted = if asked.outputs.is_empty() { &every[..] } else { &asked.outputs[..] };
    let mut outputs = Vec::with_capacity(wanted.len());
    let mut binary = Vec::new();
    for (output, is_binary) in wanted {
        let tensor = Tensor::of(*output, extraction, request_id)?;
        let (mut parameters, mut data) = (None, None);
        if *is_binary {
            let before = binary.len();
            tensor.write(&mut binary);
            parameters = Some(BinaryBody { binary_data_size: binary.len() - before });
        } else {
            data = Some(tensor.data());
        }
        let (name, datatype, shape) = (output.name(), output.datatype(), [tensor.len()]);
        outputs.push(OutputBody { name, datatype, shape, parameters, data });
    }
    let model_version = extraction.served_by.generation.to_string();
    let id = asked.id.as_deref().unwrap_or(request_id);
    let answer = InferAnswer { model_name: name, model_version, id, outputs };
    if !wanted.iter().any(|(_, is_binary)| *is_binary) {
        return KeptAnswer::json(&answer);
    }
    let mut body = serde_json::to_vec(&answer).map_err(|_| ApiError::Unwritten)?;
    let length = HeaderValue::from(body.len());
    body.extend(binary);
    let octets = HeaderValue::from_static("application/octet-stream");
    let headers = vec![(CONTENT_TYPE, octets), (HeaderName::from_static(JSON_LENGTH), length)];
    Ok(KeptAnswer { headers, body: body.into() })
}

impl Tensor {
    fn of(output: Output, extraction: &Extraction, request_id: &str) -> Result<Self, ApiError> {
        let fields = || extraction.fields.iter();
        Ok(match output {
            Output::Document => {
                let body = ExtractBody::of(extraction, request_id);
                let text = serde_json::to_string(&body).map_err(|_| ApiError::Unwritten)?;
                Self::Texts(vec![text])
            }
            Output::Verdict => Self::Texts(vec![extraction.verdict.as_str().to_owned()]),
            Output::FieldNames => {
                Self::Texts(fields().map(|field| field.name.to_string()).collect())
            }
            Output::FieldValues => {
                let value = |value: Option<&dossier_document::FieldText>| {
                    value.map_or_else(String::new, |value| value.expose().to_owned())
                };
                Self::Texts(fields().map(|field| value(field.value.as_ref())).collect())
            }
            Output::FieldHasValue => {
                Self::Switches(fields().map(|field| field.value.is_some()).collect())
            }
            Output::FieldConfidences => {
                let of = |field: &dossier_engine::pipeline::ExtractedField| {
                    field.transcription.as_ref().map_or(0.0, |read| f64::from(read.confidence))
                };
                Self::Numbers(fields().map(of).collect())
            }
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Switches(switches) => switches.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    fn data(&self) -> Vec<Value> {
        match self {
            Self::Texts(texts) => texts.iter().map(|text| Value::from(text.as_str())).collect(),
            Self::Switches(switches) => switches.iter().map(|is| Value::from(*is)).collect(),
            Self::Numbers(numbers) => numbers.iter().map(|number| Value::from(*number)).collect(),
        }
    }

    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Texts(texts) => {
                for text in texts {
                    // A text is a part of an answer, and those are far shorter.
                    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                    to.extend(length.to_le_bytes());
                    to.extend(text.as_bytes());
                }
            }
            Self::Switches(switches) => to.extend(switches.iter().map(|is| u8::from(*is))),
            Self::Numbers(numbers) => {
                numbers.iter().for_each(|number| to.extend(number.to_le_bytes()));
            }
        }
    }
}
