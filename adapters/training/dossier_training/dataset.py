"""Writes documents to disk: a data set in Donut's form, or samples a document a folder.

    python -m dossier_training.dataset --type utopia/passport/2024 --count 200 --seed 1 --out DIR [--samples [jpg]] [--capture clean]

Donut's form is `metadata.jsonl`, a line a page: `{"file_name", "ground_truth": "{\\"gt_parse\\": {...}}"}`.
Beside it, `places.jsonl` tells where each character stands, as shares of width and height; Donut needs
no such thing, and what learns from it reads without it too.
A sample folder holds `page-1.png` (`page-2.png`) and `truth.json` with `{"fields": {...}, "places": {...}}`: of each
field its page, from 1, and its corners in pixels; of a photograph also `pages`, the corners of each; `barcodes`, what
those on its pages hold, where there are any.
"""

import argparse
import functools
import hashlib
import itertools
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dossier_training import photograph
from dossier_training.document_types import DOCUMENT_TYPES, GENERATED
from dossier_training.documents import random_document
from dossier_training.framing import Framing
from dossier_training.page import LEVELS, Capture, Glyph, Page
from dossier_training.places import corners_around

# Training draws its seeds from below this; evaluation and samples from above.
FIRST_HELD_OUT_SEED = 900_000_000
_SAVED_WITH: dict[str, dict[str, bool | int]] = {"png": {"optimize": True}, "jpg": {"quality": 90}}

@dataclass(frozen=True)
class CapturedPage:
    """One page as it was captured, with its truth and where its characters stand."""

    image: Image.Image
    fields: dict[str, str]
    glyphs: list[Glyph]
    # Of the page in pixels of the image, as it is read, where it does not fill it.
    corners: np.ndarray | None = None
    # Source and content of each.
    barcodes: Sequence[tuple[str, str]] = ()


def captured_documents(type_name: str, count: int, seed: int, captures: Sequence[str] = ("clean",)) -> Iterator[list[CapturedPage]]:
    """`count` documents, each captured at a level drawn from `captures`.

    The base never draws these; a fleet trains on seeds of its own.
    """
    make = random_document if type_name == "random" else GENERATED[type_name]
    rng = np.random.default_rng([FIRST_HELD_OUT_SEED, seed])
    for _ in range(count):
        document = make(rng)
        level = captures[0] if len(captures) == 1 else captures[int(rng.integers(len(captures)))]
        yield [_captured(page, fields, level, rng) for page, fields in zip(document.pages, document.fields, strict=True)]


def _captured(page: Page, fields: dict[str, str], level: str, rng: np.random.Generator) -> CapturedPage:
    if level == photograph.LEVEL:
        taken = photograph.Photograph.of(page, rng)
        return CapturedPage(taken.image, fields, taken.glyphs, taken.corners, page.barcodes)
    image, glyphs = Capture.draw(rng, level).apply(page, rng)
    return CapturedPage(image, fields, glyphs, barcodes=page.barcodes)


def generator_digest(type_name: str, seed: int, captures: Sequence[str]) -> str:
    """A digest of what the generator would draw, by its first documents: it changes with code, fonts and libraries."""
    return _generator_digest(type_name, seed, tuple(captures))


