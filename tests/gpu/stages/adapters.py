"""Hundreds and thousands of adapters in memory: documents a second as a share of the base, and what a load takes."""

from .common import SHIPPED, Day


def run(day: Day) -> None:
    size = day.size
    for name, base, count in [("shipped", SHIPPED, count) for count in size.many] + [("large", day.large_base, size.many[0])]:
        command = ["bench", "adapters", "--base", base, "--counts", f"1,{count}", "--rounds", 1, "--fields", size.fields]
        command += ["--documents", 2 * size.documents[-1], "--batch", size.documents[-1]]
        command += ["--weight-precision", day.precision, "--adapter-precision", day.precision]
        report = day.ask(*command)
        kept = ("adapters", "docs_per_s_base", "ratio_all_to_base", "ratio_all_to_base_quarter_resident", "load_ms_p50", "load_ms_p99", "load_again_ms", "pool_bytes", "base_bytes", "latency_ms_alone")
        day.record("many_adapters", base=name, **{key: report[key] for key in kept})
        assert report["adapters"] == count
