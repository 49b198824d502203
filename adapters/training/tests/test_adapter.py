"""One type from data set to adapter: what is written, what a kill and a full disk leave, what is refused."""

import importlib.machinery
import json
import os
import resource
import signal
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel
from PIL import Image, ImageDraw
from safetensors.torch import load_file

from dossier_training.checkpoints import base_digest, load_base
from dossier_training.factory import adapter, artifact, calibration, donut, files, pages, reading, train
from dossier_training.factory.adapter import Order
from dossier_training.factory.reader import AnotherBase, load_adapted
from dossier_training.factory.settings import Training
from dossier_training.framing import Framing
from dossier_training.page_form import PREPROCESSOR, PageForm
from dossier_training.run import Schedule

from conftest import BASE, REPOSITORY

TYPE = "utopia/driving-licence/2022"
TRAINING = Training(steps=6, batch=2, evaluate_every=3, r=4, warm_up=2, checkpoint_seconds=0, lora_plus_ratio=4.0)
_KILLED = """
import json, os, signal, sys
from pathlib import Path
from dossier_training.factory import adapter
from dossier_training.factory.settings import Training
from dossier_training.framing import Framing
order = json.loads(sys.argv[1])
for name in ("dataset", "base", "out", "run"):
    order[name] = Path(order[name])
order["training"] = Training.model_validate(order["training"])
adapter.make(adapter.Order(**order), after_step=lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == 4 else None)
"""


def _order(data: Path, folder: Path, **changes) -> Order:
    return Order(TYPE, data, BASE, folder / "adapters" / TYPE, folder / "run", TRAINING.model_copy(update=changes))


@pytest.fixture(scope="module")
def made(licences, tmp_path_factory):
    """An adapter that was trained in one go, and its order and record."""
    order = _order(licences, tmp_path_factory.mktemp("made"))
    return order, adapter.make(order, quiet=True)


def test_the_folder_is_peft_s_and_the_host_s(made):
    order, record = made
    assert {path.name for path in order.out.iterdir()} == {"adapter_config.json", "adapter_model.safetensors", "document-type.json", "training.json", "calibration.json", "prototypes.json", "README.md"}
    PeftModel.from_pretrained(load_base(BASE), order.out)
    # The host refuses any other key.
    manifest = json.loads((order.out / "document-type.json").read_text())
    assert manifest == {"document_type": TYPE, "title": "Utopia driving licence 2022", "pages": 1, "base": BASE.name, "rules": "utopia"}
    assert json.loads((order.out / "training.json").read_text()) == record


def test_the_record_names_what_it_was_made_from(made, licences):
    order, record = made
    assert record["base"] == {"name": BASE.name, "digest": base_digest(BASE)}
    assert record["data_set"]["digest"] == donut.data_set_digest(donut.split(donut.read(licences)[0]))
    assert record["files"]["adapter_model.safetensors"] == files.sha256_of((order.out / "adapter_model.safetensors").read_bytes())
    assert record["versions"]["torch"] == torch.__version__.split("+")[0]
    test = record["metrics"]["test"]
    assert test["documents"] == record["data_set"]["splits"]["test"]["documents"] == 2
    assert set(test["fields"]) == {"surname", "given_names", "date_of_birth", "place_of_birth", "date_of_issue", "date_of_expiry", "authority", "document_number", "categories"}
    for name in ("fields_exact", "cer", "f1", "tree_edit_accuracy", "ece", "ece_calibrated"):
        assert 0 <= test[name] <= 2, name
    assert record["cost"]["step"] == 6 and record["cost"]["images"] == 12 and record["cost"]["cpu_seconds"] > 0
    card = (order.out / "README.md").read_text()
    assert record["data_set"]["digest"] in card and "| `surname` |" in card and "LoRA+" in card


def test_the_calibration_has_a_scaling_for_every_field(made):
    order, record = made
    written = json.loads((order.out / "calibration.json").read_text())
    assert written["method"] == "platt" and set(written["fields"]) == set(record["metrics"]["test"]["fields"])
    assert all(set(numbers) == {"slope", "intercept"} and numbers["slope"] > 0 for numbers in written["fields"].values())


