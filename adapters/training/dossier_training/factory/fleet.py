"""All document types: what changed is trained, judged, published; what a kill broke off goes on."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dossier_training.checkpoints import base_digest
from dossier_training.dataset import generator_digest
from dossier_training.factory import artifact, donut, publish
from dossier_training.factory.adapter import weights_digest
from dossier_training.factory.files import alone_in, digest_of, file_name_of, sha256_of, staging, write_json
from dossier_training.factory.job import CANDIDATE, Job, prepared
from dossier_training.factory.publish import Host, Rollout
from dossier_training.factory.settings import Fleet, Folder, Generated, SettingsError, Type
from dossier_training.factory.sharing import MARKER, Shared, job_of, shared_by, untrained
from dossier_training.factory.workers import cores, run_here, run_on_ray

STATE = "state.json"
# States after which there is nothing to train while nothing changes; a `failed` job is tried again.
_TRAINED = ("accepted", "canary", "live", "installed", "rejected", "unfit", "canary_failed", "refused")


@dataclass
class Planned:
    """One type: where it stands and whether there is work."""

    entry: Type
    work: str
    terms: str
    run: Path
    out: Path
    state: dict
    shared: Shared | None = None

    @property
    def unchanged(self) -> bool:
        """Whether there is nothing to train and nothing to judge."""
        record = artifact.record_of(self.out)
        if record and record.get("work") == self.work:
            return True
        return self.state.get("work") == self.work and self.state.get("terms") == self.terms and self.state.get("state") in _TRAINED


def source_digest(data: Generated | Folder) -> str:
    """What a data set will hold, without drawing it: the files of a folder, or what the generator would draw."""
    if isinstance(data, Generated):
        return digest_of({**data.model_dump(mode="json"), "draws": generator_digest(data.generate, data.seed, data.capture)})
    files = sorted(path for path in data.folder.rglob("*") if path.is_file())
    return digest_of([[str(path.relative_to(data.folder)), sha256_of(path.read_bytes())] for path in files])


def plan(fleet: Fleet, runs: Path, only: tuple[str, ...] = ()) -> list[Planned]:
    """Every type, or those of `only`, with what its last run left."""
    base, start = base_digest(fleet.base), weights_digest(fleet.start)
    entries = {entry.document_type: entry for entry in fleet.every_type()}
    if unknown := sorted(set(only) - entries.keys()):
        raise SettingsError(f"the fleet has no `{unknown[0]}`")
    wanted = only or tuple(entries)
    # What a type shares hangs on the documents of all that share it.
    concerned = {name for asked in wanted for group in [fleet.group_of(asked)] for name in (group.document_types if group else (asked,))}
    sources = {}
    for name, entry in entries.items():
        if name in concerned:
            # `every_type` has given the generator's to those that have none, and no fleet is valid where it can't.
            assert entry.data is not None
            sources[name] = source_digest(entry.data)
    sharing = shared_by(fleet, runs, base, start, sources)
    return [_planned(fleet, entries[name], runs, base, start, sources[name], sharing.get(name)) for name in entries if name in wanted]


def _planned(fleet: Fleet, entry: Type, runs: Path, base: str, start: str | None, source: str, shared: Shared | None) -> Planned:
    run = runs / file_name_of(entry.document_type)
    identity = {
        "document_type": entry.document_type, "base": base, "start": start, "data": source, "training": fleet.training_of(entry).identity(),
        "manifest": [entry.title, entry.pages, entry.rules], "checks": [entry.allow, entry.optional_fields], **({"shared": shared.work} if shared else {}),
    }  # fmt: skip
    terms = {"gates": fleet.gates_of(entry).model_dump(), "regression": entry.regression and entry.regression.model_dump(mode="json")}
    file = run / STATE
    state = json.loads(file.read_text()) if file.exists() else {}
    return Planned(entry, digest_of(identity), digest_of(terms), run, fleet.adapters / entry.document_type, state, shared)


def run(fleet: Fleet, runs: Path, processes: int | None = None, ray: str | None = None, only: tuple[str, ...] = (), say: Callable[[str], None] = print) -> list[dict]:
    """Does what there is to do and returns how every type stands. A second fleet in the same folder is refused with `Busy`."""
    with alone_in(runs):
        planned = plan(fleet, runs, only)
        host = Host(fleet.publish) if fleet.publish else None
        waiting = {}
        for item in planned:
            if item.unchanged:
                _settle(fleet, item, host, runs, say)
            else:
                waiting[item.entry.document_type] = item
        for item in waiting.values():
            if _make_room(item.run, item.work):
                item.state = {}
        to_share = {item.shared.work: item.shared for item in waiting.values() if item.shared and not item.shared.is_trained}
        for shared in to_share.values():
            _make_room(shared.run, shared.work)
        if processes is None:
            processes = max(1, cores() // max([fleet.training_of(item.entry).threads for item in waiting.values()], default=1))
        if waiting:
            say(f"{len(waiting)} of {len(planned)} types to train, {'on Ray at ' + ray if ray else f'{processes} at a time'}")
        started, jobs = time.monotonic(), len(to_share) + len(waiting)
        ended = _outcomes(fleet, waiting, to_share, lambda some: _performed(some, processes, ray))
        for number, (name, outcome) in enumerate(ended, 1):
            left = (time.monotonic() - started) / number * (jobs - number)
            if trained := waiting.get(name):
                trained.state = {**outcome, "document_type": name, "terms": trained.terms, "at": _now()}
                _write(trained)
                if outcome["state"] == "accepted":
                    _accept(fleet, trained, host, runs)
                outcome = trained.state
            say(f"{name}: {outcome['state']}{_why(outcome)} ({number}/{jobs}, about {left / 60:.0f} min left)")
        return [state_of(item) for item in planned]


def _outcomes(fleet: Fleet, waiting: dict[str, Planned], to_share: dict[str, Shared], perform: Callable[[list[Job]], Iterable[tuple[Job, dict]]]) -> Iterator[tuple[str, dict]]:
    """What becomes of each job, as they end. Types whose adapter is trained here begin once all others are through."""
    later = [item for item in waiting.values() if item.shared and item.shared.work in to_share]
    at_once = [_job(fleet, item) for item in waiting.values() if item not in later]
    for job, outcome in perform([*(job_of(fleet, shared) for shared in to_share.values()), *at_once]):
        yield job.document_type, outcome
        if job.work in to_share and outcome["state"] != "trained":
            lost = [item for item in later if item.shared and item.shared.work == job.work]
            later = [item for item in later if item not in lost]
            yield from ((item.entry.document_type, untrained(item.entry.document_type, item.work, outcome)) for item in lost)
    yield from ((job.document_type, outcome) for job, outcome in perform([_job(fleet, item) for item in later]))


def _performed(jobs: list[Job], processes: int, ray: str | None) -> Iterable[tuple[Job, dict]]:
    if not jobs:
        return ()
    return run_on_ray(jobs, ray) if ray else run_here(jobs, processes)


def _job(fleet: Fleet, item: Planned) -> Job:
    entry, live = item.entry, (item.out / artifact.WEIGHTS).exists()
    data = lambda part: part and part.model_dump(mode="json")  # noqa: E731
    before = json.loads((item.out / artifact.MANIFEST).read_text()) if (item.out / artifact.MANIFEST).exists() else {}
    return Job(
        document_type=entry.document_type, work=item.work, data=data(entry.data), regression=data(entry.regression),
        base=str(fleet.base), live=str(item.out) if live else None, start=str(fleet.start) if fleet.start else None, run=str(item.run),
        training=fleet.training_of(entry).model_dump(mode="json"), gates=fleet.gates_of(entry).model_dump(),
        title=entry.title or before.get("title"), pages=entry.pages or before.get("pages"), rules=entry.rules or before.get("rules"),
        allow=entry.allow, optional_fields=entry.optional_fields, shared=str(item.shared.adapter) if item.shared else None,
    )  # fmt: skip


def _make_room(run: Path, work: str) -> bool:
    """A run of other work can't be gone on with: it makes way, the adapter in `adapters/` stays. Whether one did, or there was none."""
    run.mkdir(parents=True, exist_ok=True)
    marker = run / MARKER
    if marker.exists() and marker.read_text() == work:
        return False
    for path in run.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    marker.write_text(work)
    return True


