"""Two hosts behind a real Ray Serve on this machine."""

import os
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
# As `serve run` has it where it is called: workers import the module by its name.
os.environ["PYTHONPATH"] = str(ROOT)
sys.path.insert(0, str(ROOT))
ray = pytest.importorskip("ray", reason="an environment without Ray")
from ray import serve  # noqa: E402

from adapters.serving import ray_serve  # noqa: E402

ADDRESS = "http://127.0.0.1:18099"
HEADER = "serve_multiplexed_model_id"
PATIENCE = 120


@pytest.fixture(scope="module")
def deployed():
    """Two hosts behind Ray's own HTTP server."""
    # A short path: Ray's sockets lie below it, and a socket's path has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        # The object store is what Ray takes first; nothing here is large.
        ray.init(num_cpus=2, object_store_memory=100 << 20, include_dashboard=False, _temp_dir=folder)
        try:
            serve.start(http_options={"host": "127.0.0.1", "port": 18099})
            arguments = {
                "binary": os.environ["DOSSIER_BINARY"],
                "data_root": str(ROOT),
                "replicas": "2",
                "cpus": "0.5",
                "types_a_replica": "16",
                "arguments": "--today 2026-11-24",
            }
            serve.run(ray_serve.application(arguments), name="dossier")
            yield ADDRESS
        finally:
            serve.shutdown()
            ray.shutdown()


def pages(document_type):
    found = sorted((ROOT / "tests/fixtures/documents" / document_type / "1").glob("page-*"))
    return found or pages("utopia/passport/2024")


def extract(document_type, header=None):
    parts = [("page", (page.name, page.read_bytes())) for page in pages(document_type)]
    headers = {HEADER: header or document_type}
    form = {"document_type": document_type, "fields": "surname"}
    return requests.post(f"{ADDRESS}/v1/extract", files=parts, data=form, headers=headers, timeout=PATIENCE)


def lasting(answer):
    return {key: value for key, value in answer.json().items() if key not in ("request_id", "timings_ms")}


def test_documents_go_where_their_type_was_and_any_replica_answers_the_same(deployed):
    types = ["utopia/passport/2024", "utopia/id-card/2023", "norvaria/passport/2018", "siamara/id-card/2019"]
    homes = {}
    for document_type in types:
        answer = extract(document_type)
        assert answer.status_code == 200, answer.text
        homes[document_type] = answer.headers["x-dossier-replica"]
    assert len(set(homes.values())) == 2, "both replicas have types"
    for document_type in types * 3:
        answer = extract(document_type)
        assert answer.headers["x-dossier-replica"] == homes[document_type], document_type

    # Whom Ray has not told of a type may get it too: without the header, replicas take turns.
    expected, seen = lasting(extract(types[0])), set()
    path = f"{ADDRESS}/v1/extract"
    for _ in range(20):
        parts = [("page", (page.name, page.read_bytes())) for page in pages(types[0])]
        answer = requests.post(
            path, files=parts, data={"document_type": types[0], "fields": "surname"}, timeout=PATIENCE
        )
        assert lasting(answer) == expected
        seen.add(answer.headers["x-dossier-replica"])
    assert len(seen) == 2


def test_what_a_host_refuses_is_passed_on_and_no_type_is_taken_for_one(deployed):
    contradiction = extract("utopia/passport/2024", header="utopia/id-card/2023")
    assert (contradiction.status_code, contradiction.json()["code"]) == (400, "document_type.contradiction")
    unknown = extract("utopia/visa/2020")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "document_type.unknown")
    path = f"{ADDRESS}/v1/document-types/utopia%2Fpassport%2F2024"
    listed = requests.get(path, timeout=PATIENCE)
    assert listed.status_code == 200 and listed.json()["document_type"] == "utopia/passport/2024"
    large = requests.post(f"{ADDRESS}/v1/extract", data=b"x" * (ray_serve.MOST_BODY_BYTES + 1), timeout=PATIENCE)
    assert (large.status_code, large.json()["code"]) == (413, "body.too_large")


def test_documents_that_come_together_are_all_read(deployed):
    answers = []

    def ask():
        answers.append(extract("utopia/passport/2024").status_code)

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert answers == [200] * 8


def test_settings_that_nobody_knows_are_refused():
    with pytest.raises(ValueError, match="misspelt"):
        ray_serve.application({"misspelt": "1"})
    with pytest.raises(ValueError, match="replicas"):
        ray_serve.application({"replicas": "0"})
