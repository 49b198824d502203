"""This host beside transformers and PEFT: the same weights and rows, turn about, by tests/peers/beside_peft.py."""

import json
import subprocess
import sys

from .common import PAGE, REPOSITORY, Day


def run(day: Day) -> None:
    size = day.size
    documents, adapters = size.documents[0], max(count for count in size.adapters if count <= size.documents[0])
    runs = [("bfloat16", False), ("float32", False), ("float32", True)] if day.on_gpu else [("float32", False)]
    for dtype, tf32 in runs:
        command = [sys.executable, REPOSITORY / "tests/peers/beside_peft.py", "--bench", day.bench, "--base", day.large_base]
        command += ["--image", PAGE, "--documents", documents, "--adapters", adapters, "--fields", size.fields, "--characters", size.characters]
        command += ["--rounds", 1 if dtype == "float32" else size.rounds, "--device", day.device, "--dtype", dtype, "--threads", threads(day)]
        command += ["--tf32"] if tf32 else []
        answer = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=REPOSITORY)
        if answer.returncode != 0:
            raise RuntimeError(answer.stderr[-2000:])
        report = json.loads(answer.stdout)
        day.record("peers", dtype=dtype, tf32=tf32, docs_per_s=report["docs_per_s"], peft_preparation_ms_a_page=report["peft_preparation_ms_a_page"])
        assert all(side > 0 for kind in report["docs_per_s"].values() for side in kind.values())


def threads(day: Day) -> int:
    import os

    return os.cpu_count() if day.on_gpu else 2
