"""Pages full of text, for the encoder's first lessons: some 400 characters a page, of no field at all."""

import numpy as np

from dossier_training import fonts, numbers, people, vocabulary
from dossier_training.page import HEIGHT, WIDTH, Ink, Page, colour_of

_PUNCTUATION = "<<<---../'' ,"
_NARROW = "IIIJJ1117LT''-.</"


def _string(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.25:
        return people.alphanumerics(rng, int(rng.integers(3, 14)))
    if kind < 0.4:
        return numbers.fill(rng, numbers.random_shape(rng, 3, 12))
    if kind < 0.6:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + _NARROW + _PUNCTUATION + vocabulary.ACCENTED
        return "".join(alphabet[int(i)] for i in rng.integers(0, len(alphabet), int(rng.integers(3, 12)))).strip()
    if kind < 0.7:
        return people.date_text(people.person(rng).birth, str(rng.choice(people.DATE_FORMS)))
    return people.any_text(rng, 24, 2)


def _mrz_like(rng: np.random.Generator, length: int) -> str:
    text = ""
    while len(text) < length:
        text += people.alphanumerics(rng, int(rng.integers(1, 10))) if rng.random() < 0.7 else "<" * int(rng.integers(1, 6))
    return text[:length]


def text_page(rng: np.random.Generator) -> Page:
    """A page of text lines in random fonts, a third of them set as MRZ lines."""
    background = colour_of(rng.integers(170, 252, 3))
    page = Page(background)
    page.guilloche(rng, int(rng.integers(0, 8)), 40)
    y = float(rng.uniform(2, 8))
    while y < HEIGHT - 18:
        colour = colour_of(rng.integers(0, 90, 3))
        if rng.random() < 0.35:
            count, ink = int(rng.choice([30, 36, 44])), Ink(fonts.OCR_B, float(rng.uniform(12.5, 15)), colour)
            pitch = float(rng.uniform(7.9, (WIDTH - 16) / count)) if count > 36 else float(rng.uniform(8, 11))
            page.spaced(float(rng.uniform(3, max(4, WIDTH - pitch * count - 3))), y, _mrz_like(rng, count), pitch, ink, None)
        else:
            tracking = float(rng.uniform(0.2, 2)) if rng.random() < 0.2 else 0.0
            ink = Ink(str(rng.choice(fonts.MORE_TEXT_FONTS + (fonts.OCR_B,))), float(rng.uniform(10, 15.5)), colour, tracking)
            x = float(rng.uniform(3, 30))
            while x < WIDTH - 60:
                text = _string(rng)
                if not fonts.covers(ink.font, text):
                    text = people.alphanumerics(rng, 8)
                if x + ink.width(text) > WIDTH - 4:
                    break
                x = page.value(x, y, text, ink, None) + float(rng.uniform(8, 40))
        y += float(rng.uniform(16, 22))
    return page
