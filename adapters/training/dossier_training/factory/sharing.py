"""Types that share an adapter: it is trained once, on the documents of all, by a job before theirs.

Each of them then takes it as it stands, with a calibration, figures, gates and a publication of its own. The host holds
it once: what it knows an adapter by is the digest of its files.
"""

from dataclasses import dataclass
from pathlib import Path

from dossier_training.factory.artifact import SHARED
from dossier_training.factory.files import digest_of, file_name_of
from dossier_training.factory.job import CANDIDATE, Job
from dossier_training.factory.settings import Fleet

MARKER = "work"


@dataclass(frozen=True)
class Shared:
    """What a group's types share, and where it is trained."""

    document_types: tuple[str, ...]
    work: str
    run: Path

    @property
    def adapter(self) -> Path:
        """The adapter's folder, once it is trained."""
        return self.run / CANDIDATE

    @property
    def is_trained(self) -> bool:
        """Whether the adapter is there, and of this work."""
        marker = self.run / MARKER
        return (self.adapter / SHARED).exists() and marker.exists() and marker.read_text() == self.work


def shared_by(fleet: Fleet, runs: Path, base: str, start: str | None, sources: dict[str, str]) -> dict[str, Shared]:
    """What each type of a group shares; `base`, `start` and `sources` are the digests of what it will be made from."""
    entries = {entry.document_type: entry for entry in fleet.every_type()}
    of_type: dict[str, Shared] = {}
    for group in fleet.groups:
        if not sources.keys() >= set(group.document_types):
            continue
        members = [entries[name] for name in group.document_types]
        work = digest_of({
            "base": base, "start": start, "training": fleet.training_of(members[0]).identity(),
            "members": [[entry.document_type, sources[entry.document_type], entry.allow, entry.optional_fields] for entry in members],
        })  # fmt: skip
        shared = Shared(group.document_types, work, runs / f"group--{file_name_of(group.document_types[0])}")
        of_type |= dict.fromkeys(group.document_types, shared)
    return of_type


def job_of(fleet: Fleet, shared: Shared) -> Job:
    """The job that trains what a group shares."""
    entries = {entry.document_type: entry for entry in fleet.every_type()}
    members = [entries[name] for name in shared.document_types]
    each = [
        {"document_type": entry.document_type, "data": entry.data.model_dump(mode="json") if entry.data else None, "allow": entry.allow, "optional_fields": entry.optional_fields}
        for entry in members
    ]
    return Job(
        document_type=" + ".join(shared.document_types), work=shared.work, data={"each": each}, regression=None, base=str(fleet.base), live=None,
        start=str(fleet.start) if fleet.start else None, run=str(shared.run), training=fleet.training_of(members[0]).model_dump(mode="json"), gates={},
    )  # fmt: skip


def untrained(document_type: str, work: str, outcome: dict) -> dict:
    """What becomes of a type when the job of its group did not end well."""
    unfit = outcome.get("unfit", {})
    if document_type in unfit:
        return {"state": "unfit", "work": work, **unfit[document_type]}
    if unfit:
        return {"state": "unfit", "work": work, "reason": f"the data set of {', '.join(sorted(unfit))} has faults, and the adapter is one"}
    return {"state": "failed", "work": work, "reason": f"the adapter that it shares was not trained: {outcome.get('reason', outcome['state'])}"}
