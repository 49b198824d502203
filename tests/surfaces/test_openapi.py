"""The description and the host, compared by schemathesis: what it makes of the one is sent to the other."""

import subprocess
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).parent / "schemathesis.toml"
SECONDS = 45
# Schemas can't say which base64 is a page, or which text names a document type.
EXCLUDED = ["positive_data_acceptance"]


def test_the_host_serves_its_description(host):
    served = httpx.get(f"{host}/openapi.json")
    assert served.headers["content-type"] == "application/json"
    assert served.text == (ROOT / "host/docs/openapi.json").read_text()
    page = httpx.get(f"{host}/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "/v1/extract" in page.text


def test_the_host_is_as_it_is_described(host, tmp_path):
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{host}/openapi.json"]
    command += ["--max-time", str(SECONDS), "--max-examples", "40", "--seed", "1", "--no-color"]
    command += ["--exclude-checks", ",".join(EXCLUDED), "--suppress-health-check", "all"]
    ran = subprocess.run(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert ran.returncode == 0, ran.stdout
    assert "POST /v1/extract" in ran.stdout or "operations" in ran.stdout.lower(), ran.stdout
