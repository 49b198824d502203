"""Third lesson: an adapter for one document type, on a frozen base.

    python -m dossier_training.train_adapter --type utopia/passport/2024 --base ../base/dossier-small --run runs/passport --steps 800 --export ../utopia/passport/2024
"""

import argparse
from pathlib import Path

import torch

from dossier_training.checkpoints import load_base
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.lessons import Asking, Lessons, collate, decode_packed, text_losses
from dossier_training.methods import METHODS, adapt
from dossier_training.run import Run, Schedule, add_run_options, batches, seed_at
from dossier_training.train_encoder import normalise


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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--type", choices=DOCUMENT_TYPES, required=True)
    parser.add_argument("--base", type=Path, required=True)
    add_run_options(parser, steps=800, batch=12, lr=3e-3, seed=3)
    parser.add_argument("--start", type=Path, help="an exported adapter to start from, where there is no checkpoint")
    parser.add_argument("--export", type=Path)
    parser.add_argument("--method", choices=METHODS, default="lora")
    parser.add_argument("--r", type=int, default=8)
    parser.add_argument("--factors", type=Path, help="lora_xs_factors.safetensors of an earlier LoRA-XS adapter of this base, to share its memory")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    adapted = adapt(load_base(options.base), options.method, options.r, options.factors)
    if options.start:
        adapted.load(options.start)
    inner = adapted.inner
    parameters = [p for p in inner.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=options.lr, weight_decay=0.0, betas=(0.9, 0.98))
    schedule = Schedule(options.lr, options.steps, warm_up=30)
    run = Run(options.run, {"adapter": _AdapterState(inner), "optimiser": optimiser}, every_steps=100)
    asking = Asking(short_fields=6, mrz=0.7, absent=0.1, spelled=0.0, blank=0.02)
    lessons = Lessons(DOCUMENT_TYPES[options.type], asking, seed_at(options, run))
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
        adapted.export(options.base, options.export)


if __name__ == "__main__":
    main()
