"""Hosts as processes, and HAProxy in front of them by the configuration that is shipped."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "host/deploy/haproxy/haproxy.cfg"
DOCUMENTS = ROOT / "tests/fixtures/documents"
TODAY = "2026-11-24"
HEADER = "x-dossier-document-type"
PATIENCE = 60
# The balancer's address in the shipped configuration, and those of the hosts.
FRONT = "127.0.0.1:8080"
HOSTS = [f"127.0.0.1:{port}" for port in range(8081, 8085)]


@dataclass
class Document:
    """The pages of a type's sample, and one field of it."""

    document_type: str
    pages: list[bytes]
    fields: str = ""


@dataclass
class Host:
    """A host at work."""

    address: str
    process: subprocess.Popen
    log: list[str] = field(default_factory=list)

    def metrics(self, path="/metrics"):
        """What it tells of itself: values by series."""
        text = requests.get(f"http://{self.address}{path}", timeout=PATIENCE).text
        samples = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {series: float(value) for series, value in samples}

    def documents(self):
        """The documents that it has read, by type."""
        counted = {}
        for series, value in self.metrics().items():
            found = re.match(r'dossier_documents_total\{document_type="([^"]+)"', series)
            if found and value:
                counted[found[1]] = counted.get(found[1], 0) + int(value)
        return counted

    def loads(self):
        """How often an adapter came into the model's memory."""
        name = "vllm:lora_adapter_load_seconds_count"
        return int(sum(value for series, value in self.metrics().items() if series.startswith(name)))

    def signal(self, number):
        self.process.send_signal(number)

    def ended(self):
        return self.process.wait(timeout=PATIENCE)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def waited(condition, what):
    """What a condition gives once it holds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not in time: {what}")


@contextlib.contextmanager
def host(*more):
    """A host on a free port."""
    command = [os.environ["DOSSIER_BINARY"], "serve", "--listen", "127.0.0.1:0", "--data-root", str(ROOT)]
    # The samples are photographs: to look for the page in each would take longer than to read it.
    command += ["--today", TODAY, "--log-format", "json", "--metrics-on-listen", "--pages-as-sent", *more]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    started = Host("", process)
    listening = threading.Event()

    def read():
        for line in process.stderr:
            started.log.append(line)
            if '"listening"' in line and not started.address:
                started.address = json.loads(line)["address"]
                listening.set()
        listening.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert listening.wait(PATIENCE) and started.address, "".join(started.log)
        yield started
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=PATIENCE)
        reader.join(PATIENCE)


@contextlib.contextmanager
def hosts(count, *more):
    """So many hosts, which start beside each other."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(host(*more)) for _ in range(count)]


@contextlib.contextmanager
def balancer(addresses, folder, change=lambda text: text):
    """HAProxy with the shipped configuration but for its addresses; `change` may change more."""
    text = CONFIGURATION.read_text()
    front = f"127.0.0.1:{free_port()}"
    for shipped, real in zip([FRONT, *HOSTS], [front, *addresses], strict=True):
        assert shipped in text, shipped
        text = re.sub(rf"{re.escape(shipped)}\b", real, text)
    changed = change(text)
    stats = folder / "haproxy.sock"
    changed = changed.replace("global\n", f"global\n    stats socket {stats} level admin\n", 1)
    configuration = folder / "haproxy.cfg"
    configuration.write_text(changed)
    log = (folder / "haproxy.log").open("a")
    process = subprocess.Popen(["haproxy", "-db", "-f", str(configuration)], stdout=log, stderr=log)
    try:
        waited(lambda: stats.exists() and states(stats), "haproxy's socket")
        yield front, stats
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        log.close()


def states(stats):
    """How HAProxy sees the hosts: `UP` or `DOWN`, and the requests that it gave to each, by name."""
    with socket.socket(socket.AF_UNIX) as asked:
        try:
            asked.connect(str(stats))
        except OSError:
            return {}
        asked.sendall(b"show stat\n")
        answer = b"".join(iter(lambda: asked.recv(65536), b"")).decode()
    rows = [row.split(",") for row in answer.splitlines() if row.startswith("hosts,host-")]
    return {row[1]: (row[17], int(row[7])) for row in rows}


def is_up(stats, *names):
    """Whether these hosts are seen to work, by checks that were made."""
    seen = states(stats)
    return all(seen.get(name, ("", 0))[0].startswith("UP") for name in names)


def documents(address):
    """A sample of every type that a host serves, and its first field."""
    served = requests.get(f"http://{address}/v1/document-types", timeout=PATIENCE).json()["document_types"]
    found = []
    for document_type in served:
        name = document_type["document_type"]
        pages = sorted((DOCUMENTS / name / "1").glob("page-*"))
        found.append(Document(name, [page.read_bytes() for page in pages], document_type["fields"][0]))
    return found


def extract(address, document, session=None, header=HEADER, **more):
    """Sends a document. The body names its type as well as the head does."""
    parts = [("page", (f"page-{number}", page)) for number, page in enumerate(document.pages)]
    form = {"document_type": document.document_type}
    if document.fields:
        form["fields"] = document.fields
    headers = {header: document.document_type} if header else {}
    post = (session or requests).post
    return post(f"http://{address}/v1/extract", files=parts, data=form, headers=headers, timeout=PATIENCE, **more)


def lasting(answer):
    """An answer without what differs from one request to the next."""
    body = answer.json()
    return {key: value for key, value in body.items() if key not in ("request_id", "timings_ms")}


SIGKILL, SIGTERM = signal.SIGKILL, signal.SIGTERM
