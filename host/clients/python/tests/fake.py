"""A host that answers what a test says: a real socket, on this machine."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

OPENAPI = "../../../docs/openapi.json"


@dataclass
class Reply:
    """An answer; or none, where the connection is to end before it."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    is_lost: bool = False


@dataclass
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def problem(code: str, status: int, **headers: str) -> Reply:
    """A refusal."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"type": f"urn:dossier:problem:{code}", "title": "Refused", "detail": "why", "request_id": "r-1"}
    return Reply(status, body | {"status": status, "code": code}, named, "application/problem+json")


class FakeHost:
    """Gives its replies in order, and keeps what was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.received: list[Received] = []
        waiting = list(replies)
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received.append(Received(self.command, self.path, headers, body))
                reply = waiting.pop(0)
                if reply.is_lost:
                    self.close_connection = True
                    return
                text = b"" if reply.body is None else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {"content-type": reply.content_type, **reply.headers}.items():
                    self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: what was asked is in `received`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeHost:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


EXTRACTION: dict[str, Any] = {
    "document_type": "utopia/passport/2024",
    "candidates": [],
    "pages": [
        {"page": 1, "picture": 1, "corners": [[0, 0], [9, 0], [9, 9], [0, 9]], "rotation": 0.0, "score": None}
        | {"rectified": False, "a_key_of_tomorrow": 1}
    ],
    "fields": [
        {"name": "surname", "raw": "ERIKSSON", "value": "ERIKSSON", "confidence": 0.9, "source": "visual", "page": 1}
        | {"polygon": [[1, 2], [3, 4], [5, 6], [7, 8.5]]}
        | {"other_reading": {"raw": "ERIKSS0N", "confidence": 0.5, "read_from": "strip", "differs_at": [[1, 7]]}},
        {"name": "sex", "raw": None, "value": "F", "confidence": None, "source": "mrz", "page": None, "polygon": None},
    ],
    "barcodes": [{"source": "pdf417", "page": 1, "polygon": [[1, 2], [3, 4], [5, 6], [7, 8]]}],
    "checks": [{"code": "mrz.format", "outcome": "passed", "fields": ["mrz"], "message": "well"}],
    "verdict": "accepted",
    "served_by": {"base": "sha256:aa", "adapter": "sha256:bb", "calibration": None, "rules": "sha256:cc"}
    | {"generation": 1},
    "timings_ms": dict.fromkeys(
        ["pages", "identify", "barcodes", "before", "queue", "preprocess", "encode", "decode", "second_look"]
        + ["after", "total"],
        1.0,
    ),
    "request_id": "r-2",
}
COUNTS = {"queued": 0, "running": 0, "succeeded": 1, "failed": 0, "cancelled": 0}
JOB: dict[str, Any] = {
    "id": "j-1",
    "state": "succeeded",
    "created_at": "2026-12-01T08:00:00Z",
    "expires_at": "2026-12-02T08:00:00Z",
}
JOB |= {"finished_at": None, "webhook": None, "counts": COUNTS}
