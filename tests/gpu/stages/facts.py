"""The machine: driver, libraries, free memory, and what the device can do at most."""

import platform
import shutil
import subprocess
import time
from functools import partial

from .common import Day

QUERY = "name,driver_version,memory.total,memory.free,clocks.sm,clocks.mem,power.draw"


def run(day: Day) -> None:
    day.record("versions", python=platform.python_version(), kernel=platform.release(), **packages())
    if day.on_gpu:
        smi = subprocess.run(["nvidia-smi", f"--query-gpu={QUERY}", "--format=csv,noheader"], capture_output=True, text=True)
        day.record("gpu", query=QUERY, answer=smi.stdout.strip())
    missing = missing_libraries(day)
    day.record("libraries", missing=missing)
    ceilings(day)
    assert not missing, f"the program can't start: {missing}"


def packages() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("torch", "transformers", "peft", "triton"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def missing_libraries(day: Day) -> list[str]:
    if not shutil.which("ldd"):
        return []
    listed = subprocess.run(["ldd", day.program], capture_output=True, text=True).stdout
    return [line.split()[0] for line in listed.splitlines() if "not found" in line]


def ceilings(day: Day) -> None:
    """A large copy and a large product through PyTorch, on numbers that are no zeros."""
    import torch

    device = torch.device(day.device)
    count, side = (1 << 30, 8192) if day.on_gpu else (1 << 22, 512)
    dtype = torch.bfloat16 if day.on_gpu else torch.float32
    source = torch.randn(count, device=device, dtype=dtype)
    target = torch.empty_like(source)
    seconds = median_seconds(partial(target.copy_, source), device)
    day.record("copy", gigabytes_per_s=round(2 * source.numel() * source.element_size() / seconds / 1e9, 1))
    del source, target
    left, right = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    seconds = median_seconds(lambda: left @ right, device)
    day.record("product", dtype=str(dtype), tflops=round(2 * side**3 / seconds / 1e12, 2))


def median_seconds(work, device) -> float:
    import torch

    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    seconds = []
    for round_number in range(8):
        wait()
        started = time.perf_counter()
        work()
        wait()
        if round_number >= 3:
            seconds.append(time.perf_counter() - started)
    return sorted(seconds)[len(seconds) // 2]
