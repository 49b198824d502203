"""Every access to the device's memory, checked by NVIDIA's compute-sanitizer, on a tiny model with an adapter."""

import re
import shutil
import subprocess

from .common import MODELS, REPOSITORY, Day


def run(day: Day) -> None:
    sanitizer = shutil.which("compute-sanitizer")
    if not (day.on_gpu and sanitizer):
        day.not_performed("needs a GPU and compute-sanitizer")
    image = REPOSITORY / "tests/fixtures/goldens/images/landscape.png"
    command = [sanitizer, "--tool", "memcheck", "--error-exitcode", "9", day.program, "debug", "forward", "--device", day.device]
    command += ["--base", MODELS / "tied", "--adapter", MODELS / "tied/adapters/all-linear", "--image", image, "--tokens", "1,20,9", "--json"]
    answer = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=REPOSITORY)
    said = answer.stdout + answer.stderr
    (day.out / "sanitizer.txt").write_text("\n".join(line for line in said.splitlines() if line.startswith("========="))[-500_000:])
    errors = re.search(r"ERROR SUMMARY: (\d+) error", said)
    day.record("memcheck", exit_code=answer.returncode, errors=int(errors[1]) if errors else None)
    assert answer.returncode == 0 and errors and errors[1] == "0", said[-1500:]
