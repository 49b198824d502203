"""Hosts as replicas of a Ray Serve deployment: Ray sends a document to a replica that has had its type.

    serve run adapters.serving.ray_serve:application binary=target/release/dossier data_root=. replicas=2

Each replica runs one host as a process of its own, on an address that only its machine reaches, and passes what it
gets on to it as it is. Ray routes by the header `serve_multiplexed_model_id`, which holds the document type; the host
looks whether the document says the same. Which replica reads a document makes no difference to its answer.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

# As the host reads them: 2 to 6 segments, 128 bytes.
DOCUMENT_TYPE = re.compile(r"(?=.{3,128}$)[a-z0-9-]+(/[a-z0-9-]+){1,5}")
# The host's max_body_bytes; a longer body is not kept here to be refused there.
MOST_BODY_BYTES = 32 << 20
# The host's request_timeout_ms, and a little more: it is the host that says what was late.
SECONDS_FOR_AN_ANSWER = 65
SECONDS_TO_START = 300
SECONDS_TO_END = 60
# What is of one connection, and what httpx writes itself (RFC 9110, 7.6.1).
OF_A_CONNECTION = {
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


class Settings(BaseModel):
    """What a deployment is told."""

    model_config = ConfigDict(extra="forbid")

    binary: str = "dossier"
    data_root: str = "."
    replicas: int = Field(default=2, ge=1, le=1000)
    # Types that Ray takes a replica to have; the host has an order of its own, by bytes (adapter_memory_bytes).
    types_a_replica: int = Field(default=16, ge=1, le=4096)
    concurrent_documents: int = Field(default=32, ge=1, le=4096)
    gpus: float = Field(default=0, ge=0, le=8)
    cpus: float = Field(default=1, ge=0, le=1024)
    # More arguments of `dossier serve`, separated by blanks.
    arguments: str = Field(default="", max_length=4096)


class HostProcess:
    """One host, from its start to its end."""

    def __init__(self, settings: Settings):
        command = [settings.binary, "serve", "--listen", "127.0.0.1:0", "--data-root", settings.data_root]
        command += ["--log-format", "json", *settings.arguments.split()]
        # A process group of its own: what ends the replica by its group leaves the host to end in order.
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.address = ""
        self.last_line = ""
        listening = threading.Event()
        threading.Thread(target=self._read, args=(listening,), daemon=True).start()
        if not listening.wait(SECONDS_TO_START) or not self.address:
            self.end()
            raise RuntimeError(f"the host does not listen: {self.last_line}")

    def _read(self, listening: threading.Event) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.last_line = line[:1000]
            # Its log goes where Ray keeps that of the replica.
            print(line, end="", flush=True)
            if not self.address and '"listening"' in line:
                self.address = json.loads(line)["address"]
                listening.set()
        listening.set()

    def is_at_work(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def end(self) -> None:
        """Lets it finish what it has begun."""
        if self.is_at_work():
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def deployment(settings: Settings) -> serve.Deployment:
    """The deployment of such hosts."""

    @serve.deployment(
        name="dossier",
        num_replicas=settings.replicas,
        max_ongoing_requests=settings.concurrent_documents,
        ray_actor_options={"num_cpus": settings.cpus, "num_gpus": settings.gpus},
        graceful_shutdown_timeout_s=SECONDS_TO_END,
        health_check_period_s=5,
    )
    class DossierHost:
        def __init__(self) -> None:
            self.host = HostProcess(settings)
            self.replica = serve.get_replica_context().replica_id.unique_id
            self.client = httpx.AsyncClient(
                base_url=f"http://{self.host.address}",
                timeout=SECONDS_FOR_AN_ANSWER,
                limits=httpx.Limits(max_connections=settings.concurrent_documents),
                trust_env=False,
            )

        @serve.multiplexed(max_num_models_per_replica=settings.types_a_replica)
        async def has(self, document_type: str) -> str:
            """Told to Ray, which sends the type's next documents here. The host loads its adapter itself."""
            return document_type

        async def check_health(self) -> None:
            if not self.host.is_at_work():
                raise RuntimeError("the host has ended")
            ready = await self.client.get("/readyz")
            if ready.status_code != 200:
                raise RuntimeError(f"the host is not ready: {ready.status_code}")

        async def __call__(self, request: Request) -> Response:
            document_type = serve.get_multiplexed_model_id()
            body = bytearray()
            async for part in request.stream():
                body += part
                if len(body) > MOST_BODY_BYTES:
                    return refusal(413, "body.too_large", f"the body is longer than {MOST_BODY_BYTES} bytes")
            headers = [pair for pair in request.headers.raw if pair[0].decode("latin-1") not in OF_A_CONNECTION]
            path = request.scope["raw_path"].decode("latin-1")
            query = request.scope["query_string"].decode("latin-1")
            url = f"{path}?{query}" if query else path
            try:
                answer = await self.client.request(request.method, url, headers=headers, content=bytes(body))
            except httpx.HTTPError:
                # It may have reached the host, so it is not sent again.
                return refusal(502, "host.unreachable", "the host broke off; send the document again")
            # What the host refuses by its head is no type that a replica has.
            if answer.status_code == 200 and DOCUMENT_TYPE.fullmatch(document_type):
                await self.has(document_type)
            passed_on = {name: value for name, value in answer.headers.items() if name not in OF_A_CONNECTION}
            passed_on["x-dossier-replica"] = self.replica
            return Response(answer.content, answer.status_code, passed_on)

        async def __del__(self) -> None:
            # Ray calls this once a replica has nothing in work any more.
            with contextlib.suppress(httpx.HTTPError, RuntimeError):
                await self.client.aclose()
            await asyncio.to_thread(self.host.end)

    return DossierHost


def refusal(status: int, code: str, detail: str) -> Response:
    """As the host writes them (RFC 9457)."""
    body = {"type": f"urn:dossier:problem:{code}", "title": detail, "status": status, "detail": detail, "code": code}
    return JSONResponse(body, status, media_type="application/problem+json")


def application(arguments: dict[str, str]) -> serve.Application:
    """For `serve run` and `serve deploy`; an argument that is not known is refused by its name."""
    settings = Settings.model_validate(arguments)
    if os.sep in settings.binary:
        settings.binary = str(Path(settings.binary).resolve())
    settings.data_root = str(Path(settings.data_root).resolve())
    return deployment(settings).bind()
