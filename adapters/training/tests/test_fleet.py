"""A fleet: what changed is trained, what is worse is held back, what a kill broke off goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dossier_training.checkpoints import load_base
from dossier_training.factory import artifact, report, settings, train
from dossier_training.factory import fleet as fleets
from dossier_training.factory.counting import lora_count
from dossier_training.factory.files import Busy, alone_in
from dossier_training.factory.job import perform
from dossier_training.factory.settings import SettingsError, Training, read_fleet
from dossier_training.methods import TARGETS

from conftest import BASE, REPOSITORY

PASSPORT, LICENCE = "utopia/passport/2024", "utopia/driving-licence/2022"


def _write(folder: Path, gates: str = "fields_exact = 0.0\nfield_worse_by_at_most = 1.0", licence_steps: int = 2, data: str | None = None, extra: str = "") -> Path:
    data = data or f'{{ generate = "{LICENCE}", count = 24, seed = 21 }}'
    file = folder / "fleet.toml"
    file.write_text(f"""
base = "{BASE}"
adapters = "adapters"

[training]
steps = 2
batch = 1
evaluate_every = 2
r = 4

[gates]
{gates}

[[types]]
document_type = "{PASSPORT}"
data = {{ generate = "{PASSPORT}", count = 24, seed = 21 }}
regression = {{ generate = "{PASSPORT}", count = 2, seed = 22 }}

[[types]]
document_type = "{LICENCE}"
data = {data}
training = {{ steps = {licence_steps} }}
{extra}
""")
    return file


@pytest.fixture
def here(monkeypatch):
    """Jobs in this process: what they do is the same, and torch is loaded once."""
    monkeypatch.setattr(fleets, "run_here", lambda jobs, _processes: ((job, perform(job)) for job in jobs))


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A fleet of two types, trained in processes of their own."""
    folder = tmp_path_factory.mktemp("fleet")
    said = []
    states = fleets.run(read_fleet(_write(folder)), folder / "runs", processes=2, say=said.append)
    return folder, states, said


def _states(states: list[dict]) -> dict[str, str]:
    return {state["document_type"]: state["state"] for state in states}


def test_a_fleet_trains_and_installs(grown):
    folder, states, said = grown
    assert _states(states) == {PASSPORT: "installed", LICENCE: "installed"}, said
    assert said[0] == "2 of 2 types to train, 2 at a time" and "min left" in said[-1]
    for name in (PASSPORT, LICENCE):
        assert json.loads((folder / "adapters" / name / "document-type.json").read_text())["document_type"] == name
    # What the generator drew is gone, and the checkpoint stays.
    assert {path.name for path in (folder / "runs" / "utopia--passport--2024").iterdir()} >= {"checkpoint.pt", "candidate", "state.json"}
    assert not list(folder.rglob("*.png"))
    gates = {gate["gate"]: gate["outcome"] for gate in states[0]["gates"]}
    assert gates == {"fields_exact": "passed", "every_field_exact": "passed", "no_field_worse": "not_performed", "regression": "not_performed"}


def test_the_report_has_every_type(grown):
    folder, states, _ = grown
    report.write_fleet(states, BASE, folder / "runs")
    written = json.loads((folder / "runs" / "fleet.json").read_text())
    row = written["types"][0]
    assert row["document_type"] == PASSPORT and row["documents"] == 24 and row["parameters"] == lora_count(load_base(BASE), TARGETS, 4)[0] and row["adapter_bytes"] > 2 * row["parameters"]
    assert row["cpu_seconds"] > 0 and set(row["fields"]) >= {"mrz", "surname"}
    page = (folder / "runs" / "fleet.html").read_text()
    assert page.count("<svg") == 4 and f'id="{LICENCE}"' in page and "not performed" in page and "http" not in page.replace("http://www.w3.org", "").replace("https://matplotlib.org", "").replace("http://purl.org", "").replace("http://creativecommons.org", "")


def test_what_has_not_changed_is_not_trained_again(grown, here):
    folder, _, _ = grown
    said = []
    fleets.run(read_fleet(_write(folder)), folder / "runs", say=said.append)
    assert said == []
    # A fresh clone has the adapters and no runs.
    assert all(item.unchanged for item in fleets.plan(read_fleet(_write(folder)), folder / "elsewhere"))


