"""The day's own conduct, with programs that fail, hang or are not there; and the check of PTX, with a compiler that is none."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECK = HERE.parents[1] / ".ci/embedded_ptx.py"


def program(folder: Path, text: str) -> Path:
    path = folder / "dossier"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def day(folder: Path, text: str, *arguments: str) -> tuple[int, dict[str, str], str]:
    """Exit code, outcome of each stage, and what was printed."""
    out = folder / "out"
    command = [sys.executable, HERE / "day", "--program", program(folder, text), "--out", out, *arguments]
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    results = out / "results.jsonl"
    lines = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    return ended.returncode, {line["name"]: line["outcome"] for line in lines if line["kind"] == "stage"}, ended.stdout


def test_a_stage_that_fails_stops_no_other_and_fails_the_day(tmp_path):
    code, outcomes, printed = day(tmp_path, "echo no such device >&2; exit 3", "--stages", "first_document,sanitizer,full_size")
    assert (code, outcomes) == (1, {"first_document": "failed", "sanitizer": "not_performed", "full_size": "failed"})
    assert "first_document, full_size" in printed
    assert "no such device" in (tmp_path / "out/log.txt").read_text()


def test_a_stage_that_hangs_is_ended_with_all_that_it_started(tmp_path):
    alive = tmp_path / "alive"
    text = f"while :; do date +%s%N > {alive}; sleep 0.1; done"
    code, outcomes, _ = day(tmp_path, text, "--stages", "first_document,full_size", "--seconds", "3")
    assert (code, outcomes) == (1, {"first_document": "timed_out", "full_size": "not_performed"})
    written = alive.read_text()
    assert subprocess.run(["sleep", "0.5"]).returncode == 0
    assert alive.read_text() == written, "it still runs"


def test_a_stage_that_is_not_there_is_refused_by_name(tmp_path):
    code, outcomes, printed = day(tmp_path, "exit 0", "--stages", "facts,weather")
    assert (code, outcomes) == (2, {})
    assert "weather" in printed


PTX = ".version {}\n.target sm_80\n"


@pytest.mark.parametrize(
    ("files", "carried", "compiler", "problem"),
    [
        (["8.7", "9.0"], ["8.7", "9.0"], "exit 0", None),
        (["8.7", "9.0"], ["9.0"], "exit 0", None),
        (["9.1"], ["9.1"], "exit 0", "version (9, 1)"),
        (["9.0"], ["9.0", "8.8"], "exit 0", "carries 2 modules"),
        (["9.0"], [], "exit 0", "carries 0 modules"),
        (["9.0"], ["9.0"], "echo unknown target >&2; exit 1", "unknown target"),
        ([], [], "exit 0", "no .ptx file"),
    ],
)
def test_ptx_that_a_driver_refuses_is_found(tmp_path, files, carried, compiler, problem):
    kernels = tmp_path / "kernels"
    kernels.mkdir()
    for version in files:
        (kernels / f"{version}.ptx").write_text(PTX.format(version))
    binary = tmp_path / "binary"
    binary.write_bytes(b"\0ELF\0\n" + b"\0\n".join(PTX.format(version).encode() for version in carried))
    command = [sys.executable, CHECK, "--program", binary, "--kernels", kernels, "--ptxas", program(tmp_path, compiler), "--newest", "9.0", "--gpus", "80,90"]
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    said = ended.stdout + ended.stderr
    assert ended.returncode == (1 if problem else 0), said
    assert problem is None or problem in said
