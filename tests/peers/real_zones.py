"""Machine-readable zones of pictures that people took or scanned: how many a host reads exactly, and what it says of those it does not.

    python tests/peers/real_zones.py --dossier target/release/dossier --pictures FOLDER --out tests/peers/real_zones.json

FOLDER holds pictures and `truth.json`: `images`, of each file its `mrz` in lines as printed, its `format` and, where the page
does not fill the picture, its `corners` as shares of width and height. Pictures of real documents are not part of the project.
Each is read as it was sent, without its type and with it, and once more with its page cut out by those corners.
Only names of files and figures are written down, never what was read.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "adapters" / "training"))

from dossier_training.factory.metrics import character_error_rate  # noqa: E402
from dossier_training.geometry import Projection  # noqa: E402
from dossier_training.identification.measure import _png, host  # noqa: E402

TYPES = {"td1": "icao/td1", "td2": "icao/td2", "td3": "icao/td3", "mrva": "icao/mrv-a", "mrvb": "icao/mrv-b"}
_LONGEST_SIDE = 2400


def opened(file: Path) -> Image.Image:
    """A picture as a client would send it."""
    with Image.open(file) as image:
        picture = image.convert("RGB")
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return picture


def cut_out(picture: Image.Image, corners: list[list[float]] | None) -> Image.Image:
    """The page alone, laid flat."""
    if not corners:
        return picture
    quad = np.array(corners) * picture.size
    width = round(max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3])))
    height = round(max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1])))
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)
    coefficients = Projection.between(flat, quad).coefficients()
    return picture.transform((width, height), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)


def judged(answer: dict[str, Any], truth: str) -> dict[str, Any]:
    """What an answer is worth."""
    zone = next((field for field in answer.get("fields", []) if field["name"] == "mrz"), None)
    if zone is None:
        return {"code": answer.get("code"), "exact": False, "read": ""}
    other = zone["other_reading"]
    read_from = None if other is None else "page" if other["read_from"] == "strip" else "strip"
    checks = [check for check in answer["checks"] if check["code"].startswith("mrz.")]
    unpassed = sorted(check["code"] for check in checks if check["outcome"] != "passed")
    # A field that the zone alone tells is compared with nothing.
    warned = [code for code in unpassed if code == "mrz.second_look" or any(check["code"] == code and check["outcome"] == "failed" for check in checks)]
    return {
        "type": answer["document_type"], "exact": zone["raw"] == truth, "read": zone["raw"], "confidence": zone["confidence"], "from": read_from,
        "page_exact": truth == (zone["raw"] if read_from in (None, "page") else other["raw"]),
        "strip_exact": None if other is None else truth == (zone["raw"] if read_from == "strip" else other["raw"]),
        "warned": warned, "ms": answer["timings_ms"]["total"],
    }  # fmt: skip


def table(rows: list[dict[str, Any]], truths: list[str]) -> dict[str, Any]:
    """Counts of one way of asking."""
    read = [row for row in rows if row["read"]]
    pairs = [(truth, row["read"]) for truth, row in zip(truths, rows, strict=True)]
    sure = [row for row in read if row["confidence"] >= 0.9]
    return {
        "pictures": len(rows), "exact": sum(row["exact"] for row in rows), "read": len(read),
        "exact_of_page": sum(bool(row.get("page_exact")) for row in rows), "exact_of_strip": sum(bool(row.get("strip_exact")) for row in rows),
        "characters": round(1 - character_error_rate(pairs), 4), "wrong_and_nothing_warns": sum(not row["exact"] and not row["warned"] for row in read),
        "sure": len(sure), "sure_and_exact": sum(row["exact"] for row in sure), "ms": round(statistics.median(row["ms"] for row in read), 1) if read else None,
    }  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dossier", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--data-root", type=Path, default=REPOSITORY)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    truth = json.loads((options.pictures / "truth.json").read_text())["images"]
    names = sorted(name for name in truth if truth[name]["format"] in TYPES)
    ways: dict[str, tuple[Callable[[str], Image.Image], bool]] = {
        "as sent, no type": (lambda name: opened(options.pictures / name), False),
        "as sent": (lambda name: opened(options.pictures / name), True),
        "cut out by hand": (lambda name: cut_out(opened(options.pictures / name), truth[name]["corners"]), True),
    }
    report: dict[str, Any] = {}
    with host(options.dossier, options.data_root) as address:
        for way, (picture, is_named) in ways.items():
            rows = []
            for name in names:
                named = {"document_type": TYPES[truth[name]["format"]]} if is_named else {}
                answer = requests.post(f"{address}/v1/extract", files={"page": _png(picture(name))}, data=named, timeout=120)
                rows.append(judged(answer.json(), "\n".join(truth[name]["mrz"])))
            report[way] = table(rows, ["\n".join(truth[name]["mrz"]) for name in names])
            report[way]["each"] = {name: {key: value for key, value in row.items() if key not in ("read", "ms")} for name, row in zip(names, rows, strict=True)}
            print(way, {key: value for key, value in report[way].items() if key != "each"}, time.strftime("%H:%M:%S"), flush=True)
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