def test_what_begins_as_another_adapter_is_other_work(tmp_path):
    fleet = read_fleet(_write(tmp_path))
    begun = fleet.model_copy(update={"start": REPOSITORY / "adapters" / PASSPORT})
    plain, other = (fleets.plan(one, tmp_path / "runs") for one in (fleet, begun))
    assert all(before.work != after.work for before, after in zip(plain, other, strict=True))


def test_a_change_retrains_its_type_alone_and_what_is_worse_is_held_back(grown, here):
    folder, _, _ = grown
    before = {name: (folder / "adapters" / name / "training.json").read_bytes() for name in (PASSPORT, LICENCE)}
    said = []
    states = fleets.run(read_fleet(_write(folder, gates="fields_exact = 1.0", licence_steps=3)), folder / "runs", say=said.append)
    assert said[0].startswith("1 of 2 types") and _states(states) == {PASSPORT: "installed", LICENCE: "rejected"}
    assert {name: (folder / "adapters" / name / "training.json").read_bytes() for name in before} == before
    # The same work under gates that it passes is judged again, not trained again.
    steps = (folder / "runs" / "utopia--driving-licence--2022" / "checkpoint.pt").read_bytes()
    states = fleets.run(read_fleet(_write(folder, licence_steps=3)), folder / "runs", say=said.append)
    assert _states(states)[LICENCE] == "installed"
    assert {gate["gate"]: gate["outcome"] for gate in states[1]["gates"]}["no_field_worse"] == "passed"
    assert (folder / "runs" / "utopia--driving-licence--2022" / "checkpoint.pt").read_bytes() == steps
    assert (folder / "adapters" / LICENCE / "training.json").read_bytes() != before[LICENCE]
    assert (folder / "adapters" / PASSPORT / "training.json").read_bytes() == before[PASSPORT]


def test_a_data_set_with_faults_holds_its_type_back_alone(here, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "metadata.jsonl").write_text("{}\n")
    file = _write(tmp_path, data='{ folder = "data" }')
    states = fleets.run(read_fleet(file), tmp_path / "runs", only=(LICENCE,), say=lambda _line: None)
    assert _states(states) == {LICENCE: "unfit"}
    assert [fault["kind"] for fault in states[0]["check"]["faults"]] == ["unreadable_line", "too_few"]
    report.write_fleet(states, BASE, tmp_path)
    assert "unreadable_line" in (tmp_path / "fleet.html").read_text()
    # Mended, it is trained; the digest of the folder tells.
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "metadata.jsonl").write_text("\n")
    assert not fleets.plan(read_fleet(file), tmp_path / "runs", (LICENCE,))[0].unchanged


def _grouped(folder: Path, **changes) -> Path:
    file = _write(folder, **changes)
    group = f'[[groups]]\ndocument_types = ["{PASSPORT}", "{LICENCE}"]\ntraining = {{ steps = 3 }}\n'
    file.write_text(file.read_text().replace("training = { steps = 2 }", group))
    return file


def test_types_of_a_group_read_with_one_adapter(here, tmp_path):
    said = []
    states = fleets.run(read_fleet(_grouped(tmp_path)), tmp_path / "runs", say=said.append)
    assert _states(states) == {PASSPORT: "installed", LICENCE: "installed"}, said
    assert said[1].startswith(f"{PASSPORT} + {LICENCE}: trained (1/3") and len(said) == 4
    passport, licence = (tmp_path / "adapters" / name for name in (PASSPORT, LICENCE))
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert (passport / name).read_bytes() == (licence / name).read_bytes(), name
    for name in ("document-type.json", "calibration.json"):
        assert (passport / name).read_bytes() != (licence / name).read_bytes(), name
    records = [json.loads((folder / "training.json").read_text()) for folder in (passport, licence)]
    assert all(record["group"] == [PASSPORT, LICENCE] and record["cost"]["step"] == 3 for record in records)
    assert records[0]["data_set"]["digest"] != records[1]["data_set"]["digest"] and records[0]["metrics"]["validation"] != records[1]["metrics"]["validation"]
    assert f"documents of `{PASSPORT}`, `{LICENCE}` together" in (licence / "README.md").read_text()
    report.write_fleet(states, BASE, tmp_path)
    assert f"One adapter for {PASSPORT}, {LICENCE}." in (tmp_path / "fleet.html").read_text()
    # What changes for one is trained again for both; what changes for neither, is not.
    again = _grouped(tmp_path)
    assert all(item.unchanged for item in fleets.plan(read_fleet(again), tmp_path / "elsewhere"))
    again.write_text(again.read_text().replace(f'{LICENCE}", count = 24', f'{LICENCE}", count = 25'))
    assert not any(item.unchanged for only in (PASSPORT, LICENCE) for item in fleets.plan(read_fleet(again), tmp_path / "runs", (only,)))


