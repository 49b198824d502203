"""One document with the shipped base and adapter: the same fields as on the CPU, and how long the first call takes."""

import time

from .common import PAGE, PASSPORT, Day


def run(day: Day) -> None:
    expected = read(day, "cpu")
    for call in ("first", "second"):
        started = time.perf_counter()
        found = read(day, day.device)
        day.record("document", call=call, seconds=round(time.perf_counter() - started, 2))
        compare(day, expected, found)


def read(day: Day, device: str) -> dict:
    return day.ask("extract", PAGE, "--document-type", PASSPORT, device=device)


def compare(day: Day, expected: dict, found: dict) -> None:
    pairs = list(zip(expected["fields"], found["fields"], strict=True))
    assert pairs, "a document without fields"
    different = [left["name"] for left, right in pairs if left["raw"] != right["raw"]]
    confidences = [(left["confidence"], right["confidence"]) for left, right in pairs if left["confidence"] is not None]
    off = max(abs(left - right) for left, right in confidences)
    day.record("document_parity", fields=len(pairs), different=different, confidence_off=off)
    assert not different, f"other texts than on the CPU: {different}"
    assert off < 1e-3, f"confidences are off by {off}"
    assert expected["verdict"] == found["verdict"]
