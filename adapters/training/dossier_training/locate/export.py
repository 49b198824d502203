"""The trained locator as the host reads it: `config.json`, and `model.safetensors` with batch norm folded into the convolutions.

    python -m dossier_training.locate.export --run runs/locator --out ../locator
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from dossier_training.locate.network import Locator

MODEL_TYPE = "dossier-locator-2"


def folded(model: Locator) -> dict[str, torch.Tensor]:
    """The weights by the names that the host knows, f32."""
    weights: dict[str, torch.Tensor] = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            weights[f"{name}.weight"], weights[f"{name}.bias"] = module.weight.data, module.bias.data
        elif isinstance(module, torch.nn.Conv2d):
            if module.bias is not None:
                weights[f"{name}.weight"], weights[f"{name}.bias"] = module.weight.data, module.bias.data
                continue
            norm = model.get_submodule(name.removesuffix("conv") + "norm")
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            block = name.removesuffix(".conv")
            weights[f"{block}.weight"] = (module.weight * scale[:, None, None, None]).detach()
            weights[f"{block}.bias"] = (norm.bias - norm.running_mean * scale).detach()
    return weights


def export(model: Locator, folder: Path) -> None:
    """Writes the folder, weights in f16."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": MODEL_TYPE}, indent=2) + "\n")
    halves = {name: tensor.half().contiguous() for name, tensor in folded(model).items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def load(folder: Path) -> Locator:
    """An exported locator: its norms change nothing but for the bias."""
    if json.loads((folder / "config.json").read_text()) != {"model_type": MODEL_TYPE}:
        raise ValueError(f"{folder / 'config.json'}: is of another network than {MODEL_TYPE}")
    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    model = Locator()
    state = model.state_dict()
    for name in list(state):
        block = name.removesuffix(".norm.bias")
        if block != name:
            state[name] = weights.pop(f"{block}.bias")
            state[f"{block}.norm.weight"] = torch.ones_like(state[name])
            state[f"{block}.norm.running_mean"] = torch.zeros_like(state[name])
            state[f"{block}.norm.running_var"] = torch.full_like(state[name], 1 - model.get_submodule(f"{block}.norm").eps)
            state[f"{block}.conv.weight"] = weights.pop(f"{block}.weight")
    for name, tensor in weights.items():
        state[name] = tensor
    model.load_state_dict(state)
    return model


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    model = Locator()
    model.load_state_dict(torch.load(options.run / "checkpoint.pt", weights_only=True)["model"])
    export(model, options.out)


if __name__ == "__main__":
    main()
