"""Data sets: every fault is found and named, and nothing of a good one is held against it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from dossier_training.factory import checks, donut
from dossier_training.factory.cli import app, main
from dossier_training.factory.faults import KINDS

TYPE = "utopia/licence/2022"


def _image(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (32, 48, 3), dtype=np.uint8))


class DataSet:
    """Forty good documents, to be spoilt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines = []
        for number in range(40):
            _image(number).save(folder / f"{number}.png")
            fields = {"surname": f"DOE{number}", "document_number": f"X{number:06d}", "sex": "FM"[number % 2], "date_of_birth": f"{number % 28 + 1:02d}.03.1985"}
            self.lines.append({"file_name": f"{number}.png", "ground_truth": {"gt_parse": fields}})

    def fields(self, number: int) -> dict:
        return self.lines[number]["ground_truth"]["gt_parse"]

    def write(self, lines=None, folder: Path | None = None) -> None:
        lines = self.lines if lines is None else lines
        texts = [json.dumps({**line, "ground_truth": json.dumps(line["ground_truth"])}) for line in lines]
        ((folder or self.folder) / "metadata.jsonl").write_text("\n".join(texts) + "\n")

    def check(self, **options):
        self.write()
        return checks.check(self.folder, TYPE, **options)[1]


@pytest.fixture
def data(tmp_path) -> DataSet:
    return DataSet(tmp_path)


def _found(report) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in report.faults:
        found.setdefault(fault.kind, []).append(fault.where)
    return found


def test_a_good_data_set_is_not_held_back(data):
    report = data.check()
    assert not report.stops
    assert set(_found(report)) == {"few_documents"}
    assert report.statistics["documents"] == 40 and report.statistics["fields"]["sex"]["distinct"] == 2
    assert "nothing stands against training" in report.as_text()


def test_backs_without_fields_neither_are_faults_nor_belong_together(data):
    for number in range(40):
        (data.folder / f"{number}.png").rename(data.folder / f"{number}-page-1.png")
        data.lines[number]["file_name"] = f"{number}-page-1.png"
        _image(100 + number).save(data.folder / f"{number}-page-2.png")
        data.lines.append({"file_name": f"{number}-page-2.png", "ground_truth": {"gt_parse": {}}})
    data.write()
    records, report = checks.check(data.folder, TYPE)
    assert set(_found(report)) == {"few_documents"}, report.as_text()
    assert report.statistics["documents"] == 40
    assert len(set(donut.holders(records).values())) == 40


def test_missing_and_damaged_files_are_named(data):
    (data.folder / "3.png").unlink()
    (data.folder / "4.png").write_bytes((data.folder / "4.png").read_bytes()[:200])
    (data.folder / "5.png").write_text("no image")
    _image(900).save(data.folder / "stray.png")
    report = data.check()
    found = _found(report)
    assert found["missing_image"] == ["3.png (./metadata.jsonl:4)"]
    assert sorted(where.split(":")[0] for where in found["unreadable_image"]) == ["4.png", "5.png"]
    assert found["unlisted_image"] == ["stray.png"]
    assert report.stops


@pytest.mark.parametrize("line", ["{", "[]", '{"file_name": "0.png"}', '{"file_name": "0.png", "ground_truth": "{}"}', '{"file_name": "../0.png", "ground_truth": "{\\"gt_parse\\": {}}"}', '{"file_name": "0.png", "ground_truth": "{\\"gt_parse\\": {}}", "typo": 1}'])
def test_a_line_that_is_no_line_is_named(data, line):
    data.write()
    with (data.folder / "metadata.jsonl").open("a") as file:
        file.write(line + "\n")
    _, report = checks.check(data.folder, TYPE)
    assert [where.split(": ")[0] for where in _found(report)["unreadable_line"]] == ["./metadata.jsonl:41"]
    assert report.stops


def test_labels_that_can_t_be_learnt_are_named(data):
    data.fields(0)["surname"] = " "
    data.fields(1)["surname"] = {"first": "A"}
    data.fields(2)["surname"] = "Жданов"
    data.fields(3)["surname"] = "A" * 200
    found = _found(data.check())
    assert found["empty_label"] == ["0.png: surname"]
    assert found["nested_label"] == ["1.png: surname"]
    assert found["unreadable_character"][0].startswith("2.png: surname: U+0416")
    assert found["too_long"] == ["3.png: surname: 200 characters"]


