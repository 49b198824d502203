"""What each kind of adapter costs and brings: the same data, steps and seed for all of them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dossier_training.dataset import drawn, generator_digest
from dossier_training.factory import adapter, plots, tables
from dossier_training.factory.adapter import Order
from dossier_training.factory.files import file_name_of, write_bytes
from dossier_training.factory.measured import Measured
from dossier_training.factory.settings import SettingsError, Training


@dataclass(frozen=True)
class Variant:
    """A kind of adapter, and what of the settings it changes. Small methods want a higher rate."""

    name: str
    changes: dict[str, Any]


VARIANTS = (
    Variant("LoRA r=4", {"r": 4}),
    Variant("LoRA r=8", {"r": 8}),
    Variant("LoRA r=16", {"r": 16}),
    Variant("rsLoRA r=8", {"method": "rslora"}),
    Variant("DoRA r=8", {"method": "dora"}),
    Variant("LoRA r=8, encoder", {"parts": "encoder"}),
    Variant("LoRA r=8, decoder", {"parts": "decoder"}),
    Variant("LoRA r=8, patch convolution too", {"patch_embedding": True}),
    Variant("LoRA r=8, two norms whole", {"modules_to_save": ("encoder.embeddings.norm", "decoder.model.decoder.layer_norm")}),
    Variant("LoRA+ r=8, B 4 times", {"lora_plus_ratio": 4.0}),
    Variant("VeRA r=64", {"method": "vera", "r": 64, "lr": 3e-2}),
    Variant("LoRA-XS r=16", {"method": "lora-xs", "r": 16, "lr": 1e-2}),
)
_COLUMNS = ("variant", "document_type", "parameters", "bytes", "shared_bytes", "fields_exact", "cer", "seconds", "cpu_seconds", "steps", "images")


def compare(types: list[str], base: Path, out: Path, training: Training, count: int, seed: int, only: tuple[str, ...] = (), say=print) -> list[dict]:
    """Trains every variant on every type, one after the other; what an earlier run measured in `out` with the same settings stays."""
    wanted = [variant for variant in VARIANTS if not only or variant.name in only]
    if missing := set(only) - {variant.name for variant in wanted}:
        raise SettingsError(f"no variant is called `{sorted(missing)[0]}`; there are {', '.join(v.name for v in VARIANTS)}")
    measured, rows = Measured(out / "variants.json", base), []
    for document_type in types:
        data, draws = drawn(out / "data" / f"{file_name_of(document_type)}-{count}-{seed}", document_type, count, seed), generator_digest(document_type, seed, ("clean",))
        for variant in wanted:
            settings = Training.like(training, **variant.changes)
            terms = [document_type, variant.name, count, seed, settings.identity(), draws]
            rows.append(measured.row(terms, partial(_trained, variant.name, document_type, data, base, settings)))
            say(tables.line(_COLUMNS, rows[-1]))
    write_bytes(out / "variants.md", tables.table(_COLUMNS, rows).encode())
    marks = {name: [(row["parameters"], row["fields_exact"], row["variant"]) for row in rows if row["document_type"] == name] for name in types}
    plots.write(plots.points(marks, "trained parameters", "share of fields read exactly"), out / "variants.svg")
    return rows


def _trained(variant: str, document_type: str, data: Path, base: Path, settings: Training, run: Path) -> dict[str, Any]:
    record = adapter.make(Order(document_type, data, base, run / "adapter", run, settings), quiet=True)
    cost, test = record["cost"], record["metrics"]["test"]
    return {
        "variant": variant, "document_type": document_type, "parameters": cost["parameters"], "bytes": record["adapter_bytes"], "shared_bytes": record["factors_bytes"], "fields_exact": test["fields_exact"],
        "asked": test["asked"], "cer": test["cer"], "seconds": cost["seconds"], "cpu_seconds": cost["cpu_seconds"], "steps": cost["step"], "images": cost["images"],
    }  # fmt: skip
