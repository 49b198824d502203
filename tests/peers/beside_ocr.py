"""Documents read side by side: this host against OCR with templates, on the same images.

    apt-get install tesseract-ocr
    pip install -r adapters/training/requirements.txt pytesseract==0.3.13 rapidocr==3.10.0 onnxruntime mrz==0.6.2
    cargo build --workspace --bins
    python tests/peers/beside_ocr.py --dossier target/debug/dossier --documents tests/fixtures/documents --out tests/peers/beside_ocr.json

An OCR engine reads lines; which line is which field it does not know. It is told by a template, as such
systems are built: the box of each line of each field, learnt here from pages that the generator drew (median of where
the field's characters stand, with a margin) and never from the pages that are read. The zone of a
document is two or three such lines; the `mrz` package tells whether its check digits hold.
Every peer reads the same PNG files. Ours are read through HTTP.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import requests
from PIL import Image

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "adapters" / "training"))
sys.path.insert(0, str(REPOSITORY / "adapters" / "training" / "tests"))

from dossier_training.dataset import captured_documents  # noqa: E402
from dossier_training.document_types import DOCUMENT_TYPES  # noqa: E402
from dossier_training.factory.metrics import character_error_rate  # noqa: E402
from dossier_training.framing import Framing  # noqa: E402

_MARGIN_X, _MARGIN_Y = 0.015, 0.03
_TEMPLATE_DOCUMENTS, _TEMPLATE_SEED = 40, 9_001
_ENLARGED = 2


def template(document_type: str) -> list[dict[tuple[str, int], tuple[float, float, float, float]]]:
    """For each page, the box of each line of each field as shares of width and height."""
    spans: list[dict[tuple[str, int], list[tuple[float, float, float, float]]]] = []
    for pages in captured_documents(document_type, _TEMPLATE_DOCUMENTS, _TEMPLATE_SEED):
        while len(spans) < len(pages):
            spans.append(defaultdict(list))
        for page, boxes in zip(pages, spans):
            places, framing = defaultdict(list), Framing.of(*page.image.size)
            for glyph in page.glyphs:
                if glyph.field in page.fields:
                    line = page.fields[glyph.field].count("\n", 0, glyph.index)
                    places[glyph.field, line].append(framing.back(glyph.x, glyph.y))
            for name, points in places.items():
                xs, ys = zip(*points)
                boxes[name].append((min(xs), min(ys), max(xs), max(ys)))
    # The right edge is that of the longest value seen; the others are where values usually begin.
    edges = (lambda v: np.quantile(v, 0.05), lambda v: np.quantile(v, 0.05), max, lambda v: np.quantile(v, 0.95))
    templates = []
    for boxes in spans:
        page = {}
        for name, found in boxes.items():
            left, top, right, bottom = (float(edge(column)) for edge, column in zip(edges, zip(*found)))
            page[name] = (max(0.0, left - _MARGIN_X), max(0.0, top - _MARGIN_Y), min(1.0, right + _MARGIN_X), min(1.0, bottom + _MARGIN_Y))
        templates.append(page)
    return templates


def crop(image: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """A field's box, enlarged: OCR engines want letters of thirty pixels."""
    width, height = image.size
    part = image.crop((round(box[0] * width), round(box[1] * height), round(box[2] * width), round(box[3] * height)))
    return part.resize((part.width * _ENLARGED, part.height * _ENLARGED), Image.Resampling.BICUBIC)


class Tesseract:
    """Tesseract, a crop a field."""

    def __init__(self) -> None:
        import pytesseract

        self.engine = pytesseract
        self.version = f"tesseract {pytesseract.get_tesseract_version()}"

    def read(self, image: Image.Image, name: str) -> str:
        allowed = " -c tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<" if name == "mrz" else ""
        return self.engine.image_to_string(image, config=f"--psm 7{allowed}")


class RapidOcr:
    """RapidOCR (PaddleOCR's models on ONNX), a crop a field."""

    def __init__(self) -> None:
        import importlib.metadata

        import rapidocr

        self.engine = rapidocr.RapidOCR()
        self.version = f"rapidocr {importlib.metadata.version('rapidocr')}"

    def read(self, image: Image.Image, name: str) -> str:
        # The box is the line: recognition alone, as detection drops what touches an edge.
        result = self.engine(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]), use_det=False, use_cls=False, use_rec=True)
        return " ".join(result.txts or ())


def tidied(text: str, name: str) -> str:
    """What every such system does with a line: single spaces and capitals; none at all in a zone."""
    words = text.upper().split()
    return "".join(words) if name == "mrz" else " ".join(words)


