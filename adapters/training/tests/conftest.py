"""What several test files share: data sets small enough to draw at once, and a host to ask."""

import hashlib
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from dossier_training.dataset import captured_documents, write_donut
from dossier_training.factory.settings import read_fleet

REPOSITORY = Path(__file__).parents[3]
BASE = read_fleet(REPOSITORY / "adapters" / "fleet.toml").base
TOKEN = "a token that reaches everything"
_START_SECONDS = 120


@pytest.fixture(scope="session")
def licences(tmp_path_factory) -> Path:
    """24 driving licences in Donut's form."""
    folder = tmp_path_factory.mktemp("licences")
    write_donut(captured_documents("utopia/driving-licence/2022", 24, 11), folder)
    return folder


def host_program() -> Path:
    """The host's binary: DOSSIER_BINARY, or what `cargo build` left."""
    program = Path(os.environ.get("DOSSIER_BINARY", REPOSITORY / "target" / "debug" / "dossier"))
    if not program.is_file():
        pytest.fail(f"{program} is not there: `cargo build`, or set DOSSIER_BINARY")
    return program


@dataclass
class RunningHost:
    """A `dossier serve` of its own."""

    url: str
    admin_url: str
    data_root: Path

    def extract(self, document_type: str, folder: Path) -> dict:
        """What the host reads in the pages of a sample's folder."""
        pages = sorted(folder.glob("page-*"))
        files = [("page", (page.name, page.read_bytes())) for page in pages]
        answer = requests.post(f"{self.url}/v1/extract", files=files, data={"document_type": document_type}, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()


def data_root(folder: Path, document_types: list[str]) -> Path:
    """A folder to serve from: the shipped base, rules and these document types."""
    for part in ["adapters/base", "plugins/prebuilt", *(f"adapters/{name}" for name in document_types)]:
        shutil.copytree(REPOSITORY / part, folder / part)
    return folder


@contextmanager
def serving(root: Path, data_dir: Path | None = None):
    """Serves a folder, with an admin API where there is a data directory."""
    ports = _free_ports(2)
    config = root / "dossier.toml"
    lines = [f'listen = "127.0.0.1:{ports[0]}"', 'today = "2026-11-24"', "rules_run_ms = 1000", "rules_timeout_ms = 10000", "request_timeout_ms = 110000"]
    if data_dir:
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        lines += [f'data_dir = "{data_dir}"', f'admin_listen = "127.0.0.1:{ports[1]}"', "dev = true"]
        lines += ["[[tokens]]", 'publisher = "tests"', f'sha256 = "{digest}"', 'document_types = ["*"]', 'plugins = ["*"]']
    config.write_text("\n".join(lines) + "\n")
    log = root / "host.log"
    with log.open("wb") as output:
        process = subprocess.Popen([host_program(), "serve", "--config", config, "--data-root", root], stdout=output, stderr=output)
    host = RunningHost(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", root)
    try:
        _wait_until_ready(host, process, log)
        yield host
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_ready(host: RunningHost, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if requests.get(f"{host.url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise AssertionError(f"the host did not start: {log.read_text()}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
