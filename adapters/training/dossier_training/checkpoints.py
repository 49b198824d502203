"""The base as a Hugging Face folder, and back."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import GenerationConfig, VisionEncoderDecoderModel

from dossier_training import base_form, vocabulary
from dossier_training.base_form import BaseForm
from dossier_training.lessons import GUIDED_HEADS, GUIDED_LAYERS
from dossier_training.model import new_model

_PREPROCESSOR = {
    "image_processor_type": "DonutImageProcessor",
    "do_resize": True,
    "resample": 2,
    "do_thumbnail": True,
    "do_align_long_axis": False,
    "do_pad": True,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


def export_base(model: VisionEncoderDecoderModel, folder: Path, form: BaseForm = base_form.PRESENT) -> None:
    """Writes config, weights (f16), tokenizer, processor, generation settings, and which attention looks at the next character."""
    folder.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        decoder_start_token_id=vocabulary.BOS_ID,
        bos_token_id=vocabulary.BOS_ID,
        eos_token_id=vocabulary.EOS_ID,
        pad_token_id=vocabulary.PAD_ID,
        max_length=model.decoder.config.max_position_embeddings,
    )
    model.save_pretrained(folder)
    weights = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    form.vocabulary.save(folder)
    processor = {**_PREPROCESSOR, "size": {"height": form.height, "width": form.width}}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor, indent=2) + "\n")
    guided = {"layer": GUIDED_LAYERS[-1], "heads": GUIDED_HEADS}
    (folder / "guided_attention.json").write_text(json.dumps(guided, indent=2) + "\n")


def load_base(folder: Path) -> VisionEncoderDecoderModel:
    """The exported base in f32, its decoder with eager attention so that it can be taught further."""
    model = new_model(BaseForm.read(folder))
    exported = VisionEncoderDecoderModel.from_pretrained(folder, dtype=torch.float32)
    model.load_state_dict(exported.state_dict())
    return model


def base_digest(folder: Path) -> str:
    """The base's digest as the host computes it: an adapter names it as `revision`, and fits no other base."""
    names = ["config.json", "generation_config.json", "model.safetensors", "preprocessor_config.json", "processor_config.json", "tokenizer.json"]
    digest = hashlib.sha256()
    for name in names:
        if (folder / name).exists():
            contents = (folder / name).read_bytes()
            digest.update(name.encode() + b"\0" + len(contents).to_bytes(8, "little") + contents)
    return f"sha256:{digest.hexdigest()}"
