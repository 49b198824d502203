"""Data sets of the judge's pages, in the form that adapters/training/README.md describes."""

import json
import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

from capture import LEVELS, Captured
from pages import documents
from pages.browser import Browser
from pages.sheet import Placed, opened

MOST_PAGES = 5000
# The issue's own measurement had 40 of 250 in its test.
_TEST, _VALIDATION = 0.16, 0.10


def splits(pages: int) -> list[str]:
    """Which split each page goes into."""
    test, validation = max(1, round(pages * _TEST)), max(1, round(pages * _VALIDATION))
    return ["test"] * test + ["validation"] * validation + ["train"] * (pages - test - validation)


def _outline(placed: Placed) -> list[list[float]]:
    """One figure around all lines of a field; of one line its own, which is turned as the line is."""
    if len(placed.quads) == 1:
        return placed.quads[0]
    xs, ys = [x for quad in placed.quads for x, _ in quad], [y for quad in placed.quads for _, y in quad]
    return [[min(xs), min(ys)], [max(xs), min(ys)], [max(xs), max(ys)], [min(xs), max(ys)]]


def _rounded(points: list[tuple[float, float]], digits: int = 2) -> list[list[float]]:
    return [[round(x, digits), round(y, digits)] for x, y in points]


def records(name: str, document_type: str, level: str, page_mm: tuple[float, float], captured: Captured) -> tuple[dict[str, Any], ...]:
    """A page's lines of metadata.jsonl, places.jsonl and truth.jsonl."""
    width, height = captured.size
    fields = captured.page.fields
    label = {field: placed.text for field, placed in fields.items()}
    places = {
        field: _rounded([(x / width, y / height) for x, y in captured.project([(x, y) for _, x, y in placed.characters])], 5)
        for field, placed in fields.items()
    }
    truth = {
        field: {
            "text": placed.text,
            "polygon": _rounded(captured.project([tuple(p) for p in _outline(placed)])),
            "lines": [_rounded(captured.project([tuple(p) for p in quad])) for quad in placed.quads],
            "capital_height_mm": round(placed.cap_mm, 3),
        }
        for field, placed in fields.items()
    }
    return (
        {"file_name": name, "ground_truth": json.dumps({"gt_parse": label}, ensure_ascii=False)},
        {"file_name": name, "places": places},
        {"file_name": name, "document_type": document_type, "level": level, "size": [width, height], "page_mm": list(page_mm),
         "corners": _rounded(captured.corners()), "conditions": captured.conditions, "fields": truth},
    )  # fmt: skip


def page(browser: Browser, document_type: str, level: str, seed: int, index: int) -> tuple[tuple[float, float], Captured]:
    """One page by its number alone: its size in millimetres, and its picture."""
    sheet = documents.ALL[document_type](Random(f"{document_type}/{seed}/{index}"))
    size = (sheet.width, sheet.height)
    return size, LEVELS[level](Random(f"{document_type}/{level}/{seed}/{index}"), lambda pixels: sheet.draw(browser, pixels), size)


def make(out: Path, document_type: str, pages: int, level: str, seed: int) -> None:
    """Writes a data set; `out` appears whole, or not at all."""
    if not 4 <= pages <= MOST_PAGES:
        raise ValueError(f"{pages} pages: 4 to {MOST_PAGES} can be made")
    if out.exists():
        raise FileExistsError(f"{out} is there already")
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    lines: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with Browser() as browser:
        opened(browser)
        for index, split in enumerate(splits(pages)):
            name = f"{index:06}.jpg"
            size, captured = page(browser, document_type, level, seed, index)
            folder = part / split
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(captured.jpeg)
            for file, record in zip(("metadata", "places", "truth"), records(name, document_type, level, size, captured)):
                lines.setdefault((split, file), []).append(record)
    for (split, file), told in lines.items():
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in told)
        (part / split / f"{file}.jsonl").write_text(text, encoding="utf-8")
    os.rename(part, out)
