"""Hundreds and thousands of adapters in memory: documents a second as a share of the base, and what a load takes."""

from .common import Day


def run(day: Day) -> None:
    size = day.size
    # Thousands of the large base's are gigabytes to write, so it comes last and has the fewest.
    counts = [(name, count) for name in reversed(day.bases) for count in (size.many[:1] if name == "large" else size.many)]
    for name, count in counts:
        command = ["bench", "adapters", "--base", day.bases[name], "--counts", f"1,{count}", "--rounds", 1, "--fields", size.fields]
        command += ["--ranks", "8"] if name == "large" else []
        command += ["--documents", 2 * size.documents[-1], "--batch", size.documents[-1]]
        command += ["--weight-precision", day.precision, "--adapter-precision", day.precision]
        report = day.ask(*command)
        kept = ("adapters", "docs_per_s_base", "ratio_all_to_base", "ratio_all_to_base_quarter_resident", "load_ms_p50", "load_ms_p99", "load_again_ms", "pool_bytes", "base_bytes", "latency_ms_alone")
        day.record("many_adapters", base=name, **{key: report[key] for key in kept})
        assert report["adapters"] == count
