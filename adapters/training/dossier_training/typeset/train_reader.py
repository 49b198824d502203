"""Trains the next base on print as it is. It can be stopped at any time and goes on from its checkpoint.

    python -m dossier_training.typeset.train_reader --run runs/reader --start ../base/dossier-small --steps 4000
"""

import argparse
from pathlib import Path

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from dossier_training import memory
from dossier_training.annealing import Annealing
from dossier_training.lessons import collate, decode_packed, text_losses
from dossier_training.muon import MuonWithAdamW
from dossier_training.run import Run, add_run_options, seed_at
from dossier_training.train_encoder import normalise
from dossier_training.typeset.dense import DenseHeads
from dossier_training.typeset.lessons import Mix, SheetLessons
from dossier_training.typeset.reader import begin_as, new_reader, taught_by

# Of the weights that are measured, so much stays at each step: about the last five hundred steps count. Their mean
# reads as weights do whose learning rate has fallen, and the training goes on at its full rate.
_AVERAGE = 0.998


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_run_options(parser, steps=4000, batch=8, lr=1.2e-3, seed=11)
    parser.add_argument("--start", type=Path, help="an exported base to begin as, or a checkpoint of another run")
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument("--text", type=float, default=0.45, help="how many of the sheets are full of text")
    parser.add_argument("--strips", type=float, default=0.12, help="how many of the batches are zones cut out of a page")
    parser.add_argument("--whole", type=float, default=0.0, help="how many of the other batches are pages as large as the host reads")
    parser.add_argument("--hardest", type=float, default=0.8, help="how hard they are captured at most, 0 to 1")
    parser.add_argument("--minutes", type=float, help="how long the whole run may take; it is annealed by then, or by --steps")
    parser.add_argument("--device", default="cpu", help="where the model is trained, such as cuda")
    parser.add_argument("--bf16", action="store_true", help="compute in bfloat16, on processors that have its instructions")
    options = parser.parse_args()
    memory.keep_freed()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    model = new_reader(options.width, options.height)
    heads = DenseHeads(model.encoder.config.hidden_size)
    if not (options.run / "checkpoint.pt").exists() and options.start:
        if options.start.suffix == ".pt":
            taught = taught_by(options.start)
            model.load_state_dict(taught.model)
            heads.load_state_dict(taught.heads)
        else:
            begin_as(model, options.start)
    model.to(options.device)
    heads.to(options.device)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGE))
    optimiser = MuonWithAdamW([*model.named_parameters(), *heads.named_parameters()], lr=options.lr)
    annealing = Annealing(options.lr, options.steps, options.minutes)
    run = Run(options.run, {"model": model, "averaged": averaged, "heads": heads, "optimiser": optimiser, "annealing": annealing}, every_steps=50)
    mix = Mix(width=options.width, height=options.height, strips=options.strips, whole=options.whole, text=options.text, hardest=options.hardest)
    sheets = SheetLessons(mix, seed_at(options, run), options.batch)
    drawn = DataLoader(sheets, batch_size=None, num_workers=options.workers, collate_fn=collate, prefetch_factor=4 if options.workers else None)
    for batch in drawn:
        optimiser.set_lr(annealing.lr(run.step))
        batch = {name: part.to(options.device) if isinstance(part, torch.Tensor) else part for name, part in batch.items()}
        with torch.autocast(torch.device(options.device).type, dtype=torch.bfloat16, enabled=options.bf16):
            states = model.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state
            logits, attentions = decode_packed(model.decoder, states, batch, attentions=True)
        dense, dense_rates = heads(states.float(), batch["shapes"], batch["fields"], batch["indices"])
        text, text_rates = text_losses(logits.float(), tuple(layer.float() for layer in attentions), batch)
        loss = text["text"] + 0.5 * text.get("attention", 0.0) + 0.6 * dense["shape"] + 0.3 * dense.get("field", 0.0) + dense.get("index", 0.0) + dense["position"]
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        averaged.update_parameters(model)
        last = annealing.progress(run.step + 1) >= 1
        run.after_step(len(batch["pixels"]), {**text_rates, **dense_rates}, last)
        if last:
            break


if __name__ == "__main__":
    main()
