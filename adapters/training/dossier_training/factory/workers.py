"""Where a fleet's jobs run: processes of this machine, or a Ray cluster."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from dossier_training.factory.files import replace_folder, write_json
from dossier_training.factory.job import CANDIDATE, OUTCOME, Job, as_dict, folders_of, moved, pack, perform, unpack

_PACKAGE = Path(__file__).parents[1]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def run_here(jobs: list[Job], processes: int) -> Iterator[tuple[Job, dict]]:
    """Each job in a process of its own, `processes` at a time; pairs as they end. A job that is killed takes no other with it."""
    with ThreadPoolExecutor(max(1, processes)) as pool:
        waiting = {pool.submit(_process, job): job for job in jobs}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _process(job: Job) -> dict:
    run = Path(job.run)
    write_json(run / "job.json", as_dict(job))
    (run / OUTCOME).unlink(missing_ok=True)
    path = os.pathsep.join(filter(None, [str(_PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(job.training["threads"])}
    command = [sys.executable, "-m", "dossier_training.factory.job", str(run / "job.json")]
    with (run / "output.log").open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=environment)
        code = process.wait()
        if process.stdin:
            process.stdin.close()
    if (run / OUTCOME).exists():
        return json.loads((run / OUTCOME).read_text())
    return {"state": "failed", "work": job.work, "reason": f"the process ended with {code}; see {run / 'output.log'}"}


def run_on_ray(jobs: list[Job], address: str) -> Iterator[tuple[Job, dict]]:
    """Each job as a task of a Ray cluster; what it needs travels with it, so that nodes share no disk.

    A node keeps the checkpoint of a job in its temporary folder: a task that is tried again there goes on.
    """
    import ray

    ray.init(address=address, runtime_env={"py_modules": [str(_PACKAGE)]}, log_to_driver=False)
    try:
        bases = {base: ray.put(pack(Path(base))) for base in {job.base for job in jobs}}
        remote = ray.remote(max_retries=2)(_task)
        waiting = {}
        for job in jobs:
            folders = {folder: pack(Path(folder)) for folder in [*folders_of(job.data), *folders_of(job.regression)]}
            adapters = {name: pack(Path(folder)) for name, folder in (("live", job.live), ("start", job.start), ("shared", job.shared)) if folder}
            task = remote.options(num_cpus=job.training["threads"], name=job.document_type).remote(as_dict(job), bases[job.base], Path(job.base).name, adapters, folders)
            waiting[task] = job
        while waiting:
            [done], _ = ray.wait(list(waiting), num_returns=1)
            job = waiting.pop(done)
            try:
                outcome, candidate = ray.get(done)
            except ray.exceptions.RayError as error:
                yield job, {"state": "failed", "work": job.work, "reason": f"{type(error).__name__}: {error}"}
                continue
            run = Path(job.run)
            if candidate is not None:
                with tempfile.TemporaryDirectory(prefix=".staging-", dir=run) as fresh:
                    replace_folder(unpack(candidate, Path(fresh) / CANDIDATE), run / CANDIDATE)
            write_json(run / OUTCOME, outcome)
            yield job, outcome
    finally:
        ray.shutdown()


def _task(job: dict, base: bytes, base_name: str, adapters: dict[str, bytes], folders: dict[str, bytes]) -> tuple[dict, bytes | None]:
    """On the node: unpacks, works, packs."""
    node = Path(tempfile.gettempdir()) / "dossier-train" / job["work"].removeprefix("sha256:")
    run = node / "run"
    base_folder = unpack(base, node / "base" / base_name)
    unpacked = {name: str(unpack(contents, node / name)) for name, contents in adapters.items()}
    places = {folder: str(unpack(contents, node / f"data-{number}")) for number, (folder, contents) in enumerate(folders.items())}
    sent = Job(**job)
    there = replace(
        sent, base=str(base_folder), run=str(run), data=moved(sent.data, places), regression=moved(sent.regression, places),
        live=unpacked.get("live"), start=unpacked.get("start"), shared=unpacked.get("shared"),
    )  # fmt: skip
    outcome = perform(there)
    candidate = run / CANDIDATE
    return outcome, pack(candidate) if candidate.is_dir() and outcome["state"] in ("accepted", "rejected", "trained") else None
