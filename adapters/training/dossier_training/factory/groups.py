"""One adapter a type, one a state, one for all, or another base: the same documents and as many pages for each."""

import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from dossier_training.dataset import captured_documents, write_donut
from dossier_training.factory import checks, metrics, plots, reading, tables, train
from dossier_training.factory.donut import Record
from dossier_training.factory.files import digest_of, write_bytes, write_json
from dossier_training.factory.settings import Training

_FULL = {"method": "full", "lr": 5e-4}
_COLUMNS = ("arrangement", "trained", "parameters", "fields_exact", "worst_type", "cer", "images", "cpu_seconds", "images_for_one_type")


@dataclass(frozen=True)
class Arrangement:
    """Which types share what is trained, and what of the settings that changes."""

    name: str
    groups: list[list[str]]
    changes: dict[str, object]


def arrangements(types: list[str]) -> list[Arrangement]:
    """What is compared: a type's state is the first part of its name."""
    ordered = sorted(types)
    states = [list(of_state) for _, of_state in groupby(ordered, lambda name: name.split("/")[0])]
    return [
        Arrangement("one adapter a type", [[name] for name in ordered], {}),
        Arrangement("one adapter a state", states, {}),
        Arrangement("one adapter for all", [ordered], {}),
        Arrangement("full fine-tuning for all", [ordered], _FULL),
    ]


def compare(types: list[str], base: Path, out: Path, training: Training, count: int, seed: int, captures: tuple[str, ...], say=print) -> list[dict]:
    """Trains `training.steps` a type in each arrangement; what an earlier run measured in `out` with the same settings stays."""
    records = {name: _records(name, count, seed, captures, out / "data") for name in types}
    file = out / "groups.json"
    measured = {row["key"]: row for row in json.loads(file.read_text())["rows"]} if file.exists() else {}
    rows = []
    for arrangement in arrangements(types):
        parts = []
        for group in arrangement.groups:
            settings = Training.model_validate({**training.model_dump(), **arrangement.changes, "steps": training.steps * len(group)})
            key = digest_of([group, count, seed, captures, settings.identity()])
            if key not in measured:
                measured[key] = {"key": key, "group": group, **_part(group, records, base, out / "runs" / key[7:23], settings, key)}
                write_json(file, {"rows": list(measured.values())})
            parts.append(measured[key])
        rows.append(_row(arrangement.name, parts))
        say(tables.line(_COLUMNS, rows[-1]))
    write_bytes(out / "groups.md", tables.table(_COLUMNS, rows).encode())
    plots.write(plots.bars(sorted(types), {row["arrangement"]: [row["types"][name] for name in sorted(types)] for row in rows}, "share of fields read exactly"), out / "groups.svg")
    return rows


def _records(name: str, count: int, seed: int, captures: tuple[str, ...], folder: Path) -> list[Record]:
    data = folder / f"{name.replace('/', '--')}-{count}-{seed}-{'-'.join(captures)}"
    if not (data / "metadata.jsonl").exists():
        write_donut(captured_documents(name, count, seed, captures), data)
    return checks.check(data, name, (), (), ())[0]


def _part(group: list[str], records: dict[str, list[Record]], base: Path, run: Path, settings: Training, work: str) -> dict[str, object]:
    run.mkdir(parents=True, exist_ok=True)
    together = [record for name in group for record in records[name]]
    adapted, progress = train.train(together, base, settings, run, work, " ".join(group), quiet=True)
    readings = {name: reading.read(adapted.inner, [record for record in records[name] if record.split == "test"], base) for name in group}
    (run / "checkpoint.pt").unlink()
    found = metrics.score([one for of_type in readings.values() for one in of_type])
    return {
        "types": {name: metrics.score(of_type)["fields_exact"] for name, of_type in readings.items()},
        "parameters": progress.parameters, "exact": found["exact"], "asked": found["asked"], "cer": found["cer"],
        "images": progress.images, "seconds": progress.seconds, "cpu_seconds": progress.cpu_seconds,
    }  # fmt: skip


def _row(name: str, parts: list[dict]) -> dict[str, object]:
    total = lambda key: sum(part[key] for part in parts)  # noqa: E731
    types = {name: exact for part in parts for name, exact in part["types"].items()}
    return {
        "arrangement": name, "trained": len(parts), "parameters": total("parameters"), "fields_exact": total("exact") / total("asked"), "types": types,
        "worst_type": min(types.values()), "cer": sum(part["cer"] * part["asked"] for part in parts) / total("asked"),
        "images": total("images"), "cpu_seconds": total("cpu_seconds"),
        # What has to be trained again when one type changes.
        "images_for_one_type": sum(part["images"] * len(part["types"]) for part in parts) / len(types),
    }  # fmt: skip
