"""Which kernels a batch runs and for how long, by NVIDIA's ncu; it leaves the clocks as they are."""

import shutil
import subprocess

from .common import PAGE, REPOSITORY, Day


def run(day: Day) -> None:
    ncu = shutil.which("ncu")
    if not (day.on_gpu and ncu):
        day.not_performed("needs a GPU and ncu")
    report = day.out / "kernels"
    command = [ncu, "--clock-control", "none", "--launch-skip", 2000, "--launch-count", 150, "--force-overwrite", "--export", report]
    command += [day.bench, "documents", "--device", day.device, "--base", day.large_base, "--image", PAGE, "--documents", 16, "--batch", 16]
    command += ["--rounds", 1, "--fields", 8, "--characters", 24, "--weight-precision", "bf16"]
    answer = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=REPOSITORY)
    day.record("ncu", exit_code=answer.returncode)
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[-1500:]
