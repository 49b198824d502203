"""A host on what is shipped, as a process, for clients that others wrote."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TODAY = "2026-11-24"


@contextlib.contextmanager
def started(*more):
    """A host at work, and its address."""
    binary = os.environ["DOSSIER_BINARY"]
    command = [binary, "serve", "--listen", "127.0.0.1:0", "--data-root", str(ROOT), "--today", TODAY]
    command += ["--log-format", "json", "--max-connections", "64", *more]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            told = json.loads(line)
            if told.get("message") == "listening":
                break
        else:
            raise RuntimeError(f"the host ended with {process.wait()}")
        drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
        yield f"http://{told['address']}"
    finally:
        process.terminate()
        code = process.wait(timeout=60)
        drain.wait(timeout=60)
    assert code == 0, "the host ends in order"


@pytest.fixture(scope="session")
def host():
    """The address of a host at work."""
    with started() as address:
        yield address


@pytest.fixture(scope="session")
def page():
    """A page of a passport, as bytes."""
    folder = ROOT / "tests/fixtures/documents/utopia/passport/2024/5"
    return (folder / "page-1.png").read_bytes()
