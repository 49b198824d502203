"""A base with a finished adapter in it, of any method."""

import json
from pathlib import Path

import torch
from peft import PeftModel

from dossier_training import lora_xs
from dossier_training.checkpoints import base_digest, load_base
from dossier_training.methods import Adapted, adapt


class AnotherBase(ValueError):
    """The adapter was trained on another base."""


def start_from(adapted: Adapted, base: Path, adapter: Path) -> None:
    """Puts the values of a finished adapter of the same base and kind into one that is to be trained."""
    _refuse_another_base(base, adapter, json.loads((adapter / "adapter_config.json").read_text()))
    adapted.load(adapter)


def load_adapted(base: Path, adapter: Path | None) -> torch.nn.Module:
    """The model that reads with the adapter of a folder; without one, the base alone."""
    model = load_base(base).eval()
    if adapter is None:
        return model
    config = json.loads((adapter / "adapter_config.json").read_text())
    _refuse_another_base(base, adapter, config)
    if config["peft_type"] == "LORA_XS":
        adapted = adapt(model, "lora-xs", config["r"], adapter / lora_xs.FACTORS_FILE, config["target_modules"])
        adapted.load(adapter)
        return adapted.inner.eval()
    return PeftModel.from_pretrained(model, adapter).eval().get_base_model()


def _refuse_another_base(base: Path, adapter: Path, config: dict[str, object]) -> None:
    if config.get("revision") not in (None, base_digest(base)):
        raise AnotherBase(f"{adapter}: trained on the base {config['revision']}, not {base_digest(base)}")
