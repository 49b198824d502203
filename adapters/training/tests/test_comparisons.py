"""Reports and comparisons: what was measured stays, and is of what it says."""

import json
import re
import shutil
from pathlib import Path
from unittest import mock

import pytest

from dossier_training import dataset
from dossier_training.checkpoints import base_digest, load_base
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.factory import artifact, curve, donut, groups, report, variants
from dossier_training.factory.counting import lora_count
from dossier_training.factory.files import file_name_of, sha256_of
from dossier_training.factory.measured import Measured
from dossier_training.factory.settings import SettingsError, Training
from dossier_training.methods import TARGETS

from conftest import BASE, REPOSITORY

LICENCE, PASSPORT = "utopia/driving-licence/2022", "utopia/passport/2024"


def test_a_report_measures_the_shipped_adapters(tmp_path):
    written = report.write_report(REPOSITORY / "adapters", BASE, tmp_path / "report.json", 2, 5, tmp_path / "work", [LICENCE, PASSPORT], say=lambda _line: None)
    assert json.loads((tmp_path / "report.json").read_text()) == written
    assert written["base_digest"].startswith("sha256:") and "report" in written["made_by"]
    passport, licence = written["types"][PASSPORT], written["types"][LICENCE]
    levels = {f"fields_exact_{level}" for level in ("clean", "mild", "hard", "photo")}
    assert set(passport) == levels | {"exact_of_surest", "mrz_char_accuracy", "ece", "documents", "adapter_bytes", "adapter_digest"}
    # Without the host's program nobody finds pages in photographs.
    assert passport["fields_exact_photo"] is None and set(passport["exact_of_surest"]) == {"clean", "mild", "hard"}
    assert passport["exact_of_surest"]["mild"][-1] == [1.0, passport["fields_exact_mild"]]
    assert "<svg" in (tmp_path / "report.svg").read_text()
    assert passport["fields_exact_clean"] > 0.6 and passport["mrz_char_accuracy"] > 0.9 and licence["mrz_char_accuracy"] is None
    table = (tmp_path / "report.md").read_text().splitlines()
    assert len(table) == 4 and table[3].startswith(f"| {PASSPORT} | {100 * passport['fields_exact_clean']:.1f} % |") and " |  | " in table[2]
    assert passport["adapter_bytes"] == (REPOSITORY / "adapters" / PASSPORT / "adapter_model.safetensors").stat().st_size


def test_pages_that_are_not_found_count_as_fields_that_are_not_read(tmp_path):
    pictures = dataset.drawn(tmp_path / "pictures", PASSPORT, 3, 7, ("clean",))
    pages = shutil.copytree(pictures, tmp_path / "pages")
    kept, *left_out = (pages / "metadata.jsonl").read_text().splitlines()
    (pages / "metadata.jsonl").write_text(kept + "\n")
    unread = report.unread(pictures, pages)
    fields = [json.loads(json.loads(line)["ground_truth"])["gt_parse"] for line in left_out]
    assert sorted((r.name, r.truth) for r in unread) == sorted(pair for of_page in fields for pair in of_page.items())
    assert not any(r.exact or r.confidence for r in unread)
    assert report.unread(pictures, pictures) == []


def test_the_shipped_report_is_of_the_shipped_adapters():
    shipped = REPOSITORY / "adapters"
    reported = json.loads((shipped / "report.json").read_text())
    assert reported["base_digest"] == base_digest(BASE), "dossier-train report"
    digests = {name: sha256_of((shipped / name / artifact.WEIGHTS).read_bytes()) for name in DOCUMENT_TYPES}
    assert {name: row["adapter_digest"] for name, row in reported["types"].items()} == digests, "dossier-train report"


def _report(folder: Path, seed: int = 2) -> dict[str, object]:
    return report.write_report(folder / "adapters", BASE, folder / "report.json", 1, seed, folder / "work", [LICENCE], say=lambda _line: None)["types"][LICENCE]


def test_a_report_measures_what_changed(tmp_path):
    adapter = shutil.copytree(REPOSITORY / "adapters" / LICENCE, tmp_path / "adapters" / LICENCE)
    first = _report(tmp_path)
    assert first["documents"] == 3
    kept = tmp_path / "work" / "measured" / f"{file_name_of(LICENCE)}.json"
    kept.write_text(kept.read_text().replace('"documents": 3', '"documents": 99'))
    assert _report(tmp_path) == {**first, "documents": 99}
    assert _report(tmp_path, seed=3)["documents"] == 3
    # Without its calibration it is another adapter, of the same weights.
    (adapter / artifact.CALIBRATION).unlink()
    again = _report(tmp_path)
    assert again["documents"] == 3 and again["adapter_digest"] == first["adapter_digest"] and again["ece"] != first["ece"]


def test_variants_are_measured_on_the_same_data(tmp_path):
    training = Training(steps=1, batch=1, evaluate_every=1)
    arguments = ([LICENCE], BASE, tmp_path, training, 24, 3, ("LoRA r=4", "LoRA-XS r=16"))
    rows = variants.compare(*arguments, say=lambda _line: None)
    base = load_base(BASE)
    layers = sum(re.fullmatch(TARGETS, name) is not None for name, _ in base.named_modules())
    assert [row["parameters"] for row in rows] == [lora_count(base, TARGETS, 4)[0], layers * 16 * 16] and all(row["asked"] == 18 and row["images"] == 1 for row in rows)
    table = (tmp_path / "variants.md").read_text().splitlines()
    assert len(table) == 4 and table[2].startswith(f"| LoRA r=4 | {LICENCE} | {rows[0]['parameters']} |") and "<svg" in (tmp_path / "variants.svg").read_text()
    # Measured rows stay; nothing is trained twice.
    assert variants.compare(*arguments, say=lambda _line: None) == rows