def test_what_was_evaluated_is_what_was_written(made, licences):
    order, record = made
    records = [r for r in donut.split(donut.read(licences)[0]) if r.split == "test"]
    scalings = {name: calibration.Scaling(**numbers) for name, numbers in json.loads((order.out / "calibration.json").read_text())["fields"].items()}
    again = adapter.evaluated(reading.read(load_adapted(BASE, order.out), records, PageForm(BASE)), scalings)
    for name in ("asked", "exact", "cer", "f1", "tree_edit_accuracy", "ece", "ece_calibrated"):
        assert again[name] == pytest.approx(record["metrics"]["test"][name], abs=1e-6), name


def test_a_killed_run_ends_as_if_it_had_not_been_killed(made, licences, tmp_path):
    order = _order(licences, tmp_path)
    as_json = {name: str(getattr(order, name)) for name in ("document_type", "dataset", "base", "out", "run")} | {"training": order.training.model_dump(mode="json")}
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    killed = subprocess.run([sys.executable, "-c", _KILLED, json.dumps(as_json)], env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert not order.out.exists() and (order.run / "checkpoint.pt").exists()
    record = adapter.make(order, quiet=True)
    assert record["cost"]["step"] == 6
    mine, whole = (load_file(folder / "adapter_model.safetensors") for folder in (order.out, made[0].out))
    assert mine.keys() == whole.keys() and all(torch.equal(mine[name], whole[name]) for name in mine)


def test_a_run_of_other_work_is_not_gone_on_with(made, licences):
    order, _ = made
    with pytest.raises(train.AnotherRun, match="other data, base or settings"):
        adapter.make(replace(order, training=order.training.model_copy(update={"seed": 4})), quiet=True)


def test_one_run_folder_has_one_process(made):
    order, _ = made
    with files.alone_in(order.run), pytest.raises(files.Busy):
        adapter.make(order, quiet=True)


def test_a_data_set_with_faults_is_not_trained_on(licences, tmp_path):
    broken = tmp_path / "data"
    broken.mkdir()
    for file in licences.iterdir():
        if file.name != "000003-page-1.png":
            (broken / file.name).symlink_to(file)
    order = _order(broken, tmp_path)
    with pytest.raises(adapter.UnfitDataSet) as caught:
        adapter.make(order, quiet=True)
    assert [fault.where for fault in caught.value.report.faults if fault.kind == "missing_image"] == ["000003-page-1.png (./metadata.jsonl:4)"]
    assert not order.out.exists() and not (order.run / "checkpoint.pt").exists()
    assert json.loads((order.run / "check.json").read_text())["passed"] is False


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_full_disk_leaves_the_last_good_adapter(made, tmp_path):
    order, record = made
    before = _contents(order.out)
    adapted = train.adapted_base(BASE, order.training)
    manifest = json.loads(before["document-type.json"])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel refuses to write further, as it does when nothing is left.
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(Exception, match="(?i)file too large|os error 27"):
            artifact.write(adapted, BASE, order.out, order.run, manifest, order.training, {}, None, {"work": "x", "data_set": record["data_set"], "metrics": record["metrics"], "cost": record["cost"]})
        with pytest.raises((OSError, RuntimeError)), files.replacing(order.run / "checkpoint.pt") as fresh:
            torch.save({"x": torch.zeros(100_000)}, fresh)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert _contents(order.out) == before
    assert torch.load(order.run / "checkpoint.pt", weights_only=True)["work"]
    assert not list(order.run.glob(".staging-*")) and not list(order.run.glob(".*.new")) and [path.name for path in order.out.parent.iterdir()] == [order.out.name]


def test_a_folder_is_swapped_as_a_whole(tmp_path):
    old = tmp_path / "adapters" / "x"
    old.mkdir(parents=True)
    (old / "only-old").write_text("1")
    with files.staging(old, tmp_path / "run") as fresh:
        (fresh / "only-new").write_text("2")
        assert (old / "only-old").exists()
    assert [path.name for path in old.iterdir()] == ["only-new"] and not list((tmp_path / "run").iterdir())
    with pytest.raises(RuntimeError, match="broken off"), files.staging(old, tmp_path / "run") as fresh:
        (fresh / "half").write_text("3")
        raise RuntimeError("broken off")
    assert [path.name for path in old.iterdir()] == ["only-new"] and not list((tmp_path / "run").iterdir())


def test_what_a_kill_left_half_written_is_cleared(tmp_path):
    (tmp_path / ".staging-abc").mkdir()
    (tmp_path / ".staging-abc" / "adapter_config.json").write_text("{}")
    (tmp_path / ".checkpoint.pt.x.new").write_text("")
    with files.alone_in(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_batches_are_a_function_of_seed_and_step(licences):
    records = donut.read(licences)[0]
    one, other = (pages.Teacher(records, PageForm(BASE), 2, 5, augment=True) for _ in range(2))
    first = one.batch(0)
    one.batch(1)
    late = one.batch(30)
    again = other.batch(30)
    assert all(torch.equal(late[name], again[name]) for name in late if name != "names") and late["names"] == again["names"]
    assert not torch.equal(first["pixels"], late["pixels"])


def test_batches_made_ahead_are_the_same(licences):
    teacher = pages.Teacher(donut.read(licences)[0], PageForm(BASE), 2, 5, augment=True)
    for ahead in (False, True):
        batches = teacher.batches(7, ahead)
        for step in range(7, 10):
            batch, alone = next(batches), teacher.batch(step)
            assert all(torch.equal(batch[name], alone[name]) for name in alone if name != "names") and batch["names"] == alone["names"]
        batches.close()


def test_the_learning_rate_falls_over_the_share_that_is_asked_for():
    schedule = Schedule(1.0, 100, 10, 0.5)
    rates = [schedule.at(step) for step in range(100)]
    assert rates[9] == rates[50] == 1.0 and rates[51] < 1.0 and rates[75] == 0.5 and rates[99] == 0.033


def test_what_is_moved_is_where_the_lesson_says():
    for seed in range(20):
        page = Image.new("RGB", (768, 512), (230, 230, 230))
        ImageDraw.Draw(page).ellipse([600, 80, 612, 92], fill=(0, 0, 0))
        moved, forward = pages._moved(np.random.default_rng(seed), page)
        rows, columns = np.nonzero(np.asarray(moved.convert("L")) < 110)
        x, y = forward(606 / 768, 86 / 512)
        assert abs(columns.mean() + 0.5 - x * 768) < 1 and abs(rows.mean() + 0.5 - y * 512) < 1


@pytest.mark.parametrize("size", [(768, 512), (500, 700), (1000, 300), (321, 517)])
def test_the_encoder_sees_a_point_where_the_framing_says(size):
    page = Image.new("RGB", size, (230, 230, 230))
    x, y, radius = int(size[0] * 0.8), int(size[1] * 0.3), max(size) // 40
    ImageDraw.Draw(page).ellipse([x - radius, y - radius, x + radius, y + radius], fill=(0, 0, 0))
    framing = Framing.of(*size)
    seen_x, seen_y = framing.seen((x + 0.5) / size[0], (y + 0.5) / size[1])
    rows, columns = np.nonzero(PageForm(BASE).pixels(page).mean(0) < 110)
    near = (abs(columns - seen_x) < 20) & (abs(rows - seen_y) < 20)
    assert abs(columns[near].mean() + 0.5 - seen_x) < 1 and abs(rows[near].mean() + 0.5 - seen_y) < 1
    assert framing.back(seen_x, seen_y) == pytest.approx(((x + 0.5) / size[0], (y + 0.5) / size[1]))


def test_lessons_guide_to_ink(licences):
    batch = pages.Teacher(donut.read(licences)[0], PageForm(BASE), 8, 5, True).batch(0)
    inked = []
    for page in range(8):
        grey = batch["pixels"][page].float().mean(0)
        for token in batch["guide"][page][batch["guide"][page] >= 0].unique().tolist():
            row, column = divmod(token, 48)
            inked.append(bool(grey[row * 16 : (row + 1) * 16, column * 8 : (column + 1) * 8].min() < grey.median() - 60))
    assert len(inked) > 200 and sum(inked) > 0.9 * len(inked)


def test_an_adapter_says_of_what_size_its_pages_are(licences, tmp_path):
    training = Training(steps=2, batch=2, evaluate_every=2, r=4, warm_up=1, page_size=(256, 160))
    # On pages as small as these the base can't read its own print.
    order = adapter.Order(TYPE, licences, BASE, tmp_path / "adapter", tmp_path / "run", training, allow=("small_print",))
    adapter.make(order, quiet=True)
    of_adapter, of_base = (json.loads((folder / PREPROCESSOR).read_text()) for folder in (order.out, BASE))
    assert of_adapter == {**of_base, "size": {"height": 160, "width": 256}}
    assert PREPROCESSOR in artifact.read_from(order.out)
    form = PageForm.of_adapter(BASE, order.out)
    assert form == PageForm(BASE, (256, 160)) and PageForm.of_adapter(BASE, REPOSITORY / "adapters" / TYPE) == PageForm(BASE)
    records = donut.read(licences)[0]
    assert form.pixels(pages.opened(records[0])).shape == (3, 160, 256)
    assert all(0 < one.confidence <= 1 for one in reading.read(load_adapted(BASE, order.out), records[:1], form))
    assert training.identity()["page_size"] == [256, 160] and "page_size" not in Training().identity()


@pytest.mark.parametrize(("size", "why"), [((250, 160), "multiple of 8"), ((256, 150), "multiple of 8, its height of 16"), ((64, 160), "wider than 64"), ((256, 128), "higher than 128")])
def test_a_size_that_the_encoder_does_not_take_is_refused(size, why):
    with pytest.raises(ValueError, match=why):
        Training(page_size=size)


def test_greedy_reading_agrees_with_one_pass_behind_the_truth():
    folder = REPOSITORY / "adapters" / TYPE
    model = load_adapted(BASE, folder)
    records = _samples(3)
    readings = reading.read(model, records, PageForm(BASE))
    assert len(readings) == 27 and all(0 < r.confidence <= 1 for r in readings)
    exact = sum(r.exact for r in readings)
    assert exact / 27 == pytest.approx(reading.examine(model, records, PageForm(BASE)).fields_exact) and exact >= 18
    sure, unsure = [r.confidence for r in readings if r.exact], [r.confidence for r in readings if not r.exact]
    assert not unsure or sum(sure) / len(sure) > sum(unsure) / len(unsure)


def test_what_one_pass_reads_is_what_is_written_character_by_character(monkeypatch):
    model, records = load_adapted(BASE, REPOSITORY / "adapters" / TYPE), _samples(3)
    in_one_pass = reading.read(model, records, PageForm(BASE))
    monkeypatch.setattr(reading, "_sure_of_the_truth", lambda _decoder, states, _batch: [{} for _ in states])
    written = reading.read(model, records, PageForm(BASE))
    assert [(r.name, r.text) for r in in_one_pass] == [(r.name, r.text) for r in written]
    assert [r.confidence for r in in_one_pass] == pytest.approx([r.confidence for r in written], abs=1e-4)


def _samples(count: int) -> list[donut.Record]:
    records = []
    for number in range(1, count + 1):
        folder = REPOSITORY / "tests" / "fixtures" / "documents" / TYPE / str(number)
        fields = json.loads((folder / "truth.json").read_text())["fields"]
        records.append(donut.Record(None, folder / "page-1.png", str(number), str(number), 1, fields, None, "", "", b""))
    return records


def test_an_adapter_of_another_base_is_refused(made, tmp_path):
    order, _ = made
    other = tmp_path / "adapter"
    other.mkdir()
    for name, contents in _contents(order.out).items():
        (other / name).write_bytes(contents)
    config = json.loads((other / "adapter_config.json").read_text())
    (other / "adapter_config.json").write_text(json.dumps({**config, "revision": "sha256:" + "0" * 64}))
    with pytest.raises(AnotherBase):
        load_adapted(BASE, other)


def test_training_begins_as_another_adapter(made, licences, tmp_path):
    order, _ = made
    begun = replace(_order(licences, tmp_path, lr=0.0, steps=1, evaluate_every=1), start=order.out)
    record = adapter.make(begun, quiet=True)
    assert record["start"] == files.sha256_of((order.out / "adapter_model.safetensors").read_bytes())
    before, after = (load_file(folder / "adapter_model.safetensors") for folder in (order.out, begun.out))
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def test_what_training_began_as_stays_where_nothing_reads_better(made, licences, tmp_path):
    order, _ = made
    ruined = replace(_order(licences, tmp_path, lr=10.0, steps=2, evaluate_every=1), start=order.out)
    assert adapter.make(ruined, quiet=True)["cost"]["kept_step"] == 0
    before, after = (load_file(folder / "adapter_model.safetensors") for folder in (order.out, ruined.out))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_an_adapter_of_another_kind_is_no_beginning(made, licences, tmp_path):
    order, _ = made
    for changes in ({"r": 8}, {"parts": "decoder"}, {"method": "dora"}):
        with pytest.raises(ValueError, match="of another method, rank or targets"):
            adapter.make(replace(_order(licences, tmp_path, **changes), start=order.out), quiet=True)


@pytest.mark.parametrize(("method", "changes"), [("lora", {"modules_to_save": ("decoder.model.decoder.layer_norm",), "patch_embedding": True}), ("rslora", {"parts": "decoder", "bf16": True}), ("dora", {"parts": "encoder"}), ("vera", {}), ("lora-xs", {"parts": "decoder"})])
def test_every_method_takes_a_step_and_is_read_back(method, changes, licences, tmp_path):
    training = Training(method=method, r=4, steps=1, batch=1, lr=1e-2, **changes)
    adapted = train.adapted_base(BASE, training)
    run = train.Run(adapted, training, 1, tmp_path / "run", "work")
    run.step(pages.Teacher(donut.read(licences)[0], PageForm(BASE), 1, 1, False).batch(0))
    adapter._as_exported(adapted)
    adapted.export(BASE, tmp_path)
    ids, pixels = torch.tensor([[1, 6]]), torch.rand(1, 3, 256, 384) * 2 - 1
    with torch.no_grad():
        wanted = adapted.inner.eval()(pixel_values=pixels, decoder_input_ids=ids).logits
        found = load_adapted(BASE, tmp_path)(pixel_values=pixels, decoder_input_ids=ids).logits
        base = load_base(BASE).eval()(pixel_values=pixels, decoder_input_ids=ids).logits
    assert torch.allclose(wanted, found, atol=1e-5) and not torch.equal(found, base)


def test_a_manifest_keeps_what_stands_and_takes_what_is_declared(monkeypatch, tmp_path):
    declared = types.ModuleType("dossier_training.manifest")
    declared.__spec__ = importlib.machinery.ModuleSpec("dossier_training.manifest", None)
    declared.manifest = lambda name, base: {"x/y": {"document_type": name, "title": "Y of X", "pages": 2, "base": base, "rules": "x"}}[name]
    monkeypatch.setitem(sys.modules, "dossier_training.manifest", declared)
    assert artifact.manifest_of("x/y", BASE, tmp_path) == {"document_type": "x/y", "title": "Y of X", "pages": 2, "base": BASE.name, "rules": "x"}
    assert artifact.manifest_of("x/z", BASE, tmp_path)["rules"] == "x"
    (tmp_path / "document-type.json").write_text(json.dumps({"title": "Kept", "pages": 3, "rules": "kept"}))
    assert artifact.manifest_of("x/y", BASE, tmp_path, pages=4) == {"document_type": "x/y", "title": "Kept", "pages": 4, "base": BASE.name, "rules": "kept"}


def test_lora_plus_teaches_b_faster():
    training = Training(r=4, lr=1e-3, lora_plus_ratio=8)
    adapted = train.adapted_base(BASE, training)
    rates = {id(p): group["lr"] for group in train.optimiser_of(adapted, training).param_groups for p in group["params"]}
    named = [(name, rates[id(p)]) for name, p in adapted.inner.named_parameters() if p.requires_grad]
    assert {rate for name, rate in named if "lora_A" in name} == {1e-3}
    assert {rate for name, rate in named if "lora_B" in name} == {8e-3}


@pytest.mark.parametrize("method", ["vera", "lora-xs"])
def test_what_a_method_can_t_do_is_refused(method):
    with pytest.raises(ValueError, match="Linear layers alone"):
        train.adapted_base(BASE, Training(method=method, patch_embedding=True))


def test_a_module_to_save_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="the base has no `encoder.layernorm`"):
        train.adapted_base(BASE, Training(modules_to_save=("encoder.layernorm",)))


def test_training_stops_when_nothing_gets_better(licences, tmp_path):
    records = donut.split(donut.read(licences)[0])
    training = Training(steps=30, batch=1, evaluate_every=1, patience=2, r=4, lr=0.0)
    _, progress = train.train(records, BASE, training, tmp_path, "work", quiet=True)
    # Nothing was learnt, so nothing reads less: the last is kept.
    assert progress.stopped == "no better for a while" and progress.step == progress.kept_step == 3


def test_few_pages_are_not_learnt_by_heart(licences, tmp_path):
    records = donut.split(donut.read(licences)[0])
    pages_ = sum(record.split == "train" for record in records)
    few = Training(steps=30, passes=1, batch=8, evaluate_every=30, r=4)
    _, progress = train.train(records, BASE, few, tmp_path, "work", quiet=True)
    assert progress.stopped == "all passes" and progress.step == progress.kept_step == -(-pages_ // 8)
    assert Training().steps_over(1000) == 800 and Training().steps_over(8) == 40
    assert "passes" not in Training().identity() and few.identity()["passes"] == 1


@pytest.mark.parametrize(
    ("lost", "won", "clearly"),
    [(0, 0, False), (1, 0, False), (2, 0, False), (3, 0, True), (4, 1, False), (5, 1, True), (0, 5, False), (20, 15, False), (25, 15, True)],
)
def test_a_few_fields_do_not_tell_versions_apart(lost, won, clearly):
    before = reading.Examination(0.1, (True,) * lost + (False,) * won + (True,) * 10)
    now = reading.Examination(0.1, (False,) * lost + (True,) * won + (True,) * 10)
    assert now.is_clearly_worse_than(before) == clearly
    assert now.is_better_than(before) == (won > lost)


def test_of_versions_that_validation_can_t_tell_apart_the_last_is_kept(licences, tmp_path, monkeypatch):
    records = donut.split(donut.read(licences)[0])
    told = [(5, 0.9), (4, 0.8), (10, 0.7), (9, 0.6), (5, 0.5)]
    exams = iter([reading.Examination(loss, (True,) * exact + (False,) * (10 - exact)) for exact, loss in told])
    monkeypatch.setattr(train, "examine", lambda *_: next(exams))

    class Killed(Exception):
        pass

    def killed_after_four(step: int) -> None:
        if step == 4:
            raise Killed

    training = Training(steps=5, batch=1, evaluate_every=1, patience=5, r=4, checkpoint_seconds=0)
    with pytest.raises(Killed):
        train.train(records, BASE, training, tmp_path, "work", quiet=True, after_step=killed_after_four)
    _, progress = train.train(records, BASE, training, tmp_path, "work", quiet=True)
    # The best is the third; the fourth reads a field less, which is nothing; the fifth reads five less.
    assert progress.step == 5 and progress.kept_step == 4 and progress.kept == {"loss": 0.6, "fields_exact": 0.9} and progress.since_best == 2
