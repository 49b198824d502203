"""A document: what stands on its pages.

A layout places fields; a document is a layout filled in. The shipped document types are layouts of
their own (`document_types/`); the base is trained on random ones only (`documents.py`).
"""

from dataclasses import dataclass

import numpy as np

from dossier_training.page import Ink, Page


@dataclass(frozen=True)
class Document:
    """The drawn pages, and for each page its fields and their values in reading order."""

    pages: list[Page]
    fields: list[dict[str, str]]


CATEGORY_CODES = ("AM", "A1", "A2", "A", "B1", "B", "C1", "C", "D1", "D", "BE", "CE", "T")


def categories(rng: np.random.Generator) -> str:
    """Driving-licence categories in their usual order."""
    chosen = sorted(rng.choice(len(CATEGORY_CODES), int(rng.integers(1, 6)), replace=False))
    return " ".join(CATEGORY_CODES[i] for i in chosen)


def draw_mrz(page: Page, text: str, x: float, y: float, line_pitch: float, character_pitch: float, ink: Ink) -> None:
    """Draws the lines of an MRZ; indices count the line breaks, as the field's text does."""
    start = 0
    for number, line in enumerate(text.split("\n")):
        page.spaced(x, y + number * line_pitch, line, character_pitch, ink, "mrz", start)
        start += len(line) + 1
