"""One document type from data set to adapter: check, train, evaluate, calibrate, write."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dossier_training.checkpoints import base_digest
from dossier_training.factory import artifact, calibration, checks, metrics, reading, train
from dossier_training.factory.donut import Record
from dossier_training.factory.faults import Report
from dossier_training.factory.files import alone_in, digest_of, sha256_of, staging, write_json
from dossier_training.factory.legibility import Reader
from dossier_training.factory.pages import opened
from dossier_training.factory.reader import start_from
from dossier_training.factory.settings import Training
from dossier_training.factory.train import Progress
from dossier_training.identification import prototypes
from dossier_training.identification.embedding import has_directions
from dossier_training.lora_xs import FACTORS_FILE
from dossier_training.methods import Adapted
from dossier_training.page_form import PageForm


class UnfitDataSet(ValueError):
    """The data set has faults; the report names each."""

    def __init__(self, report: Report) -> None:
        super().__init__("the data set has faults")
        self.report = report


@dataclass(frozen=True)
class Order:
    """What is to be made."""

    document_type: str
    dataset: Path
    base: Path
    out: Path
    run: Path
    training: Training = Training()
    title: str | None = None
    pages: int | None = None
    rules: str | None = None
    fields: tuple[str, ...] = ()
    optional_fields: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    factors: Path | None = None
    start: Path | None = None
    shared: Path | None = field(default=None, metadata={"help": "an adapter of `make_shared`, which is taken as it stands"})
    work: str | None = field(default=None, metadata={"help": "what a fleet knows this work by"})


def work_digest(order: Order, data_set: str, start: str | None) -> str:
    """Names a work by everything that decides its outcome."""
    return digest_of({
        "document_type": order.document_type, "data_set": data_set, "base": base_digest(order.base),
        "training": order.training.identity(), "start": start,
    })  # fmt: skip


def weights_digest(adapter: Path | None) -> str | None:
    """What an adapter's weights are named by, where there is one."""
    return None if adapter is None else sha256_of((adapter / artifact.WEIGHTS).read_bytes())


def evaluated(readings: list[metrics.Reading], scalings: dict[str, calibration.Scaling]) -> dict[str, Any]:
    """The figures of readings, and their calibration error once scaled (`ece_calibrated`), in all and a field."""
    score, scaled = metrics.score(readings), metrics.score(calibration.apply(scalings, readings))
    score["ece_calibrated"] = scaled["ece"]
    for name, of_field in score["fields"].items():
        of_field["ece_calibrated"] = scaled["fields"][name]["ece"]
    return score


def make(order: Order, quiet: bool = False, after_step=lambda _step: None) -> dict[str, Any]:
    """Makes the adapter and returns its record.

    Raises `UnfitDataSet` before any training where the data set has faults.
    """
    with alone_in(order.run):
        records, report = checks.check(order.dataset, order.document_type, order.fields, order.optional_fields, order.allow, Reader.of(order.base, order.training.page_size))
        write_json(order.run / "check.json", report.as_json())
        if report.stops:
            raise UnfitDataSet(report)
        data_set = {name: value for name, value in report.statistics.items() if name != "fields"}
        start = weights_digest(order.start)
        work = work_digest(order, str(data_set["digest"]), start)
        page_form = PageForm(order.base, order.training.page_size)
        held_out = {name: [record for record in records if record.split == name] for name in ("validation", "test")}
        if order.shared:
            adapted, progress, group = _taken(order.shared, order.base, order.training)
            progress.kept = reading.examine(adapted.inner, held_out["validation"], page_form).figures()
        else:
            adapted, progress = train.train(
                records, order.base, order.training, order.run, work, order.document_type, order.factors, order.start, quiet, after_step
            )
            group = None
        _as_exported(adapted)
        scalings = calibration.fit(reading.read(adapted.inner, held_out["validation"], page_form))
        found = evaluated(reading.read(adapted.inner, held_out["test"], page_form), scalings)
        record = {
            "work": order.work or work,
            "data_set": data_set,
            "start": start,
            **({"group": group} if group else {}),
            "metrics": {"validation": progress.kept, "test": found},
            "cost": asdict(progress),
        }
        pages = order.pages or max(record_.page for record_ in records)
        manifest = artifact.manifest_of(order.document_type, order.base, order.out, order.title, pages, order.rules)
        return artifact.write(adapted, order.base, order.out, order.run, manifest, order.training, scalings, _look(order.base, records) if order.training.look else None, record)


def _look(base: Path, records: list[Record]) -> dict[str, Any] | None:
    """What first pages of a data set look like to a base that tells types apart."""
    first = [record for record in records if record.split == "train" and record.page == 1]
    if not first or not has_directions(base):
        return None
    return prototypes.made_of(base, (opened(record) for record in first[: prototypes.MOST_PAGES]))


def make_shared(records: list[Record], document_types: tuple[str, ...], base: Path, out: Path, run: Path, training: Training, work: str, start: Path | None, quiet: bool = False) -> Progress:
    """Trains the adapter that several types are to share; `Order.shared` of each is then `out`."""
    with alone_in(run):
        adapted, progress = train.train(records, base, training, run, work, " + ".join(document_types), start=start, quiet=quiet)
        with staging(out, run) as fresh:
            adapted.export(base, fresh)
            write_json(fresh / artifact.SHARED, {"document_types": document_types, "cost": asdict(progress)})
        return progress


def _taken(shared: Path, base: Path, training: Training) -> tuple[Adapted, Progress, list[str]]:
    """An adapter of `make_shared`, what its training came to, and the types that share it."""
    factors = shared / FACTORS_FILE
    adapted = train.adapted_base(base, training, factors if factors.exists() else None)
    start_from(adapted, base, shared)
    adapted.inner.eval()
    told = json.loads((shared / artifact.SHARED).read_text())
    return adapted, Progress(**told["cost"]), told["document_types"]


def _as_exported(adapted: Adapted) -> None:
    """Tensors are exported in f16: what is evaluated is what will be read with."""
    for parameter in adapted.inner.parameters():
        if parameter.requires_grad:
            parameter.data.copy_(parameter.data.half())


def held_out_of(records: list[Record]) -> list[Record]:
    """The pages that neither training nor calibration saw."""
    return [record for record in records if record.split == "test"]
