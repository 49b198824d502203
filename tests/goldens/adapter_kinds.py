"""Every kind of adapter, on two of the tiny models: what PEFT computes with each.

LoRA-XS is no method of PEFT. Its reference is the plain LoRA pair that it equals, A and B R, run by PEFT.
"""

import hashlib
import json
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, VeraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file, save_file
from transformers.models.donut.image_processing_pil_donut import DonutImageProcessorPil

import environment
import images
import tiny_models

KINDS = {
    # Patches of 4 x 4, biases everywhere but in the head and in `reduction`, a tied head.
    "tied": {
        "conv": LoraConfig(r=4, lora_alpha=6, target_modules=["projection", "query"], rank_pattern={"projection": 3}),
        "dora": LoraConfig(r=3, lora_alpha=5, use_dora=True, target_modules=["projection", "query", "reduction", "fc1", "out_proj"]),
        "dora-bias": LoraConfig(r=2, lora_alpha=4, use_dora=True, use_rslora=True, bias="lora_only", target_modules=["projection", "value", "fc2"], alpha_pattern={"fc2": 7}),
        "lora-bias": LoraConfig(r=2, lora_alpha=6, lora_bias=True, target_modules=["projection", "key", "reduction", "v_proj"]),
        "bias-all": LoraConfig(r=2, lora_alpha=4, bias="all", target_modules=["query", "fc1"]),
        "bias-lora-only": LoraConfig(r=2, lora_alpha=4, bias="lora_only", target_modules=["projection", "q_proj", "reduction"]),
        # Leaves of three kinds, a folder of modules, and endings that are no whole name.
        "modules-to-save": LoraConfig(r=2, lora_alpha=4, target_modules=["query"], modules_to_save=["lm_head", "layer_norm", "projection", "downsample", "layers.1.fc1", "embeddings.norm"]),
        "modules-to-save-bias-all": LoraConfig(r=2, lora_alpha=4, bias="all", target_modules=["query"], modules_to_save=["layernorm_embedding", "k_proj"]),
        "vera": VeraConfig(r=6, projection_prng_key=3, target_modules=["query", "reduction", "q_proj", "fc1", "fc2"]),
        # The same projections as those of `vera`.
        "vera-bias": VeraConfig(r=6, projection_prng_key=3, target_modules=["query", "reduction", "q_proj", "fc1", "fc2"], bias="vera_only", modules_to_save=["layernorm_before"]),
        "lora-xs": LoraConfig(r=4, lora_alpha=8, target_modules=["projection", "query", "value", "fc1", "reduction"]),
        # The same factors, cut to fewer ranks.
        "lora-xs-cut": LoraConfig(r=2, lora_alpha=3, use_rslora=True, bias="all", target_modules=["projection", "query", "value", "fc1", "reduction"], rank_pattern={"fc1": 3}),
        "larger-pages": LoraConfig(r=2, lora_alpha=4, target_modules=["projection", "query", "reduction", "q_proj"]),
    },
    # Patches of 8 x 4, no biases on q, k, v, a projection between the halves, an own head; f16.
    "patch-list": {
        "dora": LoraConfig(r=3, lora_alpha=4, use_dora=True, target_modules=["projection", "enc_to_dec_proj", "lm_head", "key"], rank_pattern={"key": 2}),
        "bias-all": LoraConfig(r=2, lora_alpha=4, bias="all", lora_bias=True, target_modules=r".*(key|enc_to_dec_proj|lm_head)"),
        "vera": VeraConfig(r=5, target_modules=["enc_to_dec_proj", "key", "lm_head", "dense"], layers_to_transform=[1], layers_pattern="blocks"),
        "lora-xs": LoraConfig(r=3, lora_alpha=6, target_modules=["projection", "enc_to_dec_proj", "lm_head", "key"]),
    },
}
FACTORS = "lora_xs_factors.safetensors"
# Kinds whose pages are not of their base's size: windows are padded and shifted there, which the base's never are.
SIZES = {"larger-pages": {"height": 44, "width": 72}}


