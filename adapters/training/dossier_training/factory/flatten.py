"""A data set of photographs as one of pages: found and laid flat by the host's own program, as it does with what it is sent."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dossier_training.factory.donut import SPLITS
from dossier_training.factory.files import staging
from dossier_training.geometry import Projection

# Around a page that is laid flat the host leaves so much of its sides (`host/model/src/locate/rectify.rs`).
_AROUND = 0.02
_AT_ONCE = 2


@dataclass(frozen=True)
class Locator:
    """The host's program, and the folder that has `adapters/locator`."""

    program: Path
    data_root: Path


@dataclass
class Flattened:
    """What became of the pictures, by their names below the data set."""

    as_they_were: list[str] = field(default_factory=list)
    laid_flat: list[str] = field(default_factory=list)
    # Without a page, or with several; their lines are left out.
    no_page: list[str] = field(default_factory=list)
    several_pages: list[str] = field(default_factory=list)

    def as_text(self) -> str:
        """A line a kind, and the names of those that are left out."""
        lines = [f"{len(self.laid_flat)} laid flat, {len(self.as_they_were)} filled by their page"]
        for kind, names in (("no page found", self.no_page), ("more than one page", self.several_pages)):
            if names:
                lines.append(f"left out, {kind}: {', '.join(names)}")
        return "\n".join(lines)


class LocatingFailed(Exception):
    """The host's program can't look at a picture; the message says why."""


def flatten(dataset: Path, out: Path, program: Path, data_root: Path) -> Flattened:
    """Writes the data set to `out`, a page a picture; `places.jsonl` goes with it. The locator is below `data_root`.

    Raises `LocatingFailed` where the program does not run.
    """
    flattened = Flattened()
    folders = [folder for folder in (dataset, *(dataset / name for name in SPLITS)) if (folder / "metadata.jsonl").is_file()]
    out.parent.mkdir(parents=True, exist_ok=True)
    with staging(out, out.parent) as fresh:
        for folder in folders:
            _flatten_part(folder, fresh / folder.relative_to(dataset), dataset, [program, "locate", "--data-root", data_root], flattened)
    return flattened


def _flatten_part(folder: Path, out: Path, dataset: Path, locate: list[str | Path], flattened: Flattened) -> None:
    out.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines() if line.strip()]
    with ThreadPoolExecutor(_AT_ONCE) as looking:
        found = list(looking.map(lambda line: _page_of(folder / line["file_name"], out / line["file_name"], locate), lines))
    kept: dict[str, tuple[str, Projection | None]] = {}
    with (out / "metadata.jsonl").open("w") as metadata:
        for line, (kind, name, projection) in zip(lines, found, strict=True):
            shown = str((folder / line["file_name"]).relative_to(dataset))
            getattr(flattened, kind).append(shown)
            if kind in ("as_they_were", "laid_flat"):
                kept[line["file_name"]] = (name, projection)
                metadata.write(json.dumps({**line, "file_name": name}, ensure_ascii=False) + "\n")
    if (folder / "places.jsonl").exists():
        entries = [json.loads(line) for line in (folder / "places.jsonl").read_text().splitlines() if line.strip()]
        moved = [{"file_name": kept[entry["file_name"]][0], "places": _moved(entry["places"], kept[entry["file_name"]][1])} for entry in entries if entry["file_name"] in kept]
        (out / "places.jsonl").write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in moved))


def _page_of(picture: Path, out: Path, locate: list[str | Path]) -> tuple[str, str, Projection | None]:
    """What became of a picture, its new name, and the way from shares of the picture to shares of the page."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*locate, picture, "--json", "--flat", folder]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise LocatingFailed(f"{picture.name}: {ran.stderr.strip()}")
        told = json.loads(ran.stdout)
        if len(told["pages"]) != 1:
            return "several_pages" if told["pages"] else "no_page", "", None
        out.parent.mkdir(parents=True, exist_ok=True)
        if told["pages"][0]["fills_picture"]:
            shutil.copyfile(picture, out)
            return "as_they_were", out.name, None
        name = out.with_suffix(".png").name
        shutil.move(Path(folder) / "page-1.png", out.with_suffix(".png"))
    with Image.open(out.with_suffix(".png")) as flat:
        width, height = flat.size
    return "laid_flat", name, _to_page(told, width, height)


def _to_page(told: dict[str, Any], width: int, height: int) -> Projection:
    left, top = (side * _AROUND / (1 + 2 * _AROUND) for side in (width, height))
    corners = np.array([(left, top), (width - left, top), (width - left, height - top), (left, height - top)])
    shares = np.array(told["pages"][0]["corners"]) / np.array(told["picture"])
    return Projection.between(shares, corners / np.array([width, height]))


def _moved(places: dict[str, Iterable[Any]], projection: Projection | None) -> dict[str, list[Any]]:
    def move(point: Any) -> Any:
        if point is None or projection is None:
            return point
        return [round(float(share), 5) for share in projection.points(np.array([point]))[0]]

    return {name: [move(point) for point in points] for name, points in places.items()}
