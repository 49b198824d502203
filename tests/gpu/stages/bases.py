"""Makes what the later stages read with: the large base, and adapters of mixed ranks for both bases."""

import json
import subprocess
import sys

from .common import REPOSITORY, Day
from .random_adapters import write_adapters


def run(day: Day) -> None:
    height, width = day.size.page
    command = [sys.executable, REPOSITORY / "tests/peers/random_base.py", "--shape", day.size.shape, "--out", day.large_base]
    command += ["--height", height, "--width", width, "--dtype", "bfloat16" if day.on_gpu else "float32"]
    made = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr[-2000:]
    day.record("base", shape=day.size.shape, parameters=made.stdout.strip())
    for name, base in day.bases.items():
        adapters = write_adapters(base, day.scratch / f"{name}-adapters", max(day.size.adapters))
        day.record("adapters_written", base=name, adapters=len(adapters))
    enlarge(day)


def enlarge(day: Day) -> None:
    """The large base again, for full-size pages: the same weights, by a link."""
    folder = day.scratch / "full-size-base"
    folder.mkdir()
    for file in day.large_base.iterdir():
        (folder / file.name).symlink_to(file)
    height, width = day.size.full_page
    for name, key, value in (
        ("config.json", ("encoder", "image_size"), [height, width]),
        ("preprocessor_config.json", ("size",), {"height": height, "width": width}),
    ):
        settings = json.loads((day.large_base / name).read_text())
        place = settings
        for part in key[:-1]:
            place = place[part]
        place[key[-1]] = value
        (folder / name).unlink()
        (folder / name).write_text(json.dumps(settings))
