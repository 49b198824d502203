"""Machine-readable zones cut out of a page at the picture's own resolution, to be read a second time.

As many tokens as a page of 384 x 256 pixels. No lower than 144 pixels: at 8 rows of tokens the encoder's windows
would no longer be shifted, and Hugging Face's classes would keep that for every later picture.
"""

import numpy as np

from dossier_training.page import Colour, colour_of
from dossier_training.typeset import phrases, security, typefaces, zones
from dossier_training.typeset.sheet import Ink, Sheet
from dossier_training.typeset.text_sheets import ground

WIDTH, HEIGHT = 512, 192


def strip(rng: np.random.Generator) -> tuple[Sheet, dict[str, str]]:
    """A zone with what stands around it, or, now and then, a piece of a page without one."""
    paper, ink = ground(rng)
    sheet = Sheet(WIDTH, HEIGHT, paper, scale=1.25)
    security.under(rng, sheet)
    text = zones.zone(rng)
    lines = text.split("\n")
    pitch = float(rng.uniform(0.8, 0.99)) * (WIDTH - 10) / max(30, len(lines[0]))
    em = pitch * float(rng.uniform(1.3, 1.75))
    line_pitch = min(em * float(rng.uniform(1.05, 1.6)), (HEIGHT - 10) / len(lines))
    depth = line_pitch * (len(lines) - 1) + em
    top = float(rng.uniform(4, max(5, HEIGHT - depth - 4)))
    if rng.random() < 0.4:
        sheet.draw.rectangle([0, (top - em * 0.6) * sheet.scale, sheet.image.width, sheet.image.height], fill=security.mixed(paper, (255, 255, 255), float(rng.uniform(0.2, 0.9))))
    _lines_above(rng, sheet, top - 4, ink)
    shown = rng.random() < 0.93
    if shown:
        face = zones.typeface(rng)
        x = float(rng.uniform(3, max(4, WIDTH - pitch * len(lines[0]) - 3)))
        sheet.zone(x, top, text, pitch, line_pitch, Ink(face, em, colour_of(min(100, c) for c in ink)))
    security.over(rng, sheet)
    return sheet, {"mrz": text} if shown else {}


def _lines_above(rng: np.random.Generator, sheet: Sheet, bottom: float, ink: Colour) -> None:
    """What the page says just above its zone: large, since the strip is enlarged."""
    y = float(rng.uniform(-14, 20))
    while y < bottom:
        em = float(rng.uniform(10, 28))
        text, face = phrases.any_text(rng, "latin"), typefaces.draw(rng)
        if y + em < bottom and rng.random() < 0.7 and typefaces.covers(face, text):
            sheet.text(float(rng.uniform(2, WIDTH * 0.6)), y, text, Ink(face, em, ink))
        y += em * float(rng.uniform(1.2, 2.5))