def test_under_other_gates_a_group_is_judged_again_and_not_trained(here, tmp_path):
    states = fleets.run(read_fleet(_grouped(tmp_path, gates="fields_exact = 1.0")), tmp_path / "runs", say=lambda _line: None)
    assert _states(states) == {PASSPORT: "rejected", LICENCE: "rejected"} and not (tmp_path / "adapters").exists()
    said = []
    states = fleets.run(read_fleet(_grouped(tmp_path)), tmp_path / "runs", say=said.append)
    assert _states(states) == {PASSPORT: "installed", LICENCE: "installed"} and not any("trained" in line for line in said)


def test_a_data_set_with_faults_holds_its_group_back(here, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "metadata.jsonl").write_text("{}\n")
    states = fleets.run(read_fleet(_grouped(tmp_path, data='{ folder = "data" }')), tmp_path / "runs", say=lambda _line: None)
    assert _states(states) == {PASSPORT: "unfit", LICENCE: "unfit"}
    assert LICENCE in states[0]["reason"] and [fault["kind"] for fault in states[1]["check"]["faults"]] == ["unreadable_line", "too_few"]


def test_a_killed_fleet_goes_on(tmp_path):
    file = _write(tmp_path, licence_steps=400, extra="[types.gates]\nfields_exact = 0.0")
    text = file.read_text().replace("evaluate_every = 2", "evaluate_every = 400\ncheckpoint_seconds = 0")
    file.write_text(text)
    command = [sys.executable, "-m", "dossier_training.factory", "fleet", str(file), "--runs", str(tmp_path / "runs"), "--only", LICENCE]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "adapters" / "training")}
    run = tmp_path / "runs" / "utopia--driving-licence--2022"
    fleet = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        _wait_for(lambda: (run / "checkpoint.pt").exists() and fleet.poll() is None)
    finally:
        fleet.send_signal(signal.SIGKILL)
        fleet.wait()
    # Its job ends with it, and lets go of the folder.
    _wait_for(lambda: _is_free(run))
    import torch

    step = json.loads(torch.load(run / "checkpoint.pt", weights_only=True)["progress"])["step"]
    assert 0 < step < 400 and not (tmp_path / "adapters").exists()
    planned = fleets.plan(read_fleet(file), tmp_path / "runs", (LICENCE,))
    assert not planned[0].unchanged and (run / "work").read_text() == planned[0].work
    job = fleets._job(read_fleet(file), planned[0])
    assert json.loads((run / "job.json").read_text()) == json.loads(json.dumps(job.__dict__))


