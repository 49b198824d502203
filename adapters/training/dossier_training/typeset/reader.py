"""The next base: the architecture of the present one, more letters, a page of any size; it begins as the present one."""

from pathlib import Path

from safetensors.torch import load_file
from transformers import VisionEncoderDecoderModel

from dossier_training import vocabulary
from dossier_training.base_form import BaseForm
from dossier_training.model import new_model
from dossier_training.typeset import letters


def new_reader(width: int, height: int) -> VisionEncoderDecoderModel:
    """A fresh model for pages of `width` x `height` pixels."""
    return new_model(BaseForm(width, height, letters.VOCABULARY))


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
