"""Sheets full of text in every size, typeface and script: the densest lesson there is, up to a thousand characters each."""

import numpy as np

from dossier_training.page import Colour, colour_of
from dossier_training.typeset import phrases, security, typefaces
from dossier_training.typeset.sheet import Ink, Sheet

SMALLEST, LARGEST = 8.5, 30.0


def ground(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """A ground, and an ink that can be told from it."""
    if rng.random() < 0.07:
        low = int(rng.integers(10, 110))
        return _colour(rng, low, low + 40), _colour(rng, 190, 256)
    light = int(rng.integers(150, 235))
    paper = _colour(rng, light, 256)
    darkest = max(40, int(min(paper)) - 75)
    top = int(rng.integers(20, min(150, darkest) + 1))
    return paper, _colour(rng, max(0, top - 70), top + 1)


def _colour(rng: np.random.Generator, low: int, high: int) -> Colour:
    return colour_of(rng.integers(low, high, 3))


def size(rng: np.random.Generator, smallest: float = SMALLEST, largest: float = LARGEST) -> float:
    """An em in pixels: half of them from 9 to 16, the rest anywhere."""
    middle = max(9, smallest), min(16, largest)
    if rng.random() < 0.55 and middle[0] < middle[1]:
        return float(rng.uniform(*middle))
    return float(np.exp(rng.uniform(np.log(smallest), np.log(largest))))


def text_sheet(rng: np.random.Generator, width: float, height: float, sizes: tuple[float, float] = (SMALLEST, LARGEST)) -> Sheet:
    """Lines of text, each in an ink of its own, and between them lines set as machine-readable zones are."""
    paper, colour = ground(rng)
    sheet = Sheet(width, height, paper)
    security.under(rng, sheet)
    y = float(rng.uniform(1, 8))
    while y < height - 8:
        em = size(rng, *sizes)
        if y + em > height - 1:
            break
        if rng.random() < 0.16:
            _zone_line(rng, sheet, y, em, colour)
        else:
            _text_line(rng, sheet, y, em, colour)
        y += em * float(rng.uniform(1.12, 1.7))
    security.over(rng, sheet)
    return sheet


def _zone_line(rng: np.random.Generator, sheet: Sheet, y: float, em: float, colour: Colour) -> None:
    em = max(em, 9.0)
    pitch = em * float(rng.uniform(0.54, 0.78))
    count = int(min(rng.choice([30, 36, 44]), (sheet.width - 8) // pitch))
    typeface = str(rng.choice(["OCRB", "OCRBF", "OCRBL", "OCRB"])) if rng.random() < 0.85 else str(rng.choice(typefaces.KINDS["monospaced"][0]))
    x = float(rng.uniform(2, max(3.0, sheet.width - pitch * count - 2)))
    sheet.spaced(x, y, phrases.zone_like(rng, count), pitch, Ink(typeface, em, colour))


def _text_line(rng: np.random.Generator, sheet: Sheet, y: float, em: float, colour: Colour) -> None:
    script = phrases.script(rng)
    tracking = float(rng.uniform(0.1, 0.12 * em)) if rng.random() < 0.12 else 0.0
    ink = Ink(typefaces.draw(rng), em, colour, tracking)
    x = float(rng.uniform(2, 24))
    for _ in range(40):
        text = phrases.any_text(rng, script)
        if not typefaces.covers(ink.typeface, text):
            ink = Ink(typefaces.draw(rng), em, colour, tracking)
            if not typefaces.covers(ink.typeface, text):
                text = phrases.number(rng)
                if not typefaces.covers(ink.typeface, text):
                    continue
        room = sheet.width - 3 - x
        while text and ink.width(text, sheet.scale) > room:
            text = text[: max(0, min(len(text) - 1, int(room / em * 2)))].rstrip()
        if len(text) < 2:
            return
        x = sheet.text(x, y, text, ink) + em * float(rng.uniform(0.5, 3))
        if x > sheet.width - 2 * em:
            return
