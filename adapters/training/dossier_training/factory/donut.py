"""Data sets in Donut's form: read with all that is wrong with them, and split where they are not.

A folder holds `metadata.jsonl` and its images, or `train/`, `validation/` and `test/` that do. A line is
`{"file_name": "1.png", "ground_truth": "{\\"gt_parse\\": {\\"surname\\": \\"DOE\\"}}"}`. Two keys more are known:
`document_type`, and `document`, which pages of one document share. Without it, `NAME-page-2.png` is the
second page of `NAME`.
"""

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from dossier_training.factory.faults import Fault
from dossier_training.factory.files import digest_of

SPLITS = ("train", "validation", "test")
_KEYS = {"file_name", "ground_truth", "document_type", "document"}
_PAGE = re.compile(r"^(?P<document>.+)-page-(?P<page>\d+)$")
_IMAGES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}
_THUMBNAIL = (48, 32)


@dataclass(frozen=True)
class Record:
    """One page: its image, its labels, and what it is a page of."""

    split: str | None
    file: Path
    name: str
    document: str
    page: int
    fields: dict[str, str]
    document_type: str | None
    image_digest: str
    pixel_digest: str
    thumbnail: bytes
    places: dict[str, list[tuple[float, float] | None]] | None = None

    @property
    def truth_digest(self) -> str:
        """Two pages of the same labels have the same."""
        return digest_of(self.fields)


def read(folder: Path) -> tuple[list[Record], list[Fault]]:
    """Every page that can be read, and a fault for each that can't."""
    parts: list[tuple[str | None, Path]] = [(name, folder / name) for name in SPLITS if (folder / name / "metadata.jsonl").is_file()]
    if (folder / "metadata.jsonl").is_file():
        parts.append((None, folder))
    if not parts:
        return [], [Fault("no_metadata", folder.name)]
    records: list[Record] = []
    faults: list[Fault] = []
    for split, part in parts:
        _read_part(split, part, records, faults)
    return records, faults


def _read_part(split: str | None, folder: Path, records: list[Record], faults: list[Fault]) -> None:
    places = _places(folder)
    listed = set()
    for number, line in enumerate((folder / "metadata.jsonl").read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        at = f"{split or '.'}/metadata.jsonl:{number}"
        entry, reason = _parse(line)
        if entry is None:
            faults.append(Fault("unreadable_line", f"{at}: {reason}"))
            continue
        name = entry["file_name"]
        listed.add(name)
        shown = f"{split}/{name}" if split else name
        file = folder / name
        if not file.is_file():
            faults.append(Fault("missing_image", f"{shown} ({at})"))
            continue
        try:
            contents = file.read_bytes()
            with Image.open(file) as image:
                pixels = image.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            faults.append(Fault("unreadable_image", f"{shown}: {type(error).__name__}"))
            continue
        fields = {}
        for field, value in entry["fields"].items():
            if isinstance(value, (dict, list)):
                faults.append(Fault("nested_label", f"{shown}: {field}"))
            elif value is None or not str(value).strip():
                faults.append(Fault("empty_label", f"{shown}: {field}"))
            else:
                fields[field] = str(value)
        found = _PAGE.match(Path(name).stem)
        document = entry.get("document") or (found["document"] if found else Path(name).stem)
        records.append(
            Record(
                split=split,
                file=file,
                name=shown,
                document=f"{split or ''}/{document}",
                page=int(found["page"]) if found else 1,
                fields=fields,
                document_type=entry.get("document_type"),
                image_digest=hashlib.sha256(contents).hexdigest(),
                pixel_digest=hashlib.sha256(repr(pixels.size).encode() + pixels.tobytes()).hexdigest(),
                thumbnail=pixels.convert("L").resize(_THUMBNAIL, Image.Resampling.BOX).tobytes(),
                places=places.get(name),
            )
        )
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in _IMAGES and file.name not in listed:
            faults.append(Fault("unlisted_image", f"{split}/{file.name}" if split else file.name))


def _parse(line: str) -> tuple[dict | None, str]:
    """The line as a dict with `fields`, or none and why."""
    try:
        entry = json.loads(line)
        name, truth = entry["file_name"], entry["ground_truth"]
        fields = json.loads(truth)["gt_parse"]
    except json.JSONDecodeError:
        return None, "no JSON"
    except (KeyError, TypeError):
        return None, "needs `file_name` and `ground_truth`, a JSON text with `gt_parse`"
    if unknown := sorted(entry.keys() - _KEYS):
        return None, f"unknown key `{unknown[0]}`"
    if not isinstance(name, str) or Path(name).is_absolute() or ".." in Path(name).parts:
        return None, "`file_name` must be the name of a file in the folder"
    if not isinstance(fields, dict):
        return None, "`gt_parse` must be one object of fields"
    return {**entry, "fields": fields}, ""


def _places(folder: Path) -> dict[str, dict]:
    file = folder / "places.jsonl"
    if not file.is_file():
        return {}
    entries = (json.loads(line) for line in file.read_text().splitlines() if line.strip())
    return {entry["file_name"]: entry["places"] for entry in entries}


def data_set_digest(records: list[Record]) -> str:
    """A digest of images and labels by split, whatever the names of the files."""
    return digest_of(sorted([record.split or "", record.image_digest, record.truth_digest] for record in records))


def thumbnails_differ(one: Record, other: Record) -> float:
    """Mean difference in levels of 255 of two pages, each shrunk to 48 x 32."""
    first, second = (np.frombuffer(record.thumbnail, dtype=np.uint8).astype(np.int16) for record in (one, other))
    return float(np.abs(first - second).mean())


def holders(records: list[Record]) -> dict[str, str]:
    """Document -> a key that documents of one holder share: pages of one document, and documents of the same labels."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for record in records:
        keys = [f"pixels {record.pixel_digest}"]
        if record.fields:
            keys.append(f"truth {record.truth_digest}")
        keys += [f"{name} {record.fields[name]}" for name in ("document_number", "personal_number", "mrz") if name in record.fields]
        for key in keys:
            parent[root(key)] = root(f"document {record.document}")
    return {record.document: root(f"document {record.document}") for record in records}


def split(records: list[Record]) -> list[Record]:
    """The records, each in a split: their own, or else a tenth of the holders to test, a tenth to validation.

    A training split without the others is divided the same way. The choice hangs on labels alone, so that
    it stays as it is when files are renamed.
    """
    have = {record.split for record in records}
    if have >= set(SPLITS):
        return records
    open_ones = [record for record in records if record.split in (None, "train")]
    labels: dict[str, list[str]] = defaultdict(list)
    owner = holders(open_ones)
    for record in open_ones:
        labels[owner[record.document]].append(record.truth_digest)
    order = sorted(labels, key=lambda key: digest_of(sorted(labels[key])))
    tenth = max(2, len(order) // 10)
    wanted = [name for name in ("test", "validation") if name not in have]
    chosen = {key: name for index, name in enumerate(wanted) for key in order[index * tenth : (index + 1) * tenth]}
    return [replace(r, split=chosen.get(owner[r.document], "train")) if r.split in (None, "train") else r for r in records]
