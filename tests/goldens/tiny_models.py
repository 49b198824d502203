"""Small random models of many shapes, with adapters."""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import DonutSwinConfig, MBartConfig, VisionEncoderDecoderConfig, VisionEncoderDecoderModel
from transformers.models.donut.image_processing_pil_donut import DonutImageProcessorPil

import environment
import images

PROMPT = [1, 7]
TOKENS = [1, 7, 12, 30, 5, 44, 9, 21, 2]
NEW_TOKENS = 12

MODELS = {
    # One size number each, the window as large as the first grid, a tied head.
    "tied": {
        "encoder": dict(image_size=32, patch_size=4, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4),
        "decoder": dict(d_model=32, decoder_ffn_dim=48, decoder_layers=2, decoder_attention_heads=4, scale_embedding=True),
        "dtype": torch.float32,
        "adapters": {
            "list": dict(r=4, lora_alpha=12, target_modules=["q_proj", "v_proj", "query", "output.dense", "fc1", "reduction"]),
            "all-linear": dict(r=2, lora_alpha=3, target_modules="all-linear"),
        },
    },
    # [height, width] patches, widths that need a projection, no biases on q, k, v, an own head.
    "patch-list": {
        "encoder": dict(image_size=[64, 96], patch_size=[8, 4], embed_dim=12, depths=[2, 3], num_heads=[3, 2], window_size=4, qkv_bias=False, hidden_act="gelu_new"),
        "decoder": dict(d_model=20, decoder_ffn_dim=40, decoder_layers=2, decoder_attention_heads=2, tie_word_embeddings=False, activation_function="relu"),
        "dtype": torch.float16,
        "adapters": {
            "regex": dict(
                r=3,
                lora_alpha=5,
                use_rslora=True,
                target_modules=r".*\.blocks\.1\.(attention\.self\.(query|key)|intermediate\.dense)|decoder\.(?!.*fc).*_(attn\.(k|out)_proj)|enc_to_dec_proj",
                rank_pattern={r"blocks\.1\.attention\.self\.key": 5, "encoder_attn.k_proj": 2},
                alpha_pattern={"key": 9},
            ),
        },
    },
    # Padding everywhere: pixels to patches, grids to windows, odd grids to merge; three stages.
    "padding": {
        "encoder": dict(image_size=[50, 70], patch_size=[4, 4], embed_dim=8, depths=[2, 2, 2], num_heads=[1, 2, 4], window_size=4, mlp_ratio=2.5, hidden_act="silu", layer_norm_eps=1e-3),
        "decoder": dict(d_model=32, decoder_ffn_dim=40, decoder_layers=1, decoder_attention_heads=8, activation_function="gelu_pytorch_tanh"),
        "dtype": torch.bfloat16,
        "adapters": {
            "layers": dict(
                r=2,
                lora_alpha=4,
                target_modules=["query", "value", "k_proj", "dense"],
                exclude_modules=["output.dense"],
                layers_to_transform=[0, 2],
                layers_pattern=["layers"],
            ),
        },
    },
    # A window as large as a wide grid: no shift, but padding to the side.
    "window-is-grid": {
        "encoder": dict(image_size=[32, 60], patch_size=4, embed_dim=8, depths=[2], num_heads=[2], window_size=8, hidden_act="quick_gelu"),
        "decoder": dict(d_model=16, decoder_ffn_dim=16, decoder_layers=2, decoder_attention_heads=2, activation_function="silu", scale_embedding=True),
        "dtype": torch.float32,
        "adapters": {},
        "generation": dict(forced_eos_token_id=None, bad_words_ids=[[3], [4, 5]], suppress_tokens=[40, 41], begin_suppress_tokens=[2, 8], min_new_tokens=5),
    },
}


def write(folder: Path, images_folder: Path) -> None:
    for name, spec in MODELS.items():
        write_model(folder / name, name, spec, images_folder)


