"""Donut-base's own configuration with weights from a formula, so that none are committed.

host/model/tests builds the same weights from parameters.json; see `fill` there.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import DonutSwinConfig, MBartConfig, VisionEncoderDecoderConfig, VisionEncoderDecoderModel
from transformers.models.donut.image_processing_pil_donut import DonutImageProcessorPil

import environment
import images
import tiny_models

TOKENS = [0, 17, 523, 88, 999, 4, 301, 2]
PROMPT = [0, 17]
NEW_TOKENS = 10
# Donut-base reads 2560 x 1920; the last of four stages still needs 10 x 10 tokens.
HEIGHT, WIDTH = 296, 320


def write(folder: Path, images_folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    encoder = DonutSwinConfig(
        image_size=[HEIGHT, WIDTH], patch_size=4, embed_dim=128, depths=[2, 2, 14, 2], num_heads=[4, 8, 16, 32], window_size=10
    )
    decoder = MBartConfig(
        vocab_size=1000, d_model=1024, decoder_layers=4, decoder_attention_heads=16, decoder_ffn_dim=4096,
        max_position_embeddings=128, scale_embedding=True,
    )
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        encoder, decoder, decoder_start_token_id=0, pad_token_id=1, eos_token_id=2
    )
    model = VisionEncoderDecoderModel(config=config).eval()
    parameters = []
    for name, parameter in model.named_parameters():
        offset, exponent = spread(name, parameter.shape)
        parameter.copy_(values(name, parameter.shape, offset, exponent))
        parameters.append([name, list(parameter.shape), offset, exponent])
    config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    processor = DonutImageProcessorPil(size={"height": HEIGHT, "width": WIDTH})
    processor.save_pretrained(folder)

    pixels = processor(images.read(images_folder, "page"), return_tensors="pt").pixel_values
    golden = goldens(model, pixels, "base")
    facts = {"prompt": PROMPT, "tokens": TOKENS, "new_tokens": NEW_TOKENS, "image": "page"}
    facts["base.greedy"] = tiny_models.greedy(model, pixels, PROMPT, NEW_TOKENS)

    adapted = get_peft_model(
        model,
        LoraConfig(r=8, lora_alpha=16, target_modules=["query", "key", "value", "dense", "q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]),
    ).eval()
    adapter_parameters = []
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            saved_name = name.replace(".default.", ".")
            offset, exponent = spread(saved_name, parameter.shape)
            parameter.copy_(values(saved_name, parameter.shape, offset, exponent))
            adapter_parameters.append([saved_name, list(parameter.shape), offset, exponent])
    golden |= goldens(adapted, pixels, "adapter")
    facts["adapter.greedy"] = tiny_models.greedy(adapted, pixels, PROMPT, NEW_TOKENS)
    with tempfile.TemporaryDirectory() as saved:
        adapted.save_pretrained(saved)
        tiny_models.tidy_adapter(Path(saved))
        (folder / "adapter").mkdir(exist_ok=True)
        shutil.copy(Path(saved) / "adapter_config.json", folder / "adapter")

    environment.write_json(folder / "parameters.json", {"base": parameters, "adapter": adapter_parameters})
    environment.write_tensors(folder / "golden.safetensors", golden)
    environment.write_json(folder / "golden.json", facts)


def goldens(model: torch.nn.Module, pixels: torch.Tensor, name: str) -> dict[str, torch.Tensor]:
    inner = model.base_model.model if isinstance(model, PeftModel) else model
    states = inner.encoder(pixel_values=pixels).last_hidden_state[0]
    logits = model(pixel_values=pixels, decoder_input_ids=torch.tensor([TOKENS])).logits[0]
    # Every seventh token, every 64th channel: a sample of all windows and heads.
    return {f"{name}.encoder_states": states[::7, ::64], f"{name}.logits": logits}


def values(name: str, shape: torch.Size, offset: float, exponent: int) -> torch.Tensor:
    """Numbers from nothing but the name: splitmix64 over the index, one byte of each result.

    An odd integer from -255 to 255 times a power of two is exact in f32, f16 and bf16 alike.
    """
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    odd = 2 * (z >> np.uint64(56)).astype(np.int64) - 255
    return torch.from_numpy((offset + odd * 2.0**exponent).astype(np.float32)).reshape(shape)


def spread(name: str, shape: torch.Size) -> tuple[float, int]:
    """The middle of a parameter's values, and the exponent of their step."""
    if "relative_position_bias_table" in name:
        return 0.0, -9
    if len(shape) == 1:
        return (1.0 if "norm" in name and name.endswith(".weight") else 0.0), -11
    # A uniform spread of variance near 1 / fan_in.
    exponent = -8 + round(0.5 * np.log2(3 / np.prod(shape[1:])))
    if "embed_positions" in name:
        # As loud as the token embeddings, which are scaled by 32.
        exponent += 5
    elif "decoder" in name and name.endswith(("out_proj.weight", "fc2.weight")):
        # As loud as the residual, or each token would just repeat itself.
        exponent += 2
    elif "lora_" in name:
        exponent -= 2
    return 0.0, exponent
