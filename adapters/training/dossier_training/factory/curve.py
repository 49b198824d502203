"""How many labelled documents a type needs: an adapter from each number of them, read on the same others."""

import json
from pathlib import Path

from dossier_training.dataset import captured_documents, write_donut
from dossier_training.factory import adapter, plots, tables
from dossier_training.factory.adapter import Order, weights_digest
from dossier_training.factory.files import digest_of, write_bytes, write_json
from dossier_training.factory.report import measure
from dossier_training.factory.settings import SettingsError, Training
from dossier_training.page import LEVELS

# What ten documents can't help: too few to split, and fields that happen to be alike.
_ALLOWED = ("too_few", "one_class")
_COLUMNS = ("document_type", "documents", *(f"fields_exact_{level}" for level in LEVELS), "steps", "seconds", "cpu_seconds")


def draw(types: list[str], counts: list[int], base: Path, out: Path, training: Training, seed: int, test_count: int, test_seed: int, start: Path | None = None, say=print) -> list[dict]:
    """Trains an adapter from each number of documents; what an earlier run measured in `out` with the same settings stays."""
    if seed == test_seed:
        raise SettingsError("training and test documents are drawn from one seed: the test would be learnt by heart")
    file = out / "curve.json"
    measured = {row["key"]: row for row in json.loads(file.read_text())["rows"]} if file.exists() else {}
    rows = []
    for name in types:
        for count in sorted(counts):
            key = digest_of([name, count, seed, test_count, test_seed, weights_digest(start), training.identity()])
            if key not in measured:
                row = _point(name, count, base, out, training, seed, key, start)
                row |= measure(name, base, out / "runs" / key[7:23] / "adapter", test_count, test_seed, out / "test")
                measured[key] = {**row, "documents": count, "test_documents": test_count, "key": key}
                write_json(file, {"rows": list(measured.values())})
            rows.append(measured[key])
            say(tables.line(_COLUMNS, rows[-1]))
    write_bytes(out / "curve.md", tables.table(_COLUMNS, rows).encode())
    marks = {
        f"{name}, {level}": [(row["documents"], row[f"fields_exact_{level}"], "") for row in rows if row["document_type"] == name]
        for name in types for level in LEVELS
    }  # fmt: skip
    plots.write(plots.points(marks, "labelled documents", "share of fields read exactly"), out / "curve.svg")
    return rows


def _point(name: str, count: int, base: Path, out: Path, training: Training, seed: int, key: str, start: Path | None) -> dict[str, object]:
    # The first documents of a seed are the same whatever their number: the larger set holds the smaller.
    data = out / "data" / f"{name.replace('/', '--')}-{count}-{seed}"
    if not (data / "metadata.jsonl").exists():
        write_donut(captured_documents(name, count, seed, LEVELS), data)
    run = out / "runs" / key[7:23]
    cost = adapter.make(Order(name, data, base, run / "adapter", run, training, allow=_ALLOWED, start=start), quiet=True)["cost"]
    return {"document_type": name, "steps": cost["step"], "seconds": cost["seconds"], "cpu_seconds": cost["cpu_seconds"]}
