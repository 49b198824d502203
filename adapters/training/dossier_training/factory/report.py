"""How the fleet stands, as one page and as data; and how well what is in `adapters/` reads, level by level."""

import importlib.metadata
import json
import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dossier_training import photograph
from dossier_training.checkpoints import base_digest
from dossier_training.dataset import drawn, generator_digest
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.factory import artifact, calibration, donut, metrics, plots, reading, tables
from dossier_training.factory.calibration import Scaling
from dossier_training.factory.flatten import Locator, flatten
from dossier_training.factory.files import file_name_of, sha256_of, write_bytes, write_json
from dossier_training.factory.measured import Measured
from dossier_training.factory.reader import load_adapted
from dossier_training.factory.settings import SettingsError
from dossier_training.page import LEVELS
from dossier_training.page_form import PageForm

_LEVELS = (*LEVELS, photograph.LEVEL)
# Of the surest so many, in the table: what is promised of mild captures and of photographs.
_SUREST = ((0.9, "mild"), (0.8, photograph.LEVEL))
_COLUMNS = (
    "document_type", *(f"fields_exact_{level}" for level in _LEVELS), *(f"surest_{round(100 * share)}_exact_{level}" for share, level in _SUREST),
    "mrz_char_accuracy", "ece", "documents", "adapter_bytes",
)  # fmt: skip


def write_fleet(states: list[dict], base: Path, folder: Path) -> None:
    """`fleet.html` and `fleet.json`."""
    rows = [_row(state) for state in states]
    write_json(folder / "fleet.json", {"base_digest": base_digest(base), "types": rows})
    names = [row["document_type"] for row in rows]
    column = lambda key: [row[key] for row in rows]  # noqa: E731
    drawn = {
        "Fields read exactly": plots.bars(names, {"new version": column("fields_exact"), "live version before": column("live_fields_exact")}, "share of fields", 1.0),
        "Character error rate": plots.bars(names, {"new version": column("cer")}, "errors a character"),
        "Calibration error": plots.bars(names, {"before": column("ece"), "after": column("ece_calibrated")}, "ECE"),
        "Cost": plots.bars(names, {"processor time": [v and v / 60 for v in column("cpu_seconds")], "clock": [v and v / 60 for v in column("seconds")]}, "minutes"),
    }
    page = artifact.templates().get_template("fleet.html.j2").render(rows=rows, plots=drawn, base=base.name, base_digest=base_digest(base))
    write_bytes(folder / "fleet.html", page.encode())


def _row(state: dict) -> dict[str, Any]:
    record = state.get("record") or {}
    test, cost = record.get("metrics", {}).get("test", {}), record.get("cost", {})
    training = record.get("training", {})
    checked = state.get("check") or {}
    return {
        "document_type": state["document_type"],
        "state": state["state"],
        "detail": state.get("reason") or (state.get("publication") or {}).get("detail"),
        "at": state.get("at"),
        "work": state.get("work") or record.get("work"),
        "method": training.get("method"),
        "group": record.get("group"),
        "r": training.get("r"),
        "documents": record.get("data_set", {}).get("documents") or checked.get("documents"),
        "data_set_digest": record.get("data_set", {}).get("digest") or checked.get("digest"),
        **{name: test.get(name) for name in ("fields_exact", "documents_exact", "cer", "f1", "tree_edit_accuracy", "mrz_char_accuracy", "ece", "ece_calibrated")},
        "fields": {name: field["fields_exact"] for name, field in test.get("fields", {}).items()},
        "live_fields_exact": (state.get("live") or {}).get("fields_exact"),
        **{name: cost.get(name) for name in ("step", "kept_step", "stopped", "images", "seconds", "cpu_seconds", "parameters")},
        "adapter_bytes": record.get("adapter_bytes"),
        "gates": state.get("gates", []),
        "faults": [fault for fault in checked.get("faults", []) if fault["stops"]],
    }


def scalings_of(adapter: Path) -> dict[str, Scaling]:
    """An adapter's calibration; none where it has none."""
    file = adapter / artifact.CALIBRATION
    fields = json.loads(file.read_text())["fields"] if file.exists() else {}
    return {name: Scaling(**numbers) for name, numbers in fields.items()}


def measure(document_type: str, base: Path, adapter: Path, count: int, seed: int, work: Path, captures: Sequence[str] = LEVELS, locator: Locator | None = None) -> dict[str, Any]:
    """How well an adapter reads newly generated documents of each level; `None` for a level that is not asked for.

    Photographs are asked for with the `locator`. A page that it does not find, and it alone, counts as fields that are not read.
    """
    model, scalings = load_adapted(base, adapter), scalings_of(adapter)
    wanted = [level for level in LEVELS if level in captures] + ([photograph.LEVEL] if locator else [])
    came: dict[str, Any] = {f"fields_exact_{level}": None for level in _LEVELS}
    everything: list[metrics.Reading] = []
    surest: dict[str, list[list[float]]] = {}
    for level in wanted:
        folder = drawn(work / f"{file_name_of(document_type)}-{level}-{count}-{seed}", document_type, count, seed, (level,))
        pages = laid_flat(folder, locator) if level == photograph.LEVEL and locator else folder
        readings = reading.read(model, donut.read(pages)[0], PageForm.of_adapter(base, adapter))
        readings = calibration.apply(scalings, readings) + unread(folder, pages)
        came[f"fields_exact_{level}"] = metrics.score(readings)["fields_exact"]
        surest[level] = metrics.exact_of_surest(readings)
        everything += readings
    zones = [(r.truth, r.text) for r in everything if r.name == "mrz"]
    exact = np.array([r.exact for r in everything], dtype=float)
    came["mrz_char_accuracy"] = max(0.0, 1 - metrics.character_error_rate(zones)) if zones else None
    came["ece"] = metrics.expected_calibration_error(np.array([r.confidence for r in everything]), exact) if everything else None
    came["exact_of_surest"] = surest
    came["documents"] = count * len(wanted)
    came["adapter_bytes"] = (adapter / artifact.WEIGHTS).stat().st_size
    return came


