"""The work of one document type of a fleet, in a process or on a machine of its own.

A job is JSON; its folders are paths here, or archives where it runs on another machine. It leaves
`outcome.json` and, where training was allowed and ended, `candidate/`.
"""

import argparse
import io
import json
import os
import shutil
import tarfile
import threading
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import overload

OUTCOME, CANDIDATE = "outcome.json", "candidate"


@dataclass(frozen=True)
class Job:
    """One document type, or what a group of them shares.

    `data` and `regression` are a folder (`{"folder"}`) or the generator's (`{"generate", …}`); those of a group are
    `{"each": [{"document_type", "data", "allow", "optional_fields"}]}`.
    """

    document_type: str
    work: str
    data: dict
    regression: dict | None
    base: str
    live: str | None
    start: str | None
    run: str
    training: dict
    gates: dict
    title: str | None = None
    pages: int | None = None
    rules: str | None = None
    allow: tuple[str, ...] = ()
    optional_fields: tuple[str, ...] = ()
    shared: str | None = None
    quiet: bool = True


def prepared(data: dict, run: Path, name: str) -> Path:
    """The folder of a data set; the generator's is drawn into the run's folder, once."""
    from dossier_training.dataset import drawn

    if "folder" in data:
        return Path(data["folder"])
    return drawn(prepared_folder(data, run, name), data["generate"], data["count"], data["seed"], data["capture"])


def prepared_folder(data: dict, run: Path, name: str) -> Path:
    """Where `prepared` draws to."""
    from dossier_training.factory.files import digest_of

    return run / f"{name}-{digest_of(data)[7:19]}"


def folders_of(data: dict | None) -> list[str]:
    """The folders of data sets that `data` or `regression` names."""
    if not data:
        return []
    if "each" in data:
        return [folder for member in data["each"] for folder in folders_of(member["data"])]
    return [data["folder"]] if "folder" in data else []


@overload
def moved(data: dict, places: dict[str, str]) -> dict: ...
@overload
def moved(data: dict | None, places: dict[str, str]) -> dict | None: ...
def moved(data: dict | None, places: dict[str, str]) -> dict | None:
    """The same `data` or `regression`, where its folders lie elsewhere."""
    if not data:
        return data
    if "each" in data:
        return {"each": [{**member, "data": moved(member["data"], places)} for member in data["each"]]}
    return {"folder": places[data["folder"]]} if "folder" in data else data


def work(job: Job) -> dict:
    """Does what there is to do; the outcome as data."""
    return _train_shared(job) if "each" in job.data else _make(job)


def _train_shared(job: Job) -> dict:
    """Trains what a group shares, unless a data set has faults. Its types are judged by jobs of their own, which are given it as `shared`."""
    from dossier_training.factory import adapter, checks
    from dossier_training.factory.legibility import Reader
    from dossier_training.factory.settings import Training

    run, records, reports = Path(job.run), {}, {}
    training = Training.model_validate(job.training)
    reader = Reader.of(Path(job.base), training.page_size)
    for member in job.data["each"]:
        name, data = member["document_type"], prepared(member["data"], run, "data")
        records[name], reports[name] = checks.check(data, name, (), tuple(member["optional_fields"]), tuple(member["allow"]), reader)
    for name, fault in checks.leakage_across(records):
        reports[name].faults.append(fault)
    unfit = {name: {"check": report.as_json(), "text": report.as_text()} for name, report in reports.items() if report.stops}
    if unfit:
        return {"state": "unfit", "work": job.work, "unfit": unfit}
    together = [record for of_type in records.values() for record in of_type]
    start = Path(job.start) if job.start else None
    progress = adapter.make_shared(together, tuple(records), Path(job.base), run / CANDIDATE, run, training, job.work, start, job.quiet)
    for member in job.data["each"]:
        _drop_drawn(member["data"], run, "data")
    return {"state": "trained", "work": job.work, "cost": asdict(progress)}