def test_arrangements_share_what_they_say(tmp_path):
    types = [PASSPORT, LICENCE, "norvaria/driving-licence/2019"]
    arguments = (types, BASE, tmp_path, Training(steps=1, batch=1, evaluate_every=1, r=4), 24, 3, ("clean",))
    rows = groups.compare(*arguments, say=lambda _line: None)
    base = load_base(BASE)
    one, whole = lora_count(base, TARGETS, 4)[0], sum(p.numel() for p in base.parameters())
    assert [(row["trained"], row["parameters"]) for row in rows] == [(3, 3 * one), (2, 2 * one), (1, one), (1, whole)]
    # As many pages for each arrangement, but a change of one type costs more where more share.
    assert [(row["images"], row["images_for_one_type"]) for row in rows] == [(3, 1.0), (3, 5 / 3), (3, 3.0), (3, 3.0)]
    assert all(row["types"].keys() == set(types) for row in rows)
    table = (tmp_path / "groups.md").read_text().splitlines()
    assert len(table) == 6 and table[2].startswith("| one adapter a type | 3 |") and "<svg" in (tmp_path / "groups.svg").read_text()
    assert groups.compare(*arguments, say=lambda _line: None) == rows


def test_what_was_measured_on_another_base_is_measured_again(tmp_path):
    other = shutil.copytree(BASE, tmp_path / "base")
    with (other / "config.json").open("a") as config:
        config.write("\n")
    measured = [Measured(tmp_path / "rows.json", base).row(["terms"], lambda run: {"run": run.name}) for base in (BASE, BASE, other)]
    assert measured[0] == measured[1] and measured[1]["key"] != measured[2]["key"]


def test_what_another_generator_drew_is_drawn_again(tmp_path):
    folder = dataset.drawn(tmp_path / "data", LICENCE, 2, 5)
    page, first = folder / "000000-page-1.png", (folder / "000000-page-1.png").read_bytes()
    page.write_bytes(b"kept")
    assert dataset.drawn(folder, LICENCE, 2, 5) == folder and page.read_bytes() == b"kept"
    with mock.patch.object(dataset, "generator_digest", lambda *_: "of other fonts"):
        dataset.drawn(folder, LICENCE, 2, 5)
    assert page.read_bytes() == first


def test_a_curve_reads_the_same_documents_after_more_and_more(tmp_path):
    arguments = ([LICENCE], [12, 10], BASE, tmp_path, Training(steps=1, batch=1, evaluate_every=1, r=4), 5, 1, 2)
    rows = curve.draw(*arguments, say=lambda _line: None)
    assert [(row["documents"], row["test_documents"], row["steps"]) for row in rows] == [(10, 1, 1), (12, 1, 1)]
    assert all(0 <= row[f"fields_exact_{level}"] <= 1 for row in rows for level in ("clean", "mild", "hard"))
    few, more = (donut.read(tmp_path / "data" / f"utopia--driving-licence--2022-{count}-5")[0] for count in (10, 12))
    assert [record.fields for record in few] == [record.fields for record in more[:10]]
    assert "<svg" in (tmp_path / "curve.svg").read_text() and curve.draw(*arguments, say=lambda _line: None) == rows
    with mock.patch.object(curve, "generator_digest", lambda *_: "of other fonts"):
        assert not {row["key"] for row in curve.draw(*arguments, say=lambda _line: None)} & {row["key"] for row in rows}
    with pytest.raises(SettingsError, match="learnt by heart"):
        curve.draw(*arguments[:-1], 5)


def test_a_curve_begins_with_what_training_begins_as(tmp_path):
    arguments = ([LICENCE], [0, 10], BASE, tmp_path, Training(steps=1, batch=1, evaluate_every=1), 5, 1, 2)
    with pytest.raises(SettingsError, match="an adapter to begin as"):
        curve.draw(*arguments)
    none, ten = curve.draw(*arguments, REPOSITORY / "adapters" / "training" / "starter", say=lambda _line: None)
    assert (none["documents"], none["steps"], none["seconds"]) == (0, 0, 0.0) and (ten["documents"], ten["steps"]) == (10, 1)
    assert none["fields_exact_clean"] > 0.6 and "<svg" in (tmp_path / "curve.svg").read_text()


def test_every_variant_fits_the_model():
    from dossier_training.factory.train import adapted_base

    counts = {variant.name: sum(p.numel() for p in adapted_base(BASE, Training.model_validate(variant.changes)).inner.parameters() if p.requires_grad) for variant in variants.VARIANTS}
    assert counts["LoRA r=16"] == 2 * counts["LoRA r=8"] == 4 * counts["LoRA r=4"]
    assert counts["LoRA r=8, encoder"] + counts["LoRA r=8, decoder"] == counts["LoRA r=8"] == counts["LoRA+ r=8, B 4 times"]
    assert counts["LoRA r=8, patch convolution too"] == counts["LoRA r=8"] + 8 * (3 * 8 * 4 + 64)
    assert counts["LoRA r=8, two norms whole"] == counts["LoRA r=8"] + 2 * (64 + 128)
    assert counts["VeRA r=64"] < counts["LoRA-XS r=16"] < counts["LoRA r=4"] < counts["DoRA r=8"]
