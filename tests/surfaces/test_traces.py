"""Traces, as a collector of OpenTelemetry gets them: read with the types of its own protocol."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import conftest
import pytest
import requests
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SECRETS = ("ERIKSSON", "ANNA")


class Collector:
    """Takes spans on a port of its own, after it was busy for a while."""

    def __init__(self, busy):
        self.taken, self.busy = queue.Queue(), busy
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if collector.busy:
                    collector.busy -= 1
                    self.send_response(503)
                    self.send_header("retry-after", "1")
                else:
                    collector.taken.put((self.path, self.headers["content-type"], body))
                    self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/v1/traces"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def spans(self, count):
        """At least so many, as its own types read them."""
        found = []
        while len(found) < count:
            path, content_type, body = self.taken.get(timeout=30)
            assert (path, content_type) == ("/v1/traces", "application/json")
            assert not any(secret.encode() in body for secret in SECRETS)
            # Ids are in hexadecimal, where protobuf's own JSON would have base64: made alike first.
            export = json_format.Parse(_with_base64_ids(body), ExportTraceServiceRequest())
            for resource in export.resource_spans:
                names = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
                assert names["service.name"] == "dossier" and names["service.instance.id"]
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found


def _with_base64_ids(body):
    import base64
    import json

    export = json.loads(body)
    for resource in export["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    return json.dumps(export)


def attributes(span):
    """The attributes of a span."""
    return {attribute.key: attribute.value.string_value or attribute.value.int_value for attribute in span.attributes}


def extract(address, page, document_type, **headers):
    form = {"page": ("page.png", page), "document_type": (None, document_type)}
    return requests.post(f"{address}/v1/extract", files=form, headers=headers, timeout=60)


@pytest.mark.parametrize("busy", [0, 1])
def test_a_document_is_a_span_with_its_stages_in_the_trace_of_its_client(page, busy):
    collector = Collector(busy)
    with conftest.started("--traces-endpoint", collector.address) as address:
        answer = extract(address, page, "utopia/passport/2024", traceparent=f"00-{TRACE}-{PARENT}-01")
        assert answer.status_code == 200
        spans = collector.spans(6)
    root, below = spans[0], spans[1:]
    assert (root.trace_id.hex(), root.parent_span_id.hex(), root.kind) == (TRACE, PARENT, Span.SPAN_KIND_SERVER)
    assert answer.headers["traceparent"] == f"00-{TRACE}-{root.span_id.hex()}-01"
    told = attributes(root)
    assert told["http.route"] == "/v1/extract" and told["http.response.status_code"] == 200
    assert told["dossier.document_type"] == "utopia/passport/2024"
    assert told["dossier.request_id"] == answer.headers["x-request-id"]
    assert [span.name for span in below] == ["receive", "pages", "before", "preprocess", "queue", "encode", "decode", "after"]
    for span in below:
        assert span.parent_span_id == root.span_id and span.trace_id == root.trace_id
        assert root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
    # Laid one behind the other, they end where the request did, but for what came after.
    assert below[-1].end_time_unix_nano <= root.end_time_unix_nano + 5_000_000


def test_what_is_refused_is_told_and_what_nobody_keeps_is_not(page):
    collector = Collector(0)
    with conftest.started("--traces-endpoint", collector.address, "--traces-percent", "0") as address:
        extract(address, page, "utopia/passport/2024", traceparent=f"00-{TRACE}-{PARENT}-00")
        extract(address, page, "utopia/passport/2024")
        extract(address, page, "utopia/passport/1824", traceparent=f"00-{TRACE}-{PARENT}-01")
    # The last spans are sent before the host ends.
    [span] = collector.spans(1)
    assert attributes(span)["error.type"] == "document_type.unknown"
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert collector.taken.empty()
