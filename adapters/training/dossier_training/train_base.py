"""Second lesson: the whole base model, from documents of random layouts. It never sees a shipped type.

    python -m dossier_training.train_base --run runs/base --encoder runs/encoder --steps 2000 --export ../base/dossier-small
"""

import argparse
from pathlib import Path

import torch

from dossier_training.checkpoints import export_base, load_base
from dossier_training.dense import DenseHeads
from dossier_training.documents import random_document
from dossier_training.lessons import Asking, Lessons, collate, decode_packed, text_losses
from dossier_training.model import new_model
from dossier_training.muon import MuonWithAdamW
from dossier_training.run import Run, Schedule, add_run_options, batches, seed_at
from dossier_training.train_encoder import normalise


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_run_options(parser, steps=2000, batch=12, lr=1.5e-3, seed=2)
    parser.add_argument("--encoder", type=Path, help="run folder of train_encoder, for a fresh start")
    parser.add_argument("--start", type=Path, help="an exported base to start from, where there is no checkpoint")
    parser.add_argument("--export", type=Path, help="where the Hugging Face folder goes at the end")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    model = load_base(options.start) if options.start else new_model()
    heads = DenseHeads(model.encoder.config.hidden_size)
    if options.encoder and not (options.run / "checkpoint.pt").exists():
        taught = torch.load(options.encoder / "checkpoint.pt", weights_only=True)
        model.encoder.load_state_dict(taught["encoder"])
        heads.load_state_dict(taught["heads"])
    optimiser = MuonWithAdamW([*model.named_parameters(), *heads.named_parameters()], lr=options.lr)
    schedule = Schedule(options.lr, options.steps)
    run = Run(options.run, {"model": model, "heads": heads, "optimiser": optimiser})
    lessons = Lessons(random_document, Asking(), seed_at(options, run))
    for batch in batches(lessons, options, collate):
        optimiser.set_lr(schedule.at(run.step))
        states = model.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state
        dense, dense_rates = heads(states, batch["characters"], batch["fields"], batch["indices"])
        logits, attentions = decode_packed(model.decoder, states, batch, attentions=True)
        text, text_rates = text_losses(logits, attentions, batch)
        loss = text["text"] + 0.5 * text.get("attention", 0.0) + 0.5 * dense["character"] + 0.3 * dense.get("field", 0.0) + dense.get("index", 0.0) + dense["position"]
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        last = run.step + 1 >= options.steps
        run.after_step(len(batch["pixels"]), {**text_rates, **dense_rates}, last)
        if last:
            break
    if options.export:
        export_base(model, options.export)


if __name__ == "__main__":
    main()
