//! Spans in the JSON of OTLP (opentelemetry-proto 1.x, `ExportTraceServiceRequest`): ids in hexadecimal, times as
//! texts of nanoseconds, enumerations as numbers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{DocumentSpans, RequestSpan};

/// `SPAN_KIND_INTERNAL`.
const INTERNAL: u8 = 1;
/// `SPAN_KIND_SERVER`.
const SERVER: u8 = 2;
/// `STATUS_CODE_ERROR`.
const ERROR: u8 = 2;

/// The body of a request to the collector.
pub(super) fn export(requests: &[RequestSpan], instance: &str) -> Value {
    let spans = requests.iter().flat_map(spans_of).collect::<Vec<_>>();
    let version = env!("CARGO_PKG_VERSION");
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            text("service.name", "dossier"),
            text("service.version", version),
            text("service.instance.id", instance),
        ]},
        "scopeSpans": [{"scope": {"name": "dossier", "version": version}, "spans": spans}],
    }]})
}

fn spans_of(request: &RequestSpan) -> Vec<Value> {
    let mut attributes = vec![
        text("http.request.method", request.method),
        text("http.route", &request.route),
        json!({"key": "http.response.status_code", "value": {"intValue": request.status.to_string()}}),
        text("dossier.request_id", &request.request_id),
    ];
    if request.code != "ok" {
        attributes.push(text("error.type", request.code));
    }
    if let Some(document) = &request.document {
        attributes.push(text("dossier.tenant", &document.tenant));
        attributes.push(text("dossier.document_type", &document.document_type));
        attributes.push(text("dossier.verdict", document.verdict));
    }
    // Semantic conventions: a client's mistake is no error of the server.
    let status = if request.status >= 500 { json!({"code": ERROR}) } else { json!({}) };
    let own = json!({
        "traceId": request.trace_id,
        "spanId": request.span_id,
        "parentSpanId": request.parent_id.as_deref().unwrap_or_default(),
        "name": format!("{} {}", request.method, request.route),
        "kind": SERVER,
        "startTimeUnixNano": nanoseconds(request.began),
        "endTimeUnixNano": nanoseconds(request.ended),
        "attributes": attributes,
        "status": status,
    });
    let below = request.document.iter().flat_map(|document| stages_of(request, document));
    std::iter::once(own).chain(below).collect()
}

/// What came before the document's work, then its stages, as long as each took.
fn stages_of(request: &RequestSpan, document: &DocumentSpans) -> Vec<Value> {
    let receiving = document.began.duration_since(request.began).unwrap_or_default();
    let mut begins = request.began;
    let mut spans = Vec::new();
    let received = (!receiving.is_zero()).then_some(("receive", receiving));
    for (index, (name, time)) in received.into_iter().chain(document.stages.clone()).enumerate() {
        let ends = begins + time;
        spans.push(json!({
            "traceId": request.trace_id,
            "spanId": span_below(&request.span_id, index),
            "parentSpanId": request.span_id,
            "name": name,
            "kind": INTERNAL,
            "startTimeUnixNano": nanoseconds(begins),
            "endTimeUnixNano": nanoseconds(ends),
            "attributes": [],
            "status": {},
        }));
        begins = ends;
    }
    spans
}

/// An id that no other span of the trace has, as far as the parent's is random.
fn span_below(parent: &str, index: usize) -> String {
    let parent = u64::from_str_radix(parent, 16).unwrap_or_default();
    let step = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // All zeros would be no id.
    format!("{:016x}", (parent ^ step).max(1))
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos().to_string()
}
