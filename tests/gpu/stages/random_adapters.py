"""LoRA adapters with random weights and ranks taken in turn, on every attention and feed-forward layer of a base."""

import json
import re
import struct
from pathlib import Path

import numpy

RANKS = (4, 8, 16, 32)
TARGETS = re.compile(
    r"encoder\.encoder\.layers\.\d+\.blocks\.\d+\.(attention\.self\.(query|key|value)|attention\.output\.dense|intermediate\.dense|output\.dense)"
    r"|decoder\.model\.decoder\.layers\.\d+\.((self_attn|encoder_attn)\.(q_proj|k_proj|v_proj|out_proj)|fc1|fc2)"
)


def write_adapters(base: Path, folder: Path, count: int) -> list[Path]:
    """Folders as PEFT writes them."""
    layers = target_layers(base)
    assert layers, f"{base}: no layer to adapt"
    random = numpy.random.default_rng(1)
    folders = []
    for index in range(count):
        rank = RANKS[index % len(RANKS)]
        target = folder / str(index)
        target.mkdir(parents=True)
        config = {"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank, "target_modules": TARGETS.pattern, "bias": "none"}
        (target / "adapter_config.json").write_text(json.dumps(config))
        tensors = {}
        for name, (rows, columns) in layers.items():
            prefix = f"base_model.model.{name}"
            tensors[f"{prefix}.lora_A.weight"] = random.standard_normal((rank, columns), dtype=numpy.float32) / columns**0.5
            tensors[f"{prefix}.lora_B.weight"] = random.standard_normal((rows, rank), dtype=numpy.float32) * 0.02
        write_safetensors(target / "adapter_model.safetensors", tensors)
        folders.append(target)
    return folders


def target_layers(base: Path) -> dict[str, tuple[int, int]]:
    """Rows and columns of each weight that is adapted."""
    with (base / "model.safetensors").open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    weights = ((name.removesuffix(".weight"), entry) for name, entry in header.items() if name.endswith(".weight"))
    return {name: tuple(entry["shape"]) for name, entry in weights if TARGETS.fullmatch(name)}


def write_safetensors(path: Path, tensors: dict) -> None:
    header, position = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [position, position + values.nbytes]}
        position += values.nbytes
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.tobytes())
