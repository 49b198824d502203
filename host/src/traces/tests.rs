//! What a collector is sent, and that nobody waits for it.

use serde_json::Value;

use super::*;

fn request(document: Option<DocumentSpans>) -> RequestSpan {
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    RequestSpan {
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
        parent_id: Some("00f067aa0ba902b7".to_owned()),
        span_id: "80001234567890ab".to_owned(),
        method: "POST",
        route: "/v1/extract".to_owned(),
        status: 200,
        code: "ok",
        request_id: "an-id".to_owned(),
        began,
        ended: began + Duration::from_millis(100),
        document,
    }
}

fn document() -> DocumentSpans {
    DocumentSpans {
        tenant: "a-tenant".to_owned(),
        document_type: "a/b".to_owned(),
        verdict: "accepted",
        began: SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_010),
        stages: vec![("pages", Duration::from_millis(20)), ("encode", Duration::from_millis(60))],
    }
}

fn spans(requests: &[RequestSpan]) -> Vec<Value> {
    let body = otlp::export(requests, "instance");
    body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans").clone()
}

#[test]
fn a_document_has_a_span_a_stage_below_its_request() {
    let spans = spans(&[request(Some(document()))]);
    let names = spans.iter().map(|span| span["name"].as_str().expect("a name"));
    assert_eq!(names.collect::<Vec<_>>(), ["POST /v1/extract", "receive", "pages", "encode"]);
    let [root, below @ ..] = &spans[..] else { panic!("no span") };
    assert_eq!((&root["kind"], &root["parentSpanId"]), (&2.into(), &"00f067aa0ba902b7".into()));
    let ids = spans.iter().map(|span| span["spanId"].as_str().expect("an id"));
    assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 4);
    for span in below {
        assert_eq!((&span["traceId"], &span["parentSpanId"]), (&root["traceId"], &root["spanId"]));
    }
    let times = |span: &Value| {
        ["startTimeUnixNano", "endTimeUnixNano"]
            .map(|key| span[key].as_str().expect("text").to_owned())
    };
    assert_eq!(times(&spans[1]), ["1000000000000", "1000010000000"]);
    assert_eq!(times(&spans[2]), ["1000010000000", "1000030000000"]);
    assert_eq!(times(&spans[3]), ["1000030000000", "1000090000000"]);
    assert_eq!(times(root), ["1000000000000", "1000100000000"]);
}

#[test]
fn only_what_the_host_failed_at_is_an_error() {
    let of = |status, code| spans(&[RequestSpan { status, code, ..request(None) }]).remove(0);
    assert_eq!(of(404, "document_type.unknown")["status"], serde_json::json!({}));
    assert_eq!(of(500, "internal")["status"]["code"], 2);
    let attributes = of(500, "internal")["attributes"].to_string();
    assert!(attributes.contains("error.type") && attributes.contains("internal"), "{attributes}");
}

#[tokio::test]
async fn a_collector_that_takes_nothing_keeps_nobody_waiting() {
    // Nothing listens on the discard port.
    let endpoint = "http://127.0.0.1:9/v1/traces".to_owned();
    let dropped = Counter::default();
    let config = TracesConfig { endpoint, percent: 100 };
    let traces = Traces::start(&config, dropped.clone()).expect("a client");
    // The exporter gets no turn on this thread before the next await.
    (0..WAITING + 10).for_each(|_| traces.tell(request(None)));
    assert_eq!(dropped.get(), 10);
    traces.flush(Duration::from_millis(1)).await;
}
