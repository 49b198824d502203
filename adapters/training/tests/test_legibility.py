"""What a base can't read of a data set is said before anything is trained."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from dossier_training.factory import checks, donut, print_size
from dossier_training.factory.cli import app
from dossier_training.factory.legibility import Reader
from dossier_training.reach import FILE, Reach
from dossier_training.typeset import typefaces

BASES = Path(__file__).parents[2] / "base"
TYPE = "utopia/licence/2022"
CAPITALS = Reach(frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789."), 11)
NAMES = ("ANDERSON", "BLUMENTHAL", "KOWALSKI", "ROSENBERG", "FITZGERALD", "LINDQVIST", "MARTINEZ", "OYELARAN")


def _page(rng: np.random.Generator, number: int, em: int, width: int, name: str) -> tuple[Image.Image, dict[str, str]]:
    """A card of 384 by 256, or as large as it is wide: captions in small print, a name and a number in `em` pixels of a page of 384."""
    scale = width / 384
    picture = Image.new("RGB", (width, round(256 * scale)), (236, 233, 222))
    draw = ImageDraw.Draw(picture)
    value = typefaces.face("DejaVuSans", round(em * scale))
    caption = typefaces.face("DejaVuSans", round(6 * scale))
    fields = {"surname": name, "document_number": f"X{rng.integers(10**7, 10**8)}"}
    for line, (title, text) in enumerate(zip(("SURNAME / NOM", "NUMBER / NO"), fields.values(), strict=True)):
        top = (40 + 60 * line) * scale
        draw.text((150 * scale, top), title, fill=(60, 60, 90), font=caption)
        draw.text((150 * scale, top + 12 * scale), text, fill=(20, 20, 30), font=value)
    noise = rng.normal(0, 4, (*picture.size[::-1], 1))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)), fields


def _data_set(folder: Path, em: int, width: int = 768, lower: bool = False) -> Path:
    rng = np.random.default_rng(em)
    lines = []
    for number in range(24):
        name = f"{NAMES[number % len(NAMES)]} {NAMES[(number // len(NAMES) + 3) % len(NAMES)]}"
        picture, fields = _page(rng, number, em, width, name.title() if lower else name)
        picture.save(folder / f"{number}.png")
        lines.append(json.dumps({"file_name": f"{number}.png", "ground_truth": json.dumps({"gt_parse": fields})}))
    (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def _kinds(folder: Path, reader: Reader) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in checks.check(folder, TYPE, reader=reader)[1].faults:
        found.setdefault(fault.kind, []).append(fault.where)
    return found


@pytest.mark.parametrize("em", [7, 10, 14, 20])
def test_the_em_of_values_is_found_among_smaller_captions(tmp_path, em):
    records, _ = donut.read(_data_set(tmp_path, em))
    found = print_size.ems(records, 384)
    # The number has nine characters always, as a caption has: nothing tells them apart.
    assert set(found) == {"surname"}
    assert abs(found["surname"] - em) <= 0.12 * em + 0.6, found


def test_print_that_is_too_small_is_named_with_what_to_do(tmp_path):
    folder = _data_set(tmp_path, 6)
    found = _kinds(folder, Reader(width=384, reach=CAPITALS, base="b"))["small_print"]
    (where,) = found
    assert where.startswith("surname: ") and "--page-size" in where
    assert "small_print" not in _kinds(folder, Reader(width=768, reach=CAPITALS, base="b"))


def test_pictures_without_the_pixels_are_to_be_taken_anew(tmp_path):
    found = _kinds(_data_set(tmp_path, 7, width=512), Reader(width=384, reach=CAPITALS, base="b"))
    assert all("higher resolution" in where for where in found["small_print"]), found


def test_letters_that_are_known_and_not_learnt_are_named_by_field(tmp_path):
    folder = _data_set(tmp_path, 14, lower=True)
    (where,) = _kinds(folder, Reader(width=384, reach=CAPITALS, base="b"))["unlearnt_letter"]
    assert where.startswith("surname: in 100% of its labels: U+0061 "), where
    everything = replace(CAPITALS, letters=CAPITALS.letters | set("abcdefghijklmnopqrstuvwxyz"))
    assert not {"unlearnt_letter", "small_print"} & set(_kinds(folder, Reader(width=384, reach=everything, base="b")))


def test_a_base_that_says_nothing_is_a_note(tmp_path):
    report = checks.check(_data_set(tmp_path, 6), TYPE, reader=Reader(width=384, base="foreign"))[1]
    (fault,) = [fault for fault in report.faults if fault.kind == "reach_unknown"]
    assert fault.where == f"foreign has no {FILE}"
    assert not report.stops


def test_shipped_bases_say_what_they_read():
    small, reader = (Reader.of(BASES / name) for name in ("dossier-small", "dossier-reader"))
    assert small.reach and reader.reach
    assert small.reach.letters < reader.reach.letters
    assert "a" not in small.reach.letters
    for each in (small, reader):
        assert each.reach.letters <= set(each.tokens.tokens)
    assert Reader.of(BASES / "dossier-small", (768, 512)).width == 768


def test_the_command_says_it(tmp_path):
    folder = str(_data_set(tmp_path, 6, lower=True))
    told = CliRunner().invoke(app, ["check", "--dataset", folder, "--document-type", TYPE, "--json"])
    kinds = {fault["kind"] for fault in json.loads(told.stdout)["faults"]}
    assert {"small_print", "unlearnt_letter"} <= kinds and told.exit_code == 1
    told = CliRunner().invoke(app, ["check", "--dataset", folder, "--document-type", TYPE, "--page-size", "768x512", "--allow", "unlearnt_letter"])
    assert "small_print" not in told.stdout and told.exit_code == 0, told.stdout