def _wait_for(condition, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def _is_free(folder: Path) -> bool:
    try:
        with alone_in(folder):
            return True
    except Busy:
        return False


def test_two_fleets_do_not_share_a_folder(grown):
    folder, _, _ = grown
    with alone_in(folder / "runs"), pytest.raises(Busy):
        fleets.run(read_fleet(_write(folder)), folder / "runs")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps = 2\nbatch", "stps = 2\nbatch", "training.stps"),
        ("fields_exact", "fields_exat", "gates.fields_exat"),
        ("count = 24, seed = 21 }\nregression", "count = 0, seed = 21 }\nregression", "greater than or equal to 1"),
        (f'generate = "{PASSPORT}", count = 24', 'generate = "x/y", count = 24', "has no `x/y`"),
        (f'document_type = "{LICENCE}"', f'document_type = "{PASSPORT}"', "listed twice"),
        ("count = 2, seed = 22", "count = 2, seed = 21", "by heart"),
        ("training = { steps = 2 }", "training = { sleps = 2 }", "sleps"),
        ("training = { steps = 2 }", "count = 3", "where there is no data"),
        ("[[types]]", '[[types]]\ndocument_type = "karvonia/passport/2022"\n[[types]]', "has no data"),
        ('document_type = "utopia/p', 'document_type = "Utopia/p', "string_pattern|should match pattern"),
        ("[[types]]", f'[[groups]]\ndocument_types = ["{PASSPORT}"]\n[[types]]', "at least 2 items"),
        ("[[types]]", f'[[groups]]\ndocument_types = ["{PASSPORT}", "x/y"]\n[[types]]', "which the fleet does not have"),
        ("[[types]]", f'[[groups]]\ndocument_types = ["{PASSPORT}", "{PASSPORT}"]\n[[types]]', "in groups twice"),
        ("[[types]]", f'[[groups]]\ndocument_types = ["{PASSPORT}", "{LICENCE}"]\n[[types]]', f"`{LICENCE}` is trained as its group is"),
        ("training = { steps = 2 }", f'[[groups]]\ndocument_types = ["{PASSPORT}", "{LICENCE}"]\ntraining = {{ stps = 1 }}', "stps"),
    ],
)
def test_a_fleet_file_is_read_strictly(tmp_path, old, new, message):
    file = _write(tmp_path)
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(SettingsError, match=message):
        read_fleet(file)


DRAWN = f"""base = "base"
[every_generated_type]
count = 8
seed = 1
capture = ["hard"]
regression_count = 4
regression_seed = 2
[[types]]
document_type = "{LICENCE}"
count = 16
training = {{ steps = 7 }}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("count = 16", f'regression = {{ generate = "{LICENCE}", count = 4, seed = 1 }}', "by heart"),
        (f'"{LICENCE}"', '"atlantis/permit/2025"', "has no `atlantis/permit/2025`"),
    ],
)
def test_what_is_drawn_for_a_listed_type_is_checked_like_what_it_lists(tmp_path, old, new, message):
    file = tmp_path / "fleet.toml"
    file.write_text(DRAWN.replace(old, new, 1))
    with pytest.raises(SettingsError, match=message) as refused:
        read_fleet(file)
    assert "\n" not in str(refused.value)


def test_a_listed_type_without_data_is_drawn_like_the_others_but_for_its_count(tmp_path):
    file = tmp_path / "fleet.toml"
    file.write_text(DRAWN)
    fleet = read_fleet(file)
    entries = {entry.document_type: entry for entry in fleet.every_type()}
    assert set(entries) == set(settings.DOCUMENT_TYPES)
    assert entries[LICENCE].data == settings.Generated(generate=LICENCE, count=16, seed=1, capture=("hard",))
    assert entries[LICENCE].regression == settings.Generated(generate=LICENCE, count=4, seed=2, capture=("hard",))
    assert entries[PASSPORT].data == settings.Generated(generate=PASSPORT, count=8, seed=1, capture=("hard",))
    assert [fleet.training_of(entries[name]).steps for name in (LICENCE, PASSPORT)] == [7, settings.Training().steps]


def test_the_shipped_fleet_lists_every_type_of_the_generator():
    fleet = read_fleet(REPOSITORY / "adapters" / "fleet.toml")
    assert {entry.document_type for entry in fleet.every_type()} >= set(settings.DOCUMENT_TYPES)
    assert fleet.base.is_dir() and fleet.publish is None
    for group in fleet.groups:
        folders = [fleet.adapters / name for name in group.document_types]
        assert len({(folder / artifact.WEIGHTS).read_bytes() for folder in folders}) == 1
        assert all(artifact.record_of(folder)["group"] == list(group.document_types) for folder in folders)


def test_full_fine_tuning_makes_no_adapter(tmp_path):
    with pytest.raises(ValueError, match="method"):
        Training(method="full")
    file = _write(tmp_path)
    file.write_text(file.read_text().replace("steps = 2", 'steps = 2\nmethod = "full"', 1))
    with pytest.raises(SettingsError, match="training.method"):
        read_fleet(file)
    with pytest.raises(ValueError, match="another base, and no adapter"):
        train.adapted_base(BASE, settings.FullFineTuning.like(Training())).export(BASE, tmp_path / "out")