def consistent(zone: str) -> bool | None:
    """Whether the check digits of a zone hold, by the `mrz` package; none where it has no such form."""
    from mrz.checker.td1 import TD1CodeChecker
    from mrz.checker.td2 import TD2CodeChecker
    from mrz.checker.td3 import TD3CodeChecker

    checker = {(3, 30): TD1CodeChecker, (2, 36): TD2CodeChecker, (2, 44): TD3CodeChecker}
    lines = zone.split("\n")
    form = checker.get((len(lines), len(lines[0]))) if len(set(map(len, lines))) == 1 else None
    if form is None:
        return None
    try:
        return bool(form(zone, check_expiry=False))
    except Exception:
        return False


def samples(folder: Path, limit: int) -> list[tuple[list[Path], dict[str, str]]]:
    """Documents of one type: pages and truth."""
    found = sorted((path for path in folder.iterdir() if (path / "truth.json").exists()), key=lambda path: int(path.name))
    return [(sorted(path.glob("page-*")), json.loads((path / "truth.json").read_text())["fields"]) for path in found[:limit]]


def by_template(engine, boxes: list[dict], pages: list[Path]) -> dict[str, str]:
    """Every field of a document as an engine reads its box."""
    lines: dict[str, list[str]] = defaultdict(list)
    for file, page in zip(pages, boxes):
        with Image.open(file) as opened:
            image = opened.convert("RGB")
        for (name, _), box in sorted(page.items()):
            lines[name].append(tidied(engine.read(crop(image, box), name), name))
    return {name: ("\n" if name == "mrz" else " ").join(texts) for name, texts in lines.items()}


def by_host(url: str, document_type: str, pages: list[Path]) -> dict[str, str]:
    """Every field of a document as the host reads it."""
    files = [("page", (page.name, page.read_bytes())) for page in pages]
    answer = requests.post(f"{url}/v1/extract", files=files, data={"document_type": document_type}, timeout=300)
    answer.raise_for_status()
    return {field["name"]: field["raw"] for field in answer.json()["fields"] if field["raw"] is not None}


def measured(read, documents: list) -> dict[str, object]:
    """Exact fields, character error rate, seconds a document."""
    pairs, seconds, zones = defaultdict(list), [], []
    for pages, truth in documents:
        start = time.perf_counter()
        found = read(pages)
        seconds.append(time.perf_counter() - start)
        for name, text in truth.items():
            pairs[name].append((text, found.get(name, "")))
        if "mrz" in truth:
            zones.append(consistent(found.get("mrz", "")))
    everything = [pair for of_field in pairs.values() for pair in of_field]
    return {
        "documents": len(documents),
        "fields": len(everything),
        "fields_exact": round(sum(a == b for a, b in everything) / max(1, len(everything)), 4),
        "cer": round(character_error_rate(everything), 4),
        "seconds_a_document": round(statistics.median(seconds), 3),
        "zones_consistent": sum(zone is True for zone in zones) if zones else None,
        "by_field": {name: round(sum(a == b for a, b in of_field) / len(of_field), 3) for name, of_field in sorted(pairs.items())},
    }


def main() -> None:
    """Command line."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--dossier", type=Path, required=True, help="the program built from this tree")
    arguments.add_argument("--documents", type=Path, default=REPOSITORY / "tests" / "fixtures" / "documents")
    arguments.add_argument("--limit", type=int, default=50, help="documents of each type")
    arguments.add_argument("--peers", nargs="*", choices=["tesseract", "rapidocr"], default=["tesseract", "rapidocr"])
    arguments.add_argument("--out", type=Path)
    options = arguments.parse_args()
    os.environ["DOSSIER_BINARY"] = str(options.dossier.resolve())
    from conftest import data_root, serving

    types = [name for name in DOCUMENT_TYPES if (options.documents / name).is_dir() and (REPOSITORY / "adapters" / name).is_dir()]
    engines = {name: {"tesseract": Tesseract, "rapidocr": RapidOcr}[name]() for name in options.peers}
    report: dict[str, object] = {"versions": {name: engine.version for name, engine in engines.items()}, "types": {}}
    report["versions"]["dossier"] = subprocess.run([options.dossier, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder, serving(data_root(Path(folder), types)) as host:
        for name in types:
            documents, boxes = samples(options.documents / name, options.limit), template(name)
            by_host(host.url, name, documents[0][0])
            row = {"dossier": measured(lambda pages, name=name: by_host(host.url, name, pages), documents)}
            for peer, engine in engines.items():
                row[peer] = measured(lambda pages, engine=engine, boxes=boxes: by_template(engine, boxes, pages), documents)
            report["types"][name] = row
            for peer, numbers in row.items():
                print(f"| `{name}` | {peer} | {100 * numbers['fields_exact']:.1f} % of {numbers['fields']} | {numbers['cer']:.4f} | {numbers['seconds_a_document']:.2f} |", flush=True)
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
