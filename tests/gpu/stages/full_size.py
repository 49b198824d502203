"""Full-size pages, so many at once that one pass over all of them would overflow what kernels count."""

import time

from .common import Day


def run(day: Day) -> None:
    for pages in day.size.passes:
        started = time.perf_counter()
        speed = day.documents_per_second(day.scratch / "full-size-base", [], pages, rounds=1, fields=1, characters=2)
        day.record("full_size", pages_at_once=pages, documents_per_s=round(speed, 2), seconds=round(time.perf_counter() - started, 1))
        assert speed > 0
