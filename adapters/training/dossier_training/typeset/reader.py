"""The next base: the architecture of the present one, more letters, a page of any size; it begins as the present one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import VisionEncoderDecoderModel

from dossier_training import vocabulary
from dossier_training.base_form import BaseForm
from dossier_training.model import new_model
from dossier_training.typeset import letters


def new_reader(width: int, height: int) -> VisionEncoderDecoderModel:
    """A fresh model for pages of `width` x `height` pixels."""
    return new_model(BaseForm(width, height, letters.VOCABULARY))


@dataclass(frozen=True)
class Taught:
    """What a training has come to: weights of the model and of the heads that taught its encoder, and after how many steps and sheets."""

    model: dict[str, Any]
    heads: dict[str, Any]
    steps: int
    sheets: int


def taught_by(checkpoint: Path) -> Taught:
    """The weights of a checkpoint: their running mean, where it has one."""
    saved = torch.load(checkpoint, weights_only=True)
    mean = {name.removeprefix("module."): weight for name, weight in saved.get("averaged", {}).items() if name != "n_averaged"}
    return Taught(mean or saved["model"], saved["heads"], saved["step"], saved["seen"])


def keep(taught: Taught, file: Path) -> None:
    """Writes what a later training begins as, in f16: a tenth of a checkpoint."""
    halves = [{name: weight.half() if weight.is_floating_point() else weight for name, weight in part.items()} for part in (taught.model, taught.heads)]
    torch.save({"model": halves[0], "heads": halves[1], "step": taught.steps, "seen": taught.sheets}, file)


def begin_as(model: VisionEncoderDecoderModel, folder: Path) -> None:
    """Takes the weights of an exported base; letters that it lacks keep what they have."""
    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    own = model.state_dict()
    for name, tensor in own.items():
        if name not in weights:
            if "relative_position_index" in name or "embed_tokens" in name or "lm_head" in name:
                continue
            raise KeyError(f"{folder} lacks {name}")
        given = weights[name]
        if given.shape == tensor.shape:
            tensor.copy_(given)
        else:
            known = len(vocabulary.PRESENT.tokens)
            tensor[:known].copy_(given[:known])
    unknown = [n for n in weights if n not in own]
    if unknown:
        raise KeyError(f"{folder} has {unknown[:3]}, which the model lacks")
