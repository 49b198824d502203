"""Memory of the device and of the host while adapters are loaded and sent away, again and again."""

import subprocess
import threading

from .common import SHIPPED, Day


def run(day: Day) -> None:
    base = day.large_base if day.is_small else SHIPPED
    with Watch(day) as watch:
        report = day.ask("bench", "adapters", "--base", base, "--counts", "1,4", "--rounds", 1, "--documents", 4, "--batch", 4, "--fields", 2, "--cycles", day.size.cycles)
    cycles = report["cycles"]
    day.record("memory", device_mib_before=watch.before, device_mib_most=watch.most, **cycles)
    grown = cycles["rss_mb_after"] - cycles["rss_mb_before"]
    assert grown < 64, f"{day.size.cycles} loads left {grown:.0f} MB behind"


class Watch:
    """The most memory of the device that was in use, as the driver tells."""

    def __init__(self, day: Day) -> None:
        self.on_gpu = day.on_gpu
        self.before = self.most = self.used()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def used(self) -> int | None:
        if not self.on_gpu:
            return None
        smi = subprocess.run(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"], capture_output=True, text=True, check=True)
        return int(smi.stdout.split()[0])

    def watch(self) -> None:
        while self.on_gpu and not self.ended.wait(0.3):
            self.most = max(self.most, self.used())

    def __enter__(self) -> "Watch":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.ended.set()
        self.thread.join()
