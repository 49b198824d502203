"""Sends a job and waits until the host tells that it is done with, instead of asking.

    DOSSIER_URL=... python webhook.py utopia/passport/2024 page-1.png

The host must reach this machine: it was started with `webhooks_to_private`.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from dossier_client import Client, Document, Event, Webhook, WebhookRefused, WebhookVerifier
from dossier_client.webhooks import MAX_BODY_BYTES


class Told(HTTPServer):
    """Hears webhooks until one is genuine."""

    verifier: WebhookVerifier
    event: Event | None = None


class Handler(BaseHTTPRequestHandler):
    server: Told

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        if length > MAX_BODY_BYTES:
            self.send_error(413)
            return
        try:
            self.server.event = self.server.verifier.verify(dict(self.headers), self.rfile.read(length))
        except WebhookRefused as refused:
            self.send_error(400, str(refused))
            return
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def main(document_type: str, *pages: str) -> int:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with Client(os.environ["DOSSIER_URL"], token=os.environ.get("DOSSIER_TOKEN")) as host:
        with Told(("127.0.0.1", 0), Handler) as told:
            # Either is enough; whoever checks the host's own key needs no secret in the job.
            told.verifier = WebhookVerifier(secrets=[secret], public_keys=[host.jobs.webhook_key()])
            told.timeout = 60
            webhook = Webhook(url=f"http://127.0.0.1:{told.server_port}/dossier", secret=secret)
            job = host.jobs.submit([Document(document_type=document_type, pages=pages)], webhook=webhook)
            hearing = threading.Thread(target=told.handle_request)
            hearing.start()
            hearing.join()
        if told.event is None or told.event.data.id != job.id:
            print("nobody told of the job")
            return 1
        print(told.event.type)
        host.jobs.erase(job.id)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