def _accept(fleet: Fleet, item: Planned, host: Host | None, runs: Path) -> None:
    """Publishes what passed its gates, and puts it into `adapters/` once it serves, or where there is no host."""
    live = item.out if (item.out / artifact.WEIGHTS).exists() else None
    if host is None:
        _install(item, runs)
        item.state["state"] = "installed"
    else:
        try:
            regression = donut.read(prepared(item.entry.regression.model_dump(mode="json"), item.run, "regression"))[0] if item.entry.regression else []
            worse = fleet.gates_of(item.entry).field_worse_by_at_most
            rollout = publish.roll_out(host, item.entry.document_type, item.run / CANDIDATE, live, regression, worse)
        except publish.HostError as error:
            # Nothing is decided: the next run tries again from here.
            item.state["publication"] = {"state": "accepted", "detail": str(error), "package": None}
            _write(item)
            return
        _note(item, rollout, runs)
    _write(item)


def _note(item: Planned, rollout: Rollout, runs: Path) -> None:
    if rollout.state == "live":
        _install(item, runs)
    item.state["state"], item.state["publication"] = rollout.state, rollout.as_json()


def _settle(fleet: Fleet, item: Planned, host: Host | None, runs: Path, say: Callable[[str], None]) -> None:
    """Goes on with what an earlier run left between training and serving."""
    state = item.state.get("state")
    if state == "canary" and host:
        _note(item, publish.settle(host, item.entry.document_type, item.state["publication"]["package"]), runs)
        _write(item)
    elif state == "accepted" and (item.run / CANDIDATE).is_dir():
        _accept(fleet, item, host, runs)
    else:
        return
    say(f"{item.entry.document_type}: {item.state['state']}{_why(item.state)}")


def _install(item: Planned, runs: Path) -> None:
    with staging(item.out, runs) as fresh:
        shutil.copytree(item.run / CANDIDATE, fresh, dirs_exist_ok=True)


def _write(item: Planned) -> None:
    write_json(item.run / STATE, item.state)


def _why(state: dict) -> str:
    if "reason" in state:
        return f": {state['reason']}"
    if state["state"] == "accepted" and "publication" in state:
        return f", not published: {state['publication']['detail']}"
    failed = [gate["detail"] for gate in state.get("gates", []) if gate["outcome"] == "failed"]
    return f": {'; '.join(failed)}" if failed else ""


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def state_of(item: Planned) -> dict:
    """How a type stands, for the report: its last outcome, or what its folder in `adapters/` says."""
    record = artifact.record_of(item.out)
    standing = {"state": "installed" if record and record.get("work") == item.work else "untrained", "record": record}
    return {"document_type": item.entry.document_type, **standing, **item.state}