def write(folder: Path, models: Path, images_folder: Path, committed: Path) -> None:
    for model, kinds in KINDS.items():
        torch.manual_seed(sum(model.encode()))
        golden, facts = {}, {"prompt": tiny_models.PROMPT, "tokens": tiny_models.TOKENS, "new_tokens": tiny_models.NEW_TOKENS}
        facts["images"] = {image: {} for image in ["landscape", "portrait"]}
        for name, config in kinds.items():
            adapter = folder / model / "adapters" / name
            adapted = write_adapter(adapter, models / model, config)
            if name.startswith("lora-xs"):
                adapted = to_lora_xs(adapter, models / model, adapted, committed / model / "adapters" / "lora-xs" / FACTORS)
            processor = DonutImageProcessorPil.from_pretrained(models / model)
            if name in SIZES:
                processor.size = SIZES[name]
                processor.save_pretrained(adapter)
            for image in facts["images"]:
                pixels = processor(images.read(images_folder, image), return_tensors="pt").pixel_values
                golden[f"{image}.{name}.encoder_states"] = adapted.base_model.model.encoder(pixel_values=pixels).last_hidden_state[0]
                golden[f"{image}.{name}.logits"] = tiny_models.logits(adapted, pixels)
                facts["images"][image][f"{name}.greedy"] = tiny_models.greedy(adapted, pixels)
        environment.write_tensors(folder / model / "golden.safetensors", golden)
        environment.write_json(folder / model / "golden.json", facts)


def write_adapter(folder: Path, base: Path, config: LoraConfig | VeraConfig) -> PeftModel:
    """Saves an adapter with random values, and loads it again as its user would."""
    trained = get_peft_model(tiny_models.load(base), config)
    for name, parameter in trained.named_parameters():
        if not parameter.requires_grad:
            continue
        if "magnitude" in name:
            # About the norm of a row of W.
            parameter.normal_(1.4, 0.3)
        elif name.endswith("bias") or "lora_" in name or "vera_" in name:
            parameter.normal_(0.0, 0.25)
        else:
            # A module of the base, trained further.
            parameter.add_(torch.randn_like(parameter) * 0.2)
    trained.save_pretrained(folder)
    tiny_models.tidy_adapter(folder)
    return PeftModel.from_pretrained(tiny_models.load(base), folder).eval()


def to_lora_xs(folder: Path, base: Path, adapted: PeftModel, committed: Path) -> PeftModel:
    """Makes a LoRA-XS folder of a LoRA folder, and the LoRA model what the new folder says.

    The factors are made once and then kept: another CPU may find other last bits or other signs.
    """
    layers = {name: module for name, module in adapted.base_model.model.named_modules() if isinstance(module, LoraLayer)}
    if not committed.exists():
        save_file(svd_factors(layers), committed, metadata={"format": "pt"})
    (folder / FACTORS).write_bytes(committed.read_bytes())
    factors = load_file(committed)
    check_factors(layers, factors)
    tensors = load_file(folder / "adapter_model.safetensors")
    for name, module in layers.items():
        rank = module.r["default"]
        lora = {half: tensors.pop(f"base_model.model.{name}.lora_{half}.weight") for half in "AB"}
        # Any random r x r will do.
        r = lora["B"].flatten()[: rank * rank].reshape(rank, rank)
        assert r.shape == (rank, rank)
        tensors[f"base_model.model.{name}.lora_xs_R.weight"] = r.clone()
        module.lora_A["default"].weight.copy_(factors[f"{name}.lora_xs_A"][:rank].reshape(lora["A"].shape))
        module.lora_B["default"].weight.copy_((factors[f"{name}.lora_xs_B"][:, :rank] @ r).reshape(lora["B"].shape))
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    kept = ["alpha_pattern", "bias", "lora_alpha", "modules_to_save", "r", "rank_pattern", "target_modules", "use_rslora"]
    digest = hashlib.sha256((folder / FACTORS).read_bytes()).hexdigest()
    config = {"peft_type": "LORA_XS", "factors": f"sha256:{digest}", **{key: config[key] for key in kept}}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    return adapted


def svd_factors(layers: dict[str, LoraLayer]) -> dict[str, torch.Tensor]:
    factors = {}
    for name, module in layers.items():
        u, s, v = torch.linalg.svd(module.get_base_layer().weight.flatten(1), full_matrices=False)
        rank = module.r["default"]
        factors[f"{name}.lora_xs_A"] = v[:rank].contiguous()
        factors[f"{name}.lora_xs_B"] = (u[:, :rank] * s[:rank]).contiguous()
    return factors


def check_factors(layers: dict[str, LoraLayer], factors: dict[str, torch.Tensor]) -> None:
    """The rows of A are orthonormal, B is W A^T, and no other A would hold more of W."""
    for name, module in layers.items():
        weight = module.get_base_layer().weight.flatten(1)
        a, b = factors[f"{name}.lora_xs_A"], factors[f"{name}.lora_xs_B"]
        greatest = torch.linalg.svdvals(weight)[: len(a)]
        assert torch.allclose(a @ a.T, torch.eye(len(a)), atol=1e-5), name
        assert torch.allclose(weight @ a.T, b, atol=1e-5), name
        assert torch.allclose(b.norm(dim=0), greatest, atol=1e-5), name