# Cached, for those who keep what they measured ask for it beside `drawn`, and code and fonts stay while a process runs.
@functools.cache
def _generator_digest(type_name: str, seed: int, captures: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for pages in captured_documents(type_name, 4, seed, captures):
        for page in pages:
            digest.update(page.image.tobytes() + json.dumps(page.fields, ensure_ascii=False).encode())
    return f"sha256:{digest.hexdigest()}"


def _places(page: CapturedPage) -> dict[str, list[list[float] | None]]:
    places: dict[str, list[list[float] | None]] = {name: [None] * len(text) for name, text in page.fields.items()}
    framing = Framing.of(*page.image.size)
    for glyph in page.glyphs:
        if glyph.field in places:
            places[glyph.field][glyph.index] = [round(share, 5) for share in framing.back(glyph.x, glyph.y)]
    return places


def _corners(page: CapturedPage) -> dict[str, list[list[float]]]:
    framing, (width, height) = Framing.of(*page.image.size), page.image.size
    corners = {name: corners_around([glyph for glyph in page.glyphs if glyph.field == name]) for name in page.fields}
    return {
        name: [[round(across * width, 1), round(down * height, 1)] for across, down in (framing.back(*corner) for corner in four)]
        for name, four in corners.items()
        if four
    }


def write_donut(documents: Iterator[list[CapturedPage]], folder: Path) -> None:
    """Writes a data set in Donut's form."""
    folder.mkdir(parents=True, exist_ok=True)
    metadata, places = [], []
    for number, pages in enumerate(documents):
        for index, page in enumerate(pages, 1):
            name = f"{number:06d}-page-{index}.png"
            # Grain does not compress: more effort costs time and saves nothing.
            page.image.save(folder / name, compress_level=1)
            truth = json.dumps({"gt_parse": page.fields}, ensure_ascii=False)
            metadata.append(json.dumps({"file_name": name, "ground_truth": truth}, ensure_ascii=False))
            places.append(json.dumps({"file_name": name, "places": _places(page)}, ensure_ascii=False))
    (folder / "places.jsonl").write_text("\n".join(places) + "\n")
    (folder / "metadata.jsonl").write_text("\n".join(metadata) + "\n")


def drawn(folder: Path, type_name: str, count: int, seed: int, captures: Sequence[str] = ("clean",)) -> Path:
    """`folder`, with these documents in Donut's form; they are drawn once, and again when the generator would draw others."""
    drawn_by, digest = folder / "drawn-by", generator_digest(type_name, seed, captures)
    if not drawn_by.exists() or drawn_by.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        write_donut(captured_documents(type_name, count, seed, captures), folder)
        drawn_by.write_text(digest)
    return folder


def write_samples(documents: Iterator[list[CapturedPage]], folder: Path, suffix: str = "png") -> None:
    """Writes a folder a document; `jpg` takes a fifth of the room of `png`."""
    options = _SAVED_WITH[suffix]
    for number, pages in enumerate(documents, 1):
        sample = folder / str(number)
        sample.mkdir(parents=True, exist_ok=True)
        for index, page in enumerate(pages, 1):
            page.image.save(sample / f"page-{index}.{suffix}", **options)
        fields = {name: text for page in pages for name, text in page.fields.items()}
        places = {name: {"page": number, "corners": corners} for number, page in enumerate(pages, 1) for name, corners in _corners(page).items()}
        outlines = {"pages": [page.corners.round(1).tolist() for page in pages if page.corners is not None]} if pages[0].corners is not None else {}
        found = [{"source": source, "page": number, "content": content} for number, page in enumerate(pages, 1) for source, content in page.barcodes]
        barcodes = {"barcodes": found} if found else {}
        (sample / "truth.json").write_text(json.dumps({"fields": fields, **barcodes, "places": places, **outlines}, ensure_ascii=False, indent=2) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--type", choices=[*GENERATED, "random", "all"], nargs="+", required=True, help="`all` has every type but those that are read by their zone alone")
    parser.add_argument("--without", choices=DOCUMENT_TYPES, nargs="+", default=[], help="types to leave out")
    parser.add_argument("--count", type=int, required=True, help="documents of each type")
    parser.add_argument("--seed", type=int, nargs="+", required=True, help="of several, --count documents of each type for each seed")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--capture", choices=[*LEVELS, photograph.LEVEL], nargs="+", default=["clean"], help="how the pages were photographed; of several, one is drawn a document")
    parser.add_argument("--samples", choices=("png", "jpg"), nargs="?", const="png", help="a folder a document instead of one metadata.jsonl, and what its pages are saved as")
    options = parser.parse_args()
    names = [one for name in options.type for one in (DOCUMENT_TYPES if name == "all" else [name]) if one not in options.without]
    documents = itertools.chain.from_iterable(captured_documents(name, options.count, seed, options.capture) for seed in options.seed for name in names)
    if options.samples:
        write_samples(documents, options.out, options.samples)
    else:
        write_donut(documents, options.out)


if __name__ == "__main__":
    main()
