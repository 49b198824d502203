"""Goldens of the shipped base and one of its adapters: run once after each training."""

import json
from pathlib import Path

import torch
from peft import PeftModel
from PIL import Image
from safetensors.torch import load_file
from transformers.models.donut.image_processing_pil_donut import DonutImageProcessorPil

import environment
import tiny_models


def _embedding(base: Path, model: torch.nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """What `type_embedding.safetensors` makes of a page, cell by cell."""
    tensors = {name: tensor.float() for name, tensor in load_file(base / "type_embedding.safetensors").items()}
    rows, columns, _ = tensors["mean"].shape
    states = model.encoder(pixel_values=pixels).last_hidden_state[0]
    high, wide = pixels.shape[2] // 16, pixels.shape[3] // 8
    grid = states.reshape(high, wide, -1)
    cells = [
        grid[row * high // rows : (row + 1) * high // rows, column * wide // columns : (column + 1) * wide // columns].mean((0, 1)) @ tensors["channels"]
        for row in range(rows)
        for column in range(columns)
    ]
    values = (torch.cat(cells) - tensors["mean"].flatten()) @ tensors["projection"]
    return values / values.norm()


def write(folder: Path, base: Path, adapter: Path | None, image: Path | None) -> None:
    if image is None:
        raise SystemExit("--shipped-image is missing")
    processor = DonutImageProcessorPil.from_pretrained(base)
    pixels = processor(Image.open(image).convert("RGB"), return_tensors="pt").pixel_values
    model = tiny_models.load(base)
    start, end = model.generation_config.decoder_start_token_id, model.generation_config.eos_token_id
    tokens = [start, *range(4, 40)]
    # The longest field there is.
    zone = json.loads((base / "tokenizer.json").read_text())["model"]["vocab"]["<s_mrz>"]
    golden, facts = {}, {"tokens": tokens, "prompt": [start, zone], "new_tokens": 100, "end": end}
    # Paths of the repository, not of this machine.
    root = Path(__file__).resolve().parents[2]
    paths = {"base": base, "adapter": adapter, "image": image}
    facts["paths"] = {name: str(path.resolve().relative_to(root)) for name, path in paths.items() if path}

    def add(name: str, model: torch.nn.Module) -> None:
        inner = model.base_model.model if isinstance(model, PeftModel) else model
        golden[f"{name}.encoder_states"] = inner.encoder(pixel_values=pixels).last_hidden_state[0, ::7, ::8]
        golden[f"{name}.logits"] = model(pixel_values=pixels, decoder_input_ids=torch.tensor([tokens])).logits[0]
        facts[f"{name}.greedy"] = tiny_models.greedy(model, pixels, facts["prompt"], facts["new_tokens"])

    add("base", model)
    golden["base.embedding"] = _embedding(base, model, pixels)
    if adapter:
        add("adapter", PeftModel.from_pretrained(model, adapter).eval())
    environment.write_tensors(folder / "golden.safetensors", golden)
    environment.write_json(folder / "golden.json", facts)