def _make(job: Job) -> dict:
    """Trains, evaluates beside the live version, judges; the outcome as data. A data set with faults is an outcome too."""
    from dossier_training.base_form import BaseForm
    from dossier_training.factory import adapter, checks, donut, gates, metrics, reading
    from dossier_training.factory.legibility import Reader
    from dossier_training.factory.reader import AnotherBase, load_adapted
    from dossier_training.factory.settings import Gates, Training
    from dossier_training.page_form import PageForm

    run, base = Path(job.run), Path(job.base)
    candidate = run / CANDIDATE
    order = adapter.Order(
        document_type=job.document_type, dataset=prepared(job.data, run, "data"), base=base, out=candidate, run=run,
        training=Training.model_validate(job.training), title=job.title, pages=job.pages, rules=job.rules,
        allow=tuple(job.allow), optional_fields=tuple(job.optional_fields), start=Path(job.start) if job.start else None, shared=Path(job.shared) if job.shared else None, work=job.work,
    )  # fmt: skip
    try:
        record = adapter.make(order, quiet=job.quiet)
    except adapter.UnfitDataSet as error:
        return {"state": "unfit", "work": job.work, "check": error.report.as_json(), "text": error.report.as_text()}

    records, _ = checks.check(order.dataset, job.document_type, (), order.optional_fields, order.allow, Reader(BaseForm.read(base).vocabulary))
    held_out = adapter.held_out_of(records)
    regression = donut.read(prepared(job.regression, run, "regression"))[0] if job.regression else None
    settings = Gates.model_validate(job.gates)
    live = Path(job.live) if job.live else None
    try:
        live_model, why_not = (load_adapted(base, live), "") if live else (None, "nothing of this type is live")
    except AnotherBase:
        live_model, why_not = None, "the live version is of another base"
    read = lambda model, folder, records: reading.read(model, records, PageForm.of_adapter(base, folder)) if model is not None and records is not None else None  # noqa: E731
    live_readings = read(live_model, live, held_out)
    outcomes = gates.judge(
        settings, record["metrics"]["test"], metrics.score(live_readings) if live_readings else None,
        read(load_adapted(base, candidate), candidate, regression), read(live_model, live, regression), why_not,
    )  # fmt: skip
    _drop_drawn(job.data, run, "data")
    _drop_drawn(job.regression, run, "regression")
    return {
        "state": "accepted" if gates.passed(outcomes) else "rejected",
        "work": job.work,
        "gates": [outcome.as_json() for outcome in outcomes],
        "record": record,
        "live": adapter.evaluated(live_readings, {}) if live_readings else None,
    }


def _drop_drawn(data: dict | None, run: Path, name: str) -> None:
    """What the generator drew can be drawn again, and a fleet's pages would fill a disk."""
    if data and "generate" in data:
        shutil.rmtree(prepared_folder(data, run, name), ignore_errors=True)


def perform(job: Job) -> dict:
    """Works and writes the outcome down; whatever goes wrong is an outcome as well."""
    from dossier_training.factory.files import write_json

    try:
        outcome = work(job)
    except Exception as error:
        outcome = {"state": "failed", "work": job.work, "reason": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
    write_json(Path(job.run) / OUTCOME, outcome)
    return outcome


def pack(folder: Path) -> bytes:
    """A folder as a tar archive, to travel."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()


def unpack(contents: bytes, folder: Path) -> Path:
    """Puts an archive of `pack` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(contents)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _leave_with_parent() -> None:
    """Ends this process when the fleet that started it is gone: its standard input closes then."""
    # Not through `sys.stdin`, whose lock this thread would hold while the interpreter ends.
    while os.read(0, 1024):
        pass
    os._exit(3)


def main() -> None:
    """`python -m dossier_training.factory.job JOB.json`: what a fleet starts for each type."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    options = parser.parse_args()
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    outcome = perform(Job(**json.loads(options.job.read_text())))
    raise SystemExit(1 if outcome["state"] == "failed" else 0)


def as_dict(job: Job) -> dict:
    """The job as JSON takes it."""
    return asdict(job)


if __name__ == "__main__":
    main()
