"""How well a host knows documents by their look, whose type nobody names: pages are posted, and what it says is counted.

    python -m dossier_training.identification.measure --program ../../target/release/dossier --documents 10 --pictures others=DIR --out ../identification.json

Documents of every shipped type, captured at each level; layouts that nobody ships; pictures of folders, whose
documents are of no shipped type; and documents of two types on a host that lacks those two.
"""

import argparse
import base64
import contextlib
import io
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

from dossier_training.dataset import FIRST_HELD_OUT_SEED, captured_documents
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.documents import random_document
from dossier_training.identification.captures import ALL_LEVELS
from dossier_training.page import LEVELS, Capture
from dossier_training.photograph import LEVEL, Photograph

_SEED = 47
_LEFT_OUT = ("kumasia/id-card/2020", "hokuto/passport/2025")
# A picture of somebody else's document is looked at at this size at most, in pixels.
_LONGEST_SIDE = 2000
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")


@contextlib.contextmanager
def host(program: Path, root: Path) -> Iterator[str]:
    """A host that serves a data root; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen([program, "serve", "--listen", address, "--data-root", root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"http://{address}/readyz", timeout=5).ok:
                    break
            time.sleep(0.1)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


def said(address: str, pages: list[Image.Image]) -> dict[str, Any]:
    """What the host answers to a document of no named type."""
    document = {"pages": [base64.b64encode(_png(page)).decode() for page in pages]}
    return requests.post(f"{address}/v1/extract", json=document, timeout=60).json()


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def judged(answer: dict[str, Any], truth: str | None) -> dict[str, Any]:
    """What an answer is worth: `truth` is the type, or none where it is of none that is served."""
    named = [candidate["document_type"] for candidate in answer.get("candidates", [])]
    taken = answer.get("document_type")
    return {"first": named[:1] == [truth], "among_three": truth in named[:3], "taken": taken is not None, "taken_rightly": taken is not None and taken == truth, "code": answer.get("code")}


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares of the documents of one kind."""
    share = lambda name: round(sum(row[name] for row in rows) / len(rows), 4)  # noqa: E731
    wrong = sum(row["taken"] and not row["taken_rightly"] for row in rows)
    return {"documents": len(rows), "first": share("first"), "among_three": share("among_three"), "taken_rightly": share("taken_rightly"), "taken_wrongly": wrong}


def of_strangers(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The same of documents that are of no type that is served."""
    return {"documents": len(rows), "rejected": round(sum(not row["taken"] for row in rows) / len(rows), 4), "without_a_document": sum(row["code"] == "page.no_document" for row in rows)}


def strangers(count: int) -> Iterator[Image.Image]:
    """Layouts that nobody ships."""
    rng = np.random.default_rng([FIRST_HELD_OUT_SEED, _SEED])
    for number in range(count):
        page, level = random_document(rng).pages[0], ALL_LEVELS[number % len(ALL_LEVELS)]
        yield Photograph.of(page, rng).image if level == LEVEL else Capture.draw(rng, level).apply(page, rng)[0]


def pictures(folder: Path) -> Iterator[Image.Image]:
    """The pictures of a folder, whatever they show."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in _PICTURES:
            with Image.open(file) as image:
                small = image.convert("RGB")
            small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            yield small


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[4])
    parser.add_argument("--documents", type=int, default=10, help="of each type and level")
    parser.add_argument("--pictures", action="append", default=[], metavar="NAME=FOLDER", help="pictures of documents that are of no shipped type")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    report: dict[str, Any] = {"levels": {}, "types": {}, "strangers": {}}
    rows: dict[str, list[dict[str, Any]]] = {level: [] for level in ALL_LEVELS}
    with host(options.program, options.root) as address:
        for document_type in DOCUMENT_TYPES:
            of_type = []
            for level in ALL_LEVELS:
                for pages in captured_documents(document_type, options.documents, _SEED, (level,)):
                    row = judged(said(address, [page.image for page in pages]), document_type)
                    of_type.append(row)
                    rows[level].append(row)
            report["types"][document_type] = table(of_type)
            print(document_type, report["types"][document_type], flush=True)
        report["levels"] = {level: table(rows[level]) for level in ALL_LEVELS}
        report["all"] = table([row for level in ALL_LEVELS for row in rows[level]])
        folders = {"layouts nobody ships": strangers(12 * options.documents)}
        folders |= {name: pictures(Path(folder)) for name, folder in (text.split("=", 1) for text in options.pictures)}
        for name, images in folders.items():
            report["strangers"][name] = of_strangers([judged(said(address, [image]), None) for image in images])
            print(name, report["strangers"][name], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        shutil.copytree(options.root / "adapters", root / "adapters", ignore=shutil.ignore_patterns("training", "bench"))
        shutil.copytree(options.root / "plugins/prebuilt", root / "plugins/prebuilt")
        for left_out in _LEFT_OUT:
            shutil.rmtree(root / "adapters" / left_out)
        with host(options.program, root) as address:
            for left_out in _LEFT_OUT:
                documents = captured_documents(left_out, 4 * options.documents, _SEED + 1, (*LEVELS, LEVEL))
                report["strangers"][f"{left_out}, left out"] = of_strangers([judged(said(address, [page.image for page in pages]), None) for pages in documents])
                print(left_out, report["strangers"][f"{left_out}, left out"], flush=True)
    options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
