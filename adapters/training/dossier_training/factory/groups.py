"""One adapter a type, one a state, one for all, or another base: the same documents and as many pages for each."""

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from dossier_training.dataset import drawn, generator_digest
from dossier_training.factory import checks, metrics, plots, reading, tables, train
from dossier_training.factory.donut import Record
from dossier_training.factory.files import file_name_of, write_bytes
from dossier_training.factory.measured import Measured
from dossier_training.factory.settings import FullFineTuning, Training
from dossier_training.page_form import PageForm

_COLUMNS = ("arrangement", "trained", "parameters", "fields_exact", "worst_type", "cer", "images", "cpu_seconds", "images_for_one_type")


@dataclass(frozen=True)
class Arrangement:
    """Which types share what is trained, and what of the base is trained."""

    name: str
    groups: list[list[str]]
    training: type[Training] = Training


def arrangements(types: list[str]) -> list[Arrangement]:
    """What is compared: a type's state is the first part of its name."""
    ordered = sorted(types)
    states = [list(of_state) for _, of_state in groupby(ordered, lambda name: name.split("/")[0])]
    return [
        Arrangement("one adapter a type", [[name] for name in ordered]),
        Arrangement("one adapter a state", states),
        Arrangement("one adapter for all", [ordered]),
        Arrangement("full fine-tuning for all", [ordered], FullFineTuning),
    ]


def compare(types: list[str], base: Path, out: Path, training: Training, count: int, seed: int, captures: tuple[str, ...], say=print) -> list[dict]:
    """Trains `training.steps` a type in each arrangement; what an earlier run measured in `out` with the same settings stays."""
    records = {name: _records(name, count, seed, captures, out / "data") for name in types}
    draws = {name: generator_digest(name, seed, captures) for name in types}
    measured, rows = Measured(out / "groups.json", base), []
    for arrangement in arrangements(types):
        parts = []
        for group in arrangement.groups:
            settings = arrangement.training.like(training, steps=training.steps * len(group))
            terms = [group, count, seed, captures, settings.identity(), [draws[name] for name in group]]
            parts.append(measured.row(terms, partial(_part, group, records, base, settings)))
        rows.append(_row(arrangement.name, parts))
        say(tables.line(_COLUMNS, rows[-1]))
    write_bytes(out / "groups.md", tables.table(_COLUMNS, rows).encode())
    plots.write(plots.bars(sorted(types), {row["arrangement"]: [row["types"][name] for name in sorted(types)] for row in rows}, "share of fields read exactly"), out / "groups.svg")
    return rows


def _records(name: str, count: int, seed: int, captures: tuple[str, ...], folder: Path) -> list[Record]:
    data = drawn(folder / f"{file_name_of(name)}-{count}-{seed}-{'-'.join(captures)}", name, count, seed, captures)
    return checks.check(data, name, (), (), ())[0]


def _part(group: list[str], records: dict[str, list[Record]], base: Path, settings: Training, run: Path) -> dict[str, Any]:
    run.mkdir(parents=True, exist_ok=True)
    together = [record for name in group for record in records[name]]
    adapted, progress = train.train(together, base, settings, run, run.name, " ".join(group), quiet=True)
    pages = PageForm(base, settings.page_size)
    readings = {name: reading.read(adapted.inner, [record for record in records[name] if record.split == "test"], pages) for name in group}
    (run / "checkpoint.pt").unlink()
    found = metrics.score([one for of_type in readings.values() for one in of_type])
    return {
        "group": group, "types": {name: metrics.score(of_type)["fields_exact"] for name, of_type in readings.items()},
        "parameters": progress.parameters, "exact": found["exact"], "asked": found["asked"], "cer": found["cer"],
        "images": progress.images, "seconds": progress.seconds, "cpu_seconds": progress.cpu_seconds,
    }  # fmt: skip


def _row(name: str, parts: list[dict]) -> dict[str, Any]:
    total = lambda key: sum(part[key] for part in parts)  # noqa: E731
    types = {name: exact for part in parts for name, exact in part["types"].items()}
    return {
        "arrangement": name, "trained": len(parts), "parameters": total("parameters"), "fields_exact": total("exact") / total("asked"), "types": types,
        "worst_type": min(types.values()), "cer": sum(part["cer"] * part["asked"] for part in parts) / total("asked"),
        "images": total("images"), "cpu_seconds": total("cpu_seconds"),
        # What has to be trained again when one type changes.
        "images_for_one_type": sum(part["images"] * len(part["types"]) for part in parts) / len(types),
    }  # fmt: skip
