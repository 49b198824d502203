"""Photographs of pages: where text stands in them, and what is told of it."""

import json

import numpy as np
import pytest
from dossier_training import fonts
from dossier_training.dataset import captured_documents, write_samples
from dossier_training.framing import Framing
from dossier_training.locate import grounds
from dossier_training.page import Ink, Page
from dossier_training.photograph import LEVEL, Photograph
from PIL import Image


@pytest.fixture(autouse=True)
def _one_ground(monkeypatch, tmp_path_factory):
    """Photographs come from packages that not every machine has."""
    path = tmp_path_factory.mktemp("grounds") / "ground.png"
    noise = np.random.default_rng(2).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((800, 600)).save(path)
    monkeypatch.setattr(grounds, "_photographs", lambda: (path,))


def _marked_page() -> Page:
    """White, with one black block near each corner."""
    page = Page((255, 255, 255))
    ink = Ink(fonts.OCR_B, 16, (0, 0, 0))
    for index, (x, y) in enumerate([(30, 30), (340, 30), (340, 215), (30, 215)]):
        page.value(x, y, "M", ink, "surname", index)
        page.draw.rectangle([v * 2 for v in (x - 6, y - 6, x + 22, y + 24)], fill=(0, 0, 0))
    return page


@pytest.mark.parametrize("seed", range(6))
def test_each_character_stands_where_it_is_said_to(seed):
    taken = Photograph.of(_marked_page(), np.random.default_rng([4, seed]))
    width, height = taken.image.size
    pixels = np.asarray(taken.image.convert("L")).astype(float)
    framing = Framing.of(width, height)
    middle = taken.corners.mean(0)
    paper = np.median(pixels[int(middle[1]) - 8 : int(middle[1]) + 9, int(middle[0]) - 8 : int(middle[0]) + 9])
    darker = 0
    for glyph in taken.glyphs:
        x, y = framing.back(glyph.x, glyph.y)
        assert 0 < x < 1 and 0 < y < 1
        column, row = int(x * width), int(y * height)
        darker += pixels[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].mean() < 0.8 * paper
    # A finger may lie on one of them.
    assert darker >= 3


def test_the_corners_are_those_of_the_page_as_it_is_read():
    taken = Photograph.of(_marked_page(), np.random.default_rng([4, 1]))
    framing = Framing.of(*taken.image.size)
    for glyph, corner in zip(taken.glyphs, taken.corners, strict=True):
        x, y = framing.back(glyph.x, glyph.y)
        away = np.hypot(*(np.array([x * taken.image.width, y * taken.image.height]) - taken.corners).T)
        assert away.argmin() == [index for index, other in enumerate(taken.corners) if (other == corner).all()][0]


def test_samples_tell_where_the_page_is(tmp_path):
    write_samples(captured_documents("utopia/passport/2024", 2, 5, (LEVEL,)), tmp_path, "jpg")
    for number in (1, 2):
        truth = json.loads((tmp_path / str(number) / "truth.json").read_text())
        assert np.array(truth["pages"]).shape == (1, 4, 2)
        assert set(truth["places"]) <= set(truth["fields"]) and "mrz" in truth["places"]