def test_unknown_and_missing_fields_are_named(data):
    data.fields(7)["surnane"] = data.fields(7).pop("surname")
    found = _found(data.check())
    assert found["unknown_field"] == ["7.png: `surnane` (did you mean `surname`?)"]
    assert found["missing_field"] == ["7.png: `surname`"]


def test_fields_of_the_type_are_a_measure_and_optional_ones_may_lack(data):
    for number in range(40):
        data.fields(number)["height"] = f"{100 + number} CM"
    del data.fields(9)["height"]
    names = ["surname", "document_number", "sex", "date_of_birth"]
    assert len(_found(data.check(fields=names))["unknown_field"]) == 39
    assert set(_found(data.check(fields=names, optional=["height"]))) == {"few_documents"}
    assert _found(data.check(fields=[*names, "height"]))["missing_field"] == ["9.png: `height`"]


def test_other_document_types_are_named(data):
    data.lines[1]["document_type"] = "utopia/passport/2024"
    data.lines[2]["ground_truth"]["gt_parse"] = {"authority": "A", "categories": "B", "address": "C"}
    for number in range(3, 40):
        data.fields(number)["mrz"] = "\n".join([f"P<UTO{number:<39}".replace(" ", "<")] * 2)
    data.fields(5)["mrz"] = "\n".join(["I<UTO" + "<" * 25] * 3)
    found = _found(data.check())
    assert [where.split(":")[0] for where in found["other_document_type"]] == ["1.png", "2.png", "5.png"]


def test_the_same_page_twice_is_named(data):
    (data.folder / "11.png").write_bytes((data.folder / "10.png").read_bytes())
    data.lines[11]["ground_truth"] = data.lines[10]["ground_truth"]
    with Image.open(data.folder / "12.png") as image:
        image.save(data.folder / "13.jpg", quality=97)
    (data.folder / "13.png").unlink()
    data.lines[13] = {"file_name": "13.jpg", "ground_truth": data.lines[12]["ground_truth"]}
    (data.folder / "15.png").write_bytes((data.folder / "14.png").read_bytes())
    found = _found(data.check())
    assert found["duplicate"] == ["11.png = 10.png", "13.jpg = 12.png, encoded again"]
    assert found["contradiction"] == ["15.png = 14.png"]


def test_a_document_in_two_splits_is_leakage(data, tmp_path):
    for name, numbers in (("train", range(0, 30)), ("validation", range(30, 35)), ("test", range(35, 40))):
        part = tmp_path / name
        part.mkdir()
        for number in numbers:
            (data.folder / f"{number}.png").rename(part / f"{number}.png")
        data.write([data.lines[number] for number in numbers], part)
    assert "leakage" not in _found(checks.check(tmp_path, TYPE)[1])
    # Another capture of the holder of document 2, with one field misread.
    data.fields(36)["document_number"] = data.fields(2)["document_number"]
    data.write(data.lines[35:], tmp_path / "test")
    records, report = checks.check(tmp_path, TYPE)
    assert _found(report)["leakage"] == ["test/36.png (test) and train/2.png (train)"]
    assert report.stops and {record.split for record in records} == {"train", "validation", "test"}


def test_one_value_of_everything_is_one_class(data):
    for number in range(40):
        for name in ("surname", "sex", "date_of_birth"):
            data.fields(number)[name] = "A"
    report = data.check()
    assert _found(report)["one_class"] == ["`date_of_birth`, `sex`, `surname`"]
    assert report.stops


def test_too_few_documents_stop_and_a_fault_can_be_allowed(data):
    data.lines = data.lines[:6]
    report = data.check(allow=["unlisted_image"])
    assert any(where.startswith("train") for where in _found(report)["too_few"]) and report.stops
    assert not data.check(allow=["too_few"]).stops


def test_an_empty_folder_is_no_data_set(tmp_path):
    _, report = checks.check(tmp_path, TYPE)
    assert set(_found(report)) == {"no_metadata"} and report.stops