def write_model(folder: Path, name: str, spec: dict, images_folder: Path) -> None:
    torch.manual_seed(sum(name.encode()))
    encoder = DonutSwinConfig(**spec["encoder"])
    decoder = MBartConfig(vocab_size=50, max_position_embeddings=32, pad_token_id=0, bos_token_id=1, eos_token_id=2, **spec["decoder"])
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        encoder, decoder, decoder_start_token_id=1, pad_token_id=0, eos_token_id=2
    )
    model = VisionEncoderDecoderModel(config=config)
    randomise(model)
    for key, value in spec.get("generation", {}).items():
        setattr(model.generation_config, key, value)
    model.to(spec["dtype"]).save_pretrained(folder)
    height, width = size_of(spec["encoder"]["image_size"])
    processor = DonutImageProcessorPil(size={"height": height, "width": width}, do_align_long_axis=True)
    processor.save_pretrained(folder)

    write_golden(folder, processor, spec["adapters"], images_folder)


def write_saved_by_4(folder: Path, source: Path, images_folder: Path) -> None:
    """A model that transformers 4.49 saved once (seed 3, random weights); only its golden is new."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if not path.name.startswith("golden") and folder != source:
            shutil.copy(path, folder)
    write_golden(folder, DonutImageProcessorPil.from_pretrained(folder), {}, images_folder)


def write_golden(folder: Path, processor: DonutImageProcessorPil, adapters: dict, images_folder: Path) -> None:
    # As a user would load it, computed in f32 whatever the file holds.
    model = load(folder)
    golden, facts = {}, {"prompt": PROMPT, "tokens": TOKENS, "new_tokens": NEW_TOKENS, "images": {}}
    pixels = {}
    for image in ["landscape", "portrait"]:
        pixels[image] = processor(images.read(images_folder, image), return_tensors="pt").pixel_values
        golden[f"{image}.encoder_states"] = model.encoder(pixel_values=pixels[image]).last_hidden_state[0]
        golden[f"{image}.logits"] = logits(model, pixels[image])
        facts["images"][image] = {"greedy": greedy(model, pixels[image])}
    for adapter, lora in adapters.items():
        adapted = write_adapter(folder / "adapters" / adapter, load(folder), lora)
        for image in pixels:
            states = adapted.base_model.model.encoder(pixel_values=pixels[image]).last_hidden_state[0]
            golden[f"{image}.{adapter}.encoder_states"] = states
            golden[f"{image}.{adapter}.logits"] = logits(adapted, pixels[image])
            facts["images"][image][f"{adapter}.greedy"] = greedy(adapted, pixels[image])
    environment.write_tensors(folder / "golden.safetensors", golden)
    environment.write_json(folder / "golden.json", facts)


def load(folder: Path) -> VisionEncoderDecoderModel:
    return VisionEncoderDecoderModel.from_pretrained(folder, dtype=torch.float32).eval()


def size_of(image_size: int | list[int]) -> list[int]:
    return image_size if isinstance(image_size, list) else [image_size, image_size]


def randomise(model: torch.nn.Module) -> None:
    """Weights under which every part matters; the default initialisation is nearly blind."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            parameter.normal_(1.0 if "norm" in name and name.endswith("weight") else 0.0, 0.1)
        elif "relative_position_bias_table" in name:
            parameter.normal_(0.0, 0.7)
        else:
            parameter.normal_(0.0, 1.4 / parameter[0].numel() ** 0.5)


def logits(model: torch.nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    return model(pixel_values=pixels, decoder_input_ids=torch.tensor([TOKENS])).logits[0]


def greedy(model: torch.nn.Module, pixels: torch.Tensor, prompt: list[int] = PROMPT, new_tokens: int = NEW_TOKENS) -> list[int]:
    sequence = model.generate(pixel_values=pixels, decoder_input_ids=torch.tensor([prompt]), max_new_tokens=new_tokens)
    assert sequence[0, : len(prompt)].tolist() == prompt
    return sequence[0, len(prompt) :].tolist()


def write_adapter(folder: Path, model: VisionEncoderDecoderModel, lora: dict) -> torch.nn.Module:
    adapted = get_peft_model(model, LoraConfig(init_lora_weights=False, **lora)).eval()
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            parameter.normal_(0.0, 0.25)
    adapted.save_pretrained(folder)
    tidy_adapter(folder)
    return adapted


def tidy_adapter(folder: Path) -> None:
    """Drops what differs from run to run: the order of a set, and the folder of the base."""
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = None
    for key in ["target_modules", "exclude_modules", "modules_to_save"]:
        if isinstance(config.get(key), list):
            config[key].sort()
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
