"""The methods an adapter can be trained by: PEFT's, and LoRA-XS, which PEFT does not have."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from peft import LoraConfig, PeftConfig, VeraConfig, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import nn

from dossier_training import lora_xs
from dossier_training.checkpoints import base_digest

_ENCODER = r"encoder\.encoder\.layers\.\d+\.blocks\.\d+\.(attention\.self\.(query|key|value)|attention\.output\.dense|intermediate\.dense|output\.dense)"
_DECODER = r"decoder\.model\.decoder\.layers\.\d+\.((self_attn|encoder_attn)\.(q_proj|k_proj|v_proj|out_proj)|fc1|fc2)"
_PATCH_EMBEDDING = r"encoder\.embeddings\.patch_embeddings\.projection"
_OF_PARTS = {"both": f"{_ENCODER}|{_DECODER}", "encoder": _ENCODER, "decoder": _DECODER}

# Every Linear of the encoder's blocks and of the decoder's layers: q, k, v, attention output, MLP.
TARGETS = _OF_PARTS["both"]
# No adapter: every parameter of the base is trained (`settings.FullFineTuning`).
FULL = "full"
METHODS = ("lora", "rslora", "dora", "vera", "lora-xs")
PARTS = tuple(_OF_PARTS)


def targets_of(parts: str, patch_embedding: bool = False) -> str:
    """The pattern of the adapted layers: every Linear of `parts`, and the patch convolution if it is wanted."""
    return _OF_PARTS[parts] + (f"|{_PATCH_EMBEDDING}" if patch_embedding else "")


class Adapted(Protocol):
    """A base with an adapter in it. Only the adapter's parameters require gradients."""

    inner: nn.Module

    def load(self, folder: Path) -> None:
        """Takes the values of an exported adapter of the same method, rank and targets; of another, `ValueError`."""

    def export(self, base: Path, folder: Path) -> None:
        """Writes the adapter's folder, its tensors in f16; the config names the base and its digest."""


def adapt(
    model: nn.Module, method: str, rank: int, factors: Path | None = None, targets: str = TARGETS, modules_to_save: Sequence[str] = ()
) -> Adapted:
    """Puts an adapter into `model`; `factors` is the file of an earlier LoRA-XS adapter of the same base.

    Raises `ValueError` where the method can't do what is asked.
    """
    if method in ("vera", "lora-xs") and (_PATCH_EMBEDDING in targets or modules_to_save):
        raise ValueError(f"{method} adapts Linear layers alone: neither the patch convolution nor modules_to_save")
    names = [name for name, _ in model.named_modules()]
    for saved in modules_to_save:
        # PEFT passes over what matches nothing; the host refuses it.
        if not any(name == saved or name.endswith(f".{saved}") for name in names):
            raise ValueError(f"modules_to_save: the base has no `{saved}`")
    if method == FULL:
        return _Whole(model)
    if method == "lora-xs":
        return _LoraXs(model, rank, factors, targets)
    if method == "vera":
        return _Peft(model, VeraConfig(r=rank, target_modules=targets, projection_prng_key=0, save_projection=True))
    variant = {"lora": {}, "rslora": {"use_rslora": True}, "dora": {"use_dora": True}}[method]
    whole = list(modules_to_save) or None
    return _Peft(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets, lora_dropout=0.0, bias="none", modules_to_save=whole, **variant))


class _Peft:
    def __init__(self, model: nn.Module, config: PeftConfig) -> None:
        self.model = get_peft_model(model, config)
        self.inner = self.model.get_base_model()
        # Where products are computed in bfloat16, PEFT would widen what was just narrowed, to be narrowed again: the same numbers, for a tenth of a step.
        for module in self.model.modules():
            if isinstance(module, BaseTunerLayer):
                module.cast_input_dtype_enabled = False
        # What is frozen is trained beside as it will be exported.
        for name in ("vera_A", "vera_B"):
            for matrix in getattr(self.model.base_model, name, {}).values():
                matrix.copy_(matrix.half())

    def load(self, folder: Path) -> None:
        tensors, here = load_file(folder / "adapter_model.safetensors"), get_peft_model_state_dict(self.model)
        # PEFT passes over what is missing, or has no place.
        if differing := sorted(name for name in tensors.keys() | here.keys() if name not in tensors or name not in here or tensors[name].shape != here[name].shape):
            raise ValueError(f"{folder}: an adapter of another method, rank or targets, by `{differing[0]}`")
        set_peft_model_state_dict(self.model, tensors)

    def export(self, base: Path, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = self.model.peft_config["default"]
        config.base_model_name_or_path, config.revision = base.name, base_digest(base)
        self.model.save_pretrained(folder)
        path = folder / "adapter_model.safetensors"
        save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path, metadata={"format": "pt"})
        path.chmod(0o644)
        (folder / "README.md").unlink(missing_ok=True)
        assert len(load_file(path)) == len(get_peft_model_state_dict(self.model))


class _Whole:
    def __init__(self, model: nn.Module) -> None:
        self.inner = model.requires_grad_(True)

    def load(self, folder: Path) -> None:
        raise ValueError(f"{folder} is an adapter: full fine-tuning begins as the base")

    def export(self, base: Path, folder: Path) -> None:
        raise ValueError(f"{folder}: full fine-tuning of {base.name} makes another base, and no adapter")


class _LoraXs:
    def __init__(self, model: nn.Module, rank: int, factors: Path | None, targets: str) -> None:
        self.inner, self.rank, self.targets = model.requires_grad_(False), rank, targets
        names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear) and re.fullmatch(targets, name)]
        weights = {name: model.get_submodule(name).weight for name in names}
        self.factors = load_file(factors) if factors else lora_xs.factors_of(weights, rank)
        self.layers = lora_xs.insert(model, names, self.factors, rank, alpha=2 * rank)

    def load(self, folder: Path) -> None:
        lora_xs.load(folder, self.layers, self.factors)

    def export(self, base: Path, folder: Path) -> None:
        config = {"base_model_name_or_path": base.name, "revision": base_digest(base), "target_modules": self.targets, "r": self.rank, "lora_alpha": 2 * self.rank}
        lora_xs.export(folder, self.layers, self.factors, config)
