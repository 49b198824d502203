"""Documents a second: the base alone and with mixed adapters, in batches of several sizes, on both bases."""

from .common import Day


def run(day: Day) -> None:
    for name, base in day.bases.items():
        folders = sorted((day.scratch / f"{name}-adapters").iterdir(), key=lambda folder: int(folder.name))
        for documents in day.size.documents:
            alone = None
            for adapters in day.size.adapters:
                if adapters > documents:
                    continue
                speed = day.documents_per_second(base, folders[:adapters], documents)
                alone = alone or speed
                day.record("throughput", base=name, batch=documents, adapters=adapters, documents_per_s=round(speed, 2), share_of_base=round(speed / alone, 3))
                assert speed > 0
