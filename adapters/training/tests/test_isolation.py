"""Adding, retraining or removing one type changes no answer of another: asked of a real host, over HTTP, byte by byte."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.factory import donut, publish
from dossier_training.factory import fleet as fleets
from dossier_training.factory.publish import Host, Package
from dossier_training.factory.settings import Publish, read_fleet

from conftest import BASE, REPOSITORY, TOKEN, data_root, host_program, serving

PASSPORT, CARD, LICENCE = "utopia/passport/2024", "utopia/id-card/2023", "utopia/driving-licence/2022"
# Read with one adapter.
OLD_PASSPORT, NEW_PASSPORT = "norvaria/passport/2018", "norvaria/passport/2024"
# At most, of each type.
_DOCUMENTS = 3


def _shipped(*without: str) -> list[str]:
    return [name for name in DOCUMENT_TYPES if name not in without and (REPOSITORY / "adapters" / name).is_dir()]


def _samples(document_type: str) -> list[Path]:
    folder = REPOSITORY / "tests" / "fixtures" / "documents" / document_type
    return sorted(folder.iterdir(), key=lambda sample: int(sample.name))[:_DOCUMENTS]


def _answers(host, document_types: list[str]) -> dict[tuple[str, int], bytes]:
    """Every answer as bytes, less what names the request, the moment and the catalogue."""
    answers = {}
    for document_type in document_types:
        for number, folder in enumerate(_samples(document_type), 1):
            answer = host.extract(document_type, folder)
            del answer["request_id"], answer["timings_ms"], answer["served_by"]["generation"]
            answers[document_type, number] = json.dumps(answer, sort_keys=True).encode()
    return answers


def _of(answers: dict[tuple[str, int], bytes], *document_types: str) -> dict[tuple[str, int], bytes]:
    return {key: answer for key, answer in answers.items() if key[0] in document_types}


def _records(document_type: str) -> list[donut.Record]:
    records = []
    for number, folder in enumerate(_samples(document_type), 1):
        fields = json.loads((folder / "truth.json").read_text())["fields"]
        records.append(donut.Record(None, next(folder.glob("page-1.*")), str(number), str(number), 1, fields, None, "", "", b""))
    return records


def _retrained(document_type: str, folder: Path, noise: float) -> Path:
    """The shipped adapter with other weights: nearly the same, or ruined."""
    shutil.copytree(REPOSITORY / "adapters" / document_type, folder)
    file = folder / "adapter_model.safetensors"
    torch.manual_seed(1)
    tensors = {name: (tensor.float() + noise * torch.randn(tensor.shape)).half() for name, tensor in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """A host that takes packages and serves all types but one."""
    folder = tmp_path_factory.mktemp("platform")
    with serving(data_root(folder / "root", _shipped(LICENCE)), folder / "data") as host:
        yield host


@pytest.fixture
def admin(platform, monkeypatch) -> Host:
    monkeypatch.setenv("DOSSIER_ADMIN_TOKEN", TOKEN)
    # Chance decides who reads; it ends once both versions have read all, so the number may be large.
    return Host(Publish(admin_url=platform.admin_url, url=platform.url, canary_percent=50, canary_documents=300, promote=True))


def test_adding_and_retraining_a_type_changes_no_other(platform, admin, tmp_path):
    others, everything = _shipped(LICENCE), _shipped()
    before = _answers(platform, others)

    added = publish.roll_out(admin, LICENCE, REPOSITORY / "adapters" / LICENCE, None, [], 0.02)
    assert (added.state, added.package) == ("live", Package.of(REPOSITORY / "adapters" / LICENCE).digest)
    after = _answers(platform, everything)
    assert _of(after, *others) == before

    live = REPOSITORY / "adapters" / PASSPORT
    better = _retrained(PASSPORT, tmp_path / "better", 1e-4)
    promoted = publish.roll_out(admin, PASSPORT, better, live, _records(PASSPORT), 0.05)
    assert promoted.state == "live" and "in 3 documents" in promoted.detail
    retrained = _answers(platform, everything)
    assert _of(retrained, *_shipped(PASSPORT)) == _of(after, *_shipped(PASSPORT))
    # The test would see a difference if there were one.
    assert all(retrained[PASSPORT, number] != before[PASSPORT, number] for number in range(1, _DOCUMENTS + 1))

    # What reads worse through the host is taken back, and the active version stays.
    ruined = _retrained(PASSPORT, tmp_path / "ruined", 0.2)
    taken_back = publish.roll_out(admin, PASSPORT, ruined, better, _records(PASSPORT), 0.05)
    assert taken_back.state == "canary_failed"
    status = admin.status(PASSPORT)
    assert status["active"] == promoted.package and status["canary"] is None
    assert _answers(platform, everything) == retrained

    # What adapters/ does not hold can't be compared with.
    unknown = publish.roll_out(admin, PASSPORT, ruined, live, _records(PASSPORT), 0.05)
    assert unknown.state == "refused" and promoted.package in unknown.detail
    assert publish.roll_out(admin, PASSPORT, better, live, [], 0.05).detail == "it is active already"


def test_retraining_one_of_two_types_that_share_an_adapter_changes_it_alone(platform, admin, tmp_path):
    before = _answers(platform, [OLD_PASSPORT, NEW_PASSPORT])
    assert len({json.loads(answer)["served_by"]["adapter"] for answer in before.values()}) == 1
    retrained = _retrained(OLD_PASSPORT, tmp_path / "retrained", 1e-4)
    assert publish.roll_out(admin, OLD_PASSPORT, retrained, REPOSITORY / "adapters" / OLD_PASSPORT, _records(OLD_PASSPORT), 0.05).state == "live"
    after = _answers(platform, [OLD_PASSPORT, NEW_PASSPORT])
    assert _of(after, NEW_PASSPORT) == _of(before, NEW_PASSPORT) and after[OLD_PASSPORT, 1] != before[OLD_PASSPORT, 1]


def test_a_canary_that_is_left_to_people_is_followed(platform, admin, tmp_path):
    live = REPOSITORY / "adapters" / CARD
    candidate = _retrained(CARD, tmp_path / "candidate", 1e-4)
    patient = Host(admin.settings.model_copy(update={"promote": False}))
    assert publish.roll_out(patient, CARD, candidate, live, [], 0.05).state == "canary"
    package = Package.of(candidate).digest
    assert publish.settle(patient, CARD, package).state == "canary"
    patient.change(CARD, "promote")
    assert publish.settle(patient, CARD, package).state == "live"
    patient.change(CARD, "rollback")
    assert publish.settle(patient, CARD, package).state == "canary_failed"


def test_a_fleet_publishes_and_installs_what_serves(platform, monkeypatch, tmp_path):
    """The fleet's own part, with a job that brings a finished adapter: publish, leave the canary to people, install once it serves."""
    monkeypatch.setenv("DOSSIER_ADMIN_TOKEN", TOKEN)
    shutil.copytree(REPOSITORY / "adapters" / CARD, tmp_path / "adapters" / CARD)
    before = (tmp_path / "adapters" / CARD / "adapter_model.safetensors").read_bytes()
    (tmp_path / "fleet.toml").write_text(f"""
base = "{BASE}"
adapters = "adapters"
[publish]
admin_url = "{platform.admin_url}"
url = "{platform.url}"
canary_percent = 50
canary_documents = 10
[[types]]
document_type = "{CARD}"
data = {{ generate = "{CARD}", count = 24, seed = 1 }}
regression = {{ generate = "{CARD}", count = 1, seed = 2 }}
""")
    jobs = []

    def bring(given, _processes):
        for job in given:
            jobs.append(job.document_type)
            _retrained(CARD, Path(job.run) / "candidate", 2e-4)
            (Path(job.run) / "candidate" / "training.json").write_text(json.dumps({"work": job.work}))
            yield job, {"state": "accepted", "work": job.work, "gates": []}

    monkeypatch.setattr(fleets, "run_here", bring)
    run = lambda: fleets.run(read_fleet(tmp_path / "fleet.toml"), tmp_path / "runs", say=lambda _line: None)[0]  # noqa: E731
    state = run()
    assert state["state"] == "canary", state
    installed = tmp_path / "adapters" / CARD / "adapter_model.safetensors"
    assert installed.read_bytes() == before
    assert run()["state"] == "canary" and jobs == [CARD]
    host = Host(read_fleet(tmp_path / "fleet.toml").publish)
    host.change(CARD, "promote")
    assert run()["state"] == "live" and jobs == [CARD] and installed.read_bytes() != before
    assert host.status(CARD)["active"] == Package.of(tmp_path / "adapters" / CARD).digest
    host.change(CARD, "rollback")


