"""LoRA-XS (Bałazy et al. 2024): y += alpha / r * B R A x. R, r by r, is trained; A = V^T and B = U S hold the
greatest singular triples of W and are frozen. The folder's form is described in adapters/README.md.
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

FACTORS_FILE = "lora_xs_factors.safetensors"


class LoraXsLinear(nn.Module):
    """A Linear with R between the factors of its weight."""

    def __init__(self, base: nn.Linear, a: torch.Tensor, b: torch.Tensor, scaling: float) -> None:
        super().__init__()
        self.base, self.scaling = base, scaling
        self.register_buffer("a", a, persistent=False)
        self.register_buffer("b", b, persistent=False)
        # Nearly nothing at first, as its authors have it.
        self.r = nn.Parameter(torch.randn(len(a), len(a)) * 1e-5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = nn.functional.linear(nn.functional.linear(x, self.a), self.r)
        return self.base(x) + nn.functional.linear(inner, self.b) * self.scaling


def factors_of(weights: dict[str, torch.Tensor], rank: int) -> dict[str, torch.Tensor]:
    """A and B of each weight, in f16 as they are exported."""
    factors = {}
    for name, weight in weights.items():
        u, s, v = torch.linalg.svd(weight.detach(), full_matrices=False)
        factors[f"{name}.lora_xs_A"] = v[:rank].half().contiguous()
        factors[f"{name}.lora_xs_B"] = (u[:, :rank] * s[:rank]).half().contiguous()
    return factors


def insert(model: nn.Module, targets: list[str], factors: dict[str, torch.Tensor], rank: int, alpha: float) -> dict[str, LoraXsLinear]:
    """Puts R into each target; the layers by their path."""
    layers = {}
    for name in targets:
        a, b = factors[f"{name}.lora_xs_A"][:rank].float(), factors[f"{name}.lora_xs_B"][:, :rank].float()
        if len(a) < rank:
            raise ValueError(f"the factors of {name} are of rank {len(a)}, not {rank}")
        parent, _, child = name.rpartition(".")
        layers[name] = LoraXsLinear(model.get_submodule(name), a, b, alpha / rank)
        setattr(model.get_submodule(parent), child, layers[name])
    return layers


def load(folder: Path, layers: dict[str, LoraXsLinear], factors: dict[str, torch.Tensor]) -> None:
    """R of an exported adapter, which must stand beside the same factors."""
    theirs = load_file(folder / FACTORS_FILE)
    if theirs.keys() != factors.keys() or any(not torch.equal(theirs[name], factors[name]) for name in factors):
        raise ValueError(f"{folder / FACTORS_FILE} holds other factors; pass it as --factors")
    tensors = load_file(folder / "adapter_model.safetensors")
    with torch.no_grad():
        for name, layer in layers.items():
            layer.r.copy_(tensors.pop(_key(name)))
    assert not tensors, sorted(tensors)


def export(folder: Path, layers: dict[str, LoraXsLinear], factors: dict[str, torch.Tensor], config: dict) -> None:
    """The folder: R in f16, the factors, the config with their digest."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {_key(name): layer.r.detach().half() for name, layer in layers.items()}
    for file, contents in (("adapter_model.safetensors", tensors), (FACTORS_FILE, factors)):
        save_file(contents, folder / file, metadata={"format": "pt"})
        (folder / file).chmod(0o644)
    digest = hashlib.sha256((folder / FACTORS_FILE).read_bytes()).hexdigest()
    config = {"peft_type": "LORA_XS", "factors": f"sha256:{digest}", "use_rslora": False, "bias": "none", **config}
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def _key(name: str) -> str:
    return f"base_model.model.{name}.lora_xs_R.weight"