def test_splits_hang_on_labels_alone(data):
    data.write()
    before = {record.fields["surname"]: record.split for record in donut.split(donut.read(data.folder)[0])}
    for number in range(40):
        (data.folder / f"{number}.png").rename(data.folder / f"again-{number}.png")
        data.lines[number]["file_name"] = f"again-{number}.png"
    data.write(list(reversed(data.lines)))
    records = donut.split(donut.read(data.folder)[0])
    assert {record.fields["surname"]: record.split for record in records} == before
    assert sorted(before.values()).count("test") == 4 and sorted(before.values()).count("validation") == 4


def test_the_digest_follows_content_and_not_names(data):
    data.write()
    digest = donut.data_set_digest(donut.read(data.folder)[0])
    (data.folder / "0.png").rename(data.folder / "zero.png")
    data.lines[0]["file_name"] = "zero.png"
    data.write()
    assert donut.data_set_digest(donut.read(data.folder)[0]) == digest
    data.fields(0)["sex"] = "X"
    data.write()
    assert donut.data_set_digest(donut.read(data.folder)[0]) != digest


def test_the_report_tells_no_values(data):
    data.fields(0)["surname"] = "SECRETNAME"
    data.fields(0)["sex"] = ""
    report = data.check()
    assert "SECRETNAME" not in report.as_text() + json.dumps(report.as_json())
    assert {fault["kind"] for fault in report.as_json()["faults"]} <= KINDS.keys()


def _command(*arguments: object):
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_the_command_says_what_is_wrong_and_fails(data):
    data.write()
    arguments = ("check", "--dataset", data.folder, "--document-type", TYPE)
    good = _command(*arguments)
    assert good.exit_code == 0 and "nothing stands against training" in good.stdout
    (data.folder / "3.png").unlink()
    broken = _command(*arguments)
    assert broken.exit_code == 1 and "FAULT: missing_image" in broken.stdout and "3.png (./metadata.jsonl:4)" in broken.stdout
    assert json.loads(_command(*arguments, "--json").stdout)["faults"][0] == {"kind": "missing_image", "stops": True, "where": "3.png (./metadata.jsonl:4)"}
    assert _command(*arguments, "--allow", "missing_image").exit_code == 0
    trained = _command("adapter", "--dataset", data.folder, "--document-type", TYPE, "--out", data.folder / "out", "--run", data.folder / "run")
    assert trained.exit_code == 1 and "training must not start" in trained.stdout and not (data.folder / "out").exists()


def test_errors_are_one_line(data, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["dossier-train", "fleet", str(data.folder / "none.toml")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("dossier-train: ") and "none.toml" in said and said.count("\n") == 1


def test_pages_of_one_document_stay_together(tmp_path):
    lines = []
    for number in range(12):
        for page, fields in ((1, {"surname": f"DOE{number}", "sex": "FM"[number % 2]}), (2, {"authority": f"OFFICE {number}", "height": f"{number + 100} CM"})):
            name = f"{number:03d}-page-{page}.png"
            _image(number * 2 + page).save(tmp_path / name)
            lines.append(json.dumps({"file_name": name, "ground_truth": json.dumps({"gt_parse": fields})}))
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines))
    records, report = checks.check(tmp_path, TYPE)
    assert not report.stops, report.as_text()
    splits = {}
    for record in records:
        splits.setdefault(record.document, set()).add(record.split)
    assert all(len(names) == 1 for names in splits.values()) and len(splits) == 12


def test_a_holder_in_other_splits_of_types_that_are_learnt_together_is_found(data):
    data.write()
    records, _ = checks.check(data.folder, TYPE)
    other = [replace(record, document_type="utopia/permit/2023") for record in records]
    assert checks.leakage_across({TYPE: records, "utopia/permit/2023": other}) == []
    read = next(record for record in records if record.split == "test")
    moved = [replace(record, split="train") if record.name == read.name else record for record in other]
    [(name, fault)] = checks.leakage_across({TYPE: records, "utopia/permit/2023": moved})
    assert name == "utopia/permit/2023" and fault.kind == "leakage" and fault.stops
    assert fault.where == f"utopia/permit/2023: {read.name} (train) and {TYPE}: {read.name} (test)"