def test_an_accepted_adapter_waits_for_a_host_that_is_away(monkeypatch, tmp_path):
    monkeypatch.setenv("DOSSIER_ADMIN_TOKEN", TOKEN)
    (tmp_path / "fleet.toml").write_text(f"""
base = "{BASE}"
adapters = "adapters"
publish = {{ admin_url = "http://127.0.0.1:9", url = "http://127.0.0.1:9" }}
[[types]]
document_type = "{CARD}"
data = {{ generate = "{CARD}", count = 24, seed = 1 }}
""")

    def bring(given, _processes):
        for job in given:
            _retrained(CARD, Path(job.run) / "candidate", 0)
            yield job, {"state": "accepted", "work": job.work, "gates": []}

    monkeypatch.setattr(fleets, "run_here", bring)
    said = []
    for _ in range(2):
        state = fleets.run(read_fleet(tmp_path / "fleet.toml"), tmp_path / "runs", say=said.append)[0]
        assert state["state"] == "accepted" and "ConnectionError" in state["publication"]["detail"]
    assert "not published" in said[-1] and not (tmp_path / "adapters").exists()


def test_refusals_name_their_code(platform, admin, monkeypatch, tmp_path):
    broken = _retrained(CARD, tmp_path / "broken", float("nan"))
    outcome = publish.roll_out(admin, CARD, broken, REPOSITORY / "adapters" / CARD, [], 0.05)
    assert outcome.state == "refused" and "adapter.refused" in outcome.detail
    monkeypatch.setenv("DOSSIER_ADMIN_TOKEN", "another")
    with pytest.raises(publish.HostError, match="admin.unauthenticated"):
        Host(admin.settings).status(CARD)
    monkeypatch.delenv("DOSSIER_ADMIN_TOKEN")
    with pytest.raises(publish.HostError, match="no token: set DOSSIER_ADMIN_TOKEN"):
        Host(admin.settings)
    monkeypatch.setenv("DOSSIER_ADMIN_TOKEN", TOKEN)
    with pytest.raises(publish.HostError, match="ConnectionError"):
        Host(admin.settings.model_copy(update={"admin_url": "http://127.0.0.1:9"})).status(CARD)


def test_removing_a_type_changes_no_other(tmp_path):
    """Neither one with an adapter of its own, nor one that shares it with a type that stays."""
    removed = (LICENCE, OLD_PASSPORT)
    root = data_root(tmp_path, _shipped())
    with serving(root) as host:
        before = _answers(host, _shipped())
    for name in removed:
        shutil.rmtree(root / "adapters" / name)
    with serving(root) as host:
        assert _answers(host, _shipped(*removed)) == _of(before, *_shipped(*removed))


def test_signatures_are_those_of_the_host(tmp_path):
    key = tmp_path / "key"
    public = subprocess.run([host_program(), "package", "keygen", key], check=True, capture_output=True, text=True).stdout.strip()
    signed = Package.of(REPOSITORY / "adapters" / PASSPORT).signed(key)
    archive = tmp_path / "package.tar"
    archive.write_bytes(signed.tar())
    verified = subprocess.run([host_program(), "package", "verify", archive, "--public-key", public.split()[-1]], capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stderr
    assert Package.of(REPOSITORY / "adapters" / PASSPORT).digest in verified.stdout
