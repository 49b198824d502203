"""How many labelled documents a type needs: an adapter from each number of them, read on the same others."""

from functools import partial
from pathlib import Path
from typing import Any

from dossier_training.dataset import drawn, generator_digest
from dossier_training.factory import adapter, plots, tables
from dossier_training.factory.adapter import Order, weights_digest
from dossier_training.factory.files import file_name_of, write_bytes
from dossier_training.factory.measured import Measured
from dossier_training.factory.report import measure
from dossier_training.factory.settings import SettingsError, Training
from dossier_training.page import LEVELS

# What ten documents can't help: too few to split, and fields that happen to be alike.
_ALLOWED = ("too_few", "one_class")
_COLUMNS = ("document_type", "documents", *(f"fields_exact_{level}" for level in LEVELS), "steps", "seconds", "cpu_seconds")


def draw(types: list[str], counts: list[int], base: Path, out: Path, training: Training, seed: int, test_count: int, test_seed: int, start: Path | None = None, say=print) -> list[dict]:
    """Trains an adapter from each number of documents, and reads with `start` itself for none; what an earlier run measured in `out` with the same settings stays."""
    if seed == test_seed:
        raise SettingsError("training and test documents are drawn from one seed: the test would be learnt by heart")
    if 0 in counts and not start:
        raise SettingsError("without documents there is only an adapter to begin as to read with, and none is given")
    measured, rows, begins_as = Measured(out / "curve.json", base), [], weights_digest(start)

    def point(name: str, count: int, run: Path) -> dict[str, Any]:
        taught, cost = start, {"step": 0, "seconds": 0.0, "cpu_seconds": 0.0}
        if count:
            # The first documents of a seed are the same whatever their number: the larger set holds the smaller.
            data = drawn(out / "data" / f"{file_name_of(name)}-{count}-{seed}", name, count, seed, LEVELS)
            taught = run / "adapter"
            cost = adapter.make(Order(name, data, base, taught, run, training, allow=_ALLOWED, start=start), quiet=True)["cost"]
        # Without documents there is an adapter to begin as: `draw` refuses to go on without.
        assert taught is not None
        read = measure(name, base, taught, test_count, test_seed, out / "test")
        return {**read, "document_type": name, "documents": count, "test_documents": test_count, "steps": cost["step"], "seconds": cost["seconds"], "cpu_seconds": cost["cpu_seconds"]}

    for name in types:
        draws = generator_digest(name, seed, LEVELS)
        for count in sorted(counts):
            terms = [name, count, seed, test_count, test_seed, begins_as, training.identity(), draws]
            rows.append(measured.row(terms, partial(point, name, count)))
            say(tables.line(_COLUMNS, rows[-1]))
    write_bytes(out / "curve.md", tables.table(_COLUMNS, rows).encode())
    marks = {
        f"{name}, {level}": [(row["documents"], row[f"fields_exact_{level}"], "") for row in rows if row["document_type"] == name]
        for name in types for level in LEVELS
    }  # fmt: skip
    plots.write(plots.points(marks, "labelled documents", "share of fields read exactly", joined=True), out / "curve.svg")
    return rows
