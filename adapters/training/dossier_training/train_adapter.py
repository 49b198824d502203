"""Third lesson: a LoRA adapter for one document type, on a frozen base.

    python -m dossier_training.train_adapter --type utopia/passport/2024 --base ../base/dossier-small --run runs/passport --steps 800 --export ../utopia/passport/2024
"""

import argparse
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file

from dossier_training.checkpoints import load_base
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.lessons import Asking, Lessons, collate, decode_packed, text_losses
from dossier_training.run import Run, Schedule, add_run_options, batches, seed_at
from dossier_training.train_encoder import normalise

# Every Linear of the encoder's blocks and of the decoder's layers: q, k, v, attention output, MLP.
TARGETS = (
    r"encoder\.encoder\.layers\.\d+\.blocks\.\d+\.(attention\.self\.(query|key|value)|attention\.output\.dense|intermediate\.dense|output\.dense)"
    r"|decoder\.model\.decoder\.layers\.\d+\.((self_attn|encoder_attn)\.(q_proj|k_proj|v_proj|out_proj)|fc1|fc2)"
)


class _AdapterState:
    """The adapter's tensors alone, for the checkpoint."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {name: p.detach() for name, p in self.model.named_parameters() if p.requires_grad}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                parameter.data.copy_(state[name])


def export_adapter(model: torch.nn.Module, base_name: str, folder: Path) -> None:
    """Writes the PEFT folder, its tensors in f16; the config names the base it belongs to."""
    folder.mkdir(parents=True, exist_ok=True)
    model.peft_config["default"].base_model_name_or_path = base_name
    model.save_pretrained(folder)
    path = folder / "adapter_model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path, metadata={"format": "pt"})
    path.chmod(0o644)
    (folder / "README.md").unlink(missing_ok=True)
    assert len(load_file(path)) == len(get_peft_model_state_dict(model))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--type", choices=DOCUMENT_TYPES, required=True)
    parser.add_argument("--base", type=Path, required=True)
    add_run_options(parser, steps=800, batch=12, lr=3e-3, seed=3)
    parser.add_argument("--start", type=Path, help="an exported adapter to start from, where there is no checkpoint")
    parser.add_argument("--export", type=Path)
    parser.add_argument("--r", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    config = LoraConfig(r=options.r, lora_alpha=2 * options.r, target_modules=TARGETS, lora_dropout=0.0, bias="none")
    model = get_peft_model(load_base(options.base), config)
    if options.start:
        set_peft_model_state_dict(model, load_file(options.start / "adapter_model.safetensors"))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=options.lr, weight_decay=0.0, betas=(0.9, 0.98))
    schedule = Schedule(options.lr, options.steps, warm_up=30)
    run = Run(options.run, {"adapter": _AdapterState(model), "optimiser": optimiser}, every_steps=100)
    asking = Asking(short_fields=6, mrz=0.7, absent=0.1, spelled=0.0, blank=0.02)
    lessons = Lessons(DOCUMENT_TYPES[options.type], asking, seed_at(options, run))
    inner = model.get_base_model()
    for batch in batches(lessons, options, collate):
        for group in optimiser.param_groups:
            group["lr"] = schedule.at(run.step)
        states = inner.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state
        logits, attentions = decode_packed(inner.decoder, states, batch, attentions=True)
        losses, rates = text_losses(logits, attentions, batch)
        loss = losses["text"] + 0.3 * losses.get("attention", 0.0)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        last = run.step + 1 >= options.steps
        run.after_step(len(batch["pixels"]), rates, last)
        if last:
            break
    if options.export:
        export_adapter(model, options.base.name, options.export)


if __name__ == "__main__":
    main()
