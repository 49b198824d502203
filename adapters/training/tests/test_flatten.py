"""Photographs become pages by the host's own code."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY, host_program
from PIL import Image

from dossier_training.factory import donut
from dossier_training.factory.flatten import LocatingFailed, flatten

FIXTURES = REPOSITORY / "tests/fixtures"


@pytest.fixture
def photographs(tmp_path):
    """Two photographs, a page that fills its picture, and a picture of nothing."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    lines, places = [], []
    for number in (1, 2):
        sample = FIXTURES / f"photographs/{number}"
        [picture] = sample.glob("page-1.*")
        truth = json.loads((sample / "truth.json").read_text())
        name = f"{number}-page-1{picture.suffix}"
        shutil.copy(picture, folder / name)
        with Image.open(picture) as image:
            size = np.array(image.size)
        lines.append({"file_name": name, "ground_truth": json.dumps({"gt_parse": truth["fields"]})})
        first = np.array(truth["places"]["surname"]["corners"][0]) / size
        places.append({"file_name": name, "places": {"surname": [list(first), None]}})
    shutil.copy(FIXTURES / "documents/utopia/passport/2024/5/page-1.png", folder / "3-page-1.png")
    Image.new("RGB", (800, 600), (90, 110, 100)).save(folder / "4-page-1.png")
    lines += [{"file_name": f"{number}-page-1.png", "ground_truth": json.dumps({"gt_parse": {"surname": "X"}})} for number in (3, 4)]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "places.jsonl").write_text("".join(json.dumps(line) + "\n" for line in places))
    return folder


def test_pages_are_laid_flat_and_what_shows_none_is_named(photographs, tmp_path):
    flattened = flatten(photographs, tmp_path / "pages", host_program(), REPOSITORY)
    assert len(flattened.laid_flat) == 2 and flattened.as_they_were == ["3-page-1.png"] and flattened.no_page == ["4-page-1.png"]
    assert "left out, no page found: 4-page-1.png" in flattened.as_text()
    records, faults = donut.read(tmp_path / "pages")
    assert [record.name for record in records] == ["1-page-1.png", "2-page-1.png", "3-page-1.png"] and not faults
    assert (tmp_path / "pages/3-page-1.png").read_bytes() == (photographs / "3-page-1.png").read_bytes()
    for record in records[:2]:
        with Image.open(record.file) as image:
            assert image.width > image.height
        # Where the surname begins on the page, upright: right of the photograph, in the upper half.
        assert record.places is not None and record.places["surname"][1] is None
        across, down = record.places["surname"][0]
        assert 0.25 < across < 0.6 and 0.1 < down < 0.5


def test_a_program_that_does_not_run_is_told_and_leaves_nothing(photographs, tmp_path):
    with pytest.raises((LocatingFailed, OSError)):
        flatten(photographs, tmp_path / "pages", Path("/bin/false"), REPOSITORY)
    assert not (tmp_path / "pages").exists()
