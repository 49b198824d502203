"""Second lesson: the whole base model, from documents of random layouts. It never sees a shipped type.

    python -m dossier_training.train_base --run runs/base --encoder runs/encoder --steps 2000 --export ../base/dossier-small

A run that was annealed goes on in a new folder: `--start` takes an exported base, or a checkpoint with the
heads beside it; `stable.pt` of the earlier run is the one to take, saved before its learning rate fell.
"""

import argparse
import shutil
from pathlib import Path

import torch

from dossier_training import memory
from dossier_training.annealing import Annealing
from dossier_training.checkpoints import export_base, load_base
from dossier_training.dense import DenseHeads
from dossier_training.documents import base_lesson
from dossier_training.lessons import Asking, Curriculum, Lessons, collate, decode_packed, text_losses
from dossier_training.model import new_model
from dossier_training.muon import MuonWithAdamW
from dossier_training.run import Run, add_run_options, batches, seed_at
from dossier_training.train_encoder import normalise


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_run_options(parser, steps=2000, batch=12, lr=1.5e-3, seed=2)
    parser.add_argument("--encoder", type=Path, help="run folder of train_encoder, for a fresh start")
    parser.add_argument("--start", type=Path, help="an exported base, or a checkpoint of another run, to start from where there is none")
    parser.add_argument("--minutes", type=float, help="how long the whole run may take; it ends and is annealed by then, or by --steps")
    parser.add_argument("--bf16", action="store_true", help="compute in bfloat16, on processors that have its instructions; weights stay f32")
    parser.add_argument("--export", type=Path, help="where the Hugging Face folder goes at the end")
    options = parser.parse_args()
    memory.keep_freed()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    from_checkpoint = options.start and options.start.suffix == ".pt"
    model = load_base(options.start) if options.start and not from_checkpoint else new_model()
    heads = DenseHeads(model.encoder.config.hidden_size)
    optimiser = MuonWithAdamW([*model.named_parameters(), *heads.named_parameters()], lr=options.lr)
    if not (options.run / "checkpoint.pt").exists():
        if options.encoder:
            taught = torch.load(options.encoder / "checkpoint.pt", weights_only=True)
            model.encoder.load_state_dict(taught["encoder"])
            heads.load_state_dict(taught["heads"])
        elif from_checkpoint:
            taught = torch.load(options.start, weights_only=True)
            for name, part in (("model", model), ("heads", heads), ("optimiser", optimiser)):
                part.load_state_dict(taught[name])
    annealing = Annealing(options.lr, options.steps, options.minutes)
    run = Run(options.run, {"model": model, "heads": heads, "optimiser": optimiser, "annealing": annealing}, every_steps=50)
    curriculum = Curriculum(first=(0.45, 0.4, 0.15), last=(0.2, 0.5, 0.3))
    lessons = Lessons(base_lesson, Asking(short_fields=7), seed_at(options, run), curriculum)
    for batch in batches(lessons, options, collate):
        optimiser.set_lr(annealing.lr(run.step))
        curriculum.advance(annealing.progress(run.step))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16):
            states = model.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state
            logits, attentions = decode_packed(model.decoder, states, batch, attentions=True)
        dense, dense_rates = heads(states.float(), batch["characters"], batch["fields"], batch["indices"])
        text, text_rates = text_losses(logits.float(), tuple(layer.float() for layer in attentions), batch)
        loss = text["text"] + 0.5 * text.get("attention", 0.0) + 0.5 * dense["character"] + 0.3 * dense.get("field", 0.0) + dense.get("index", 0.0) + dense["position"]
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        last = annealing.progress(run.step + 1) >= 1
        run.after_step(len(batch["pixels"]), {**text_rates, **dense_rates}, last)
        if annealing.is_stable(run.step):
            if run.step % run.every_steps == 0:
                shutil.copyfile(run.folder / "checkpoint.pt", run.folder / "stable.pt")
        if last:
            break
    if options.export:
        export_base(model, options.export)


if __name__ == "__main__":
    main()