def laid_flat(photographs: Path, locator: Locator) -> Path:
    """The pages of photographs, by the host's own program; once for the same photographs."""
    pages = photographs.with_name(f"{photographs.name}-flat")
    if not (pages / "metadata.jsonl").exists():
        flatten(photographs, pages, locator.program, locator.data_root)
    return pages


def unread(pictures: Path, pages: Path) -> list[metrics.Reading]:
    """The fields of pictures of which no page was made, or several: nothing was read of them, and nothing said."""
    found = {record.file.stem for record in donut.read(pages)[0]}
    left_out = [record for record in donut.read(pictures)[0] if record.file.stem not in found]
    return [metrics.Reading(record.file.stem, 0, name, truth, "", 0.0) for record in left_out for name, truth in record.fields.items()]


def figures(document_type: str, base: Path, adapter: Path, count: int, seed: int, work: Path, locator: Locator | None = None) -> dict[str, Any]:
    """`measure`, and the digest of the weights; what was measured of this very adapter on these very documents stays in `work`."""
    levels = _LEVELS if locator else LEVELS
    draws = [generator_digest(document_type, seed, (level,)) for level in levels]
    of_adapter = {name: sha256_of((adapter / name).read_bytes()) for name in artifact.read_from(adapter)}
    found_by = sha256_of((locator.data_root / "adapters" / "locator" / "model.safetensors").read_bytes()) if locator else None

    def measured(_run: Path) -> dict[str, Any]:
        return measure(document_type, base, adapter, count, seed, work, locator=locator)

    row = Measured(work / "measured" / f"{file_name_of(document_type)}.json", base).row([of_adapter, count, seed, draws, found_by, metrics.COVERAGES], measured)
    return {**{name: value for name, value in row.items() if name != "key"}, "adapter_digest": of_adapter[artifact.WEIGHTS]}


def write_report(adapters: Path, base: Path, file: Path, count: int, seed: int, work: Path, types: Iterable[str] = (), command: str = "dossier-train report", processes: int = 1, locator: Locator | None = None, say=print) -> dict[str, Any]:
    """`report.json`: every type of the generator that has an adapter, `processes` of them at a time; started again, it goes on.

    `report.md` is the same as a table, `report.svg` how many of the surest fields are exact.
    """
    wanted = list(types) or list(DOCUMENT_TYPES)
    if unknown := [name for name in wanted if name not in DOCUMENT_TYPES]:
        raise SettingsError(f"the generator has no `{unknown[0]}`")
    report: dict[str, Any] = {"types": {}, "base_digest": base_digest(base), "made_by": f"{command} (dossier-training {_version()})"}
    adapted = [name for name in wanted if (adapters / name / artifact.WEIGHTS).exists()]
    for name in wanted:
        if name not in adapted:
            say(f"{name}: no adapter")
    # Not forked: torch's threads do not survive that.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)) as readers:
        folders = [adapters / name for name in adapted]
        found = readers.map(figures, adapted, repeat(base), folders, repeat(count), repeat(seed), repeat(work), repeat(locator))
        for name, of_type in zip(adapted, found, strict=True):
            report["types"][name] = of_type
            say(f"{name}: " + ", ".join(f"{level} {of_type[f'fields_exact_{level}']}" for level in _LEVELS))
    write_json(file, report)
    rows = [{"document_type": name, **of_type, **_surest(of_type)} for name, of_type in report["types"].items()]
    by_level = {level: [row["exact_of_surest"][level] for row in rows if level in row["exact_of_surest"]] for level in _LEVELS}
    drawn_curves = plots.curves({level: curves for level, curves in by_level.items() if curves}, "share of fields taken, the surest first", "exact of these")
    write_bytes(file.with_suffix(".svg"), drawn_curves.encode())
    write_bytes(file.with_suffix(".md"), tables.table(_COLUMNS, rows).encode())
    return report


def _surest(of_type: dict[str, Any]) -> dict[str, float | None]:
    """Of the surest fields at the shares that the table has, those that are exact."""
    return {f"surest_{round(100 * share)}_exact_{level}": dict(of_type["exact_of_surest"].get(level, ())).get(share) for share, level in _SUREST}


def _version() -> str:
    try:
        return importlib.metadata.version("dossier-training")
    except importlib.metadata.PackageNotFoundError:
        return "of a source tree"
