"""First lesson: an encoder that knows its characters, from pages full of text.

    python -m dossier_training.train_encoder --run runs/encoder --steps 2500
"""

import argparse

import numpy as np
import torch
from torch.utils.data import IterableDataset

from dossier_training import memory
from dossier_training.dense import DenseHeads, cell_targets
from dossier_training.model import new_encoder
from dossier_training.muon import MuonWithAdamW
from dossier_training.page import Capture, model_pixels
from dossier_training.run import Run, Schedule, add_run_options, batches, seed_at
from dossier_training.text_pages import text_page


class TextPages(IterableDataset):
    """Endless pages as `(uint8 pixels (3, 256, 384), characters, fields, indices)`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            image, glyphs = Capture.draw(rng).apply(text_page(rng), rng)
            yield torch.from_numpy(model_pixels(image).transpose(2, 0, 1).copy()), *map(torch.from_numpy, cell_targets(glyphs))


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels 0 to 255 as -1 to 1, as the image processor does."""
    return pixels.float() / 127.5 - 1


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_run_options(parser, steps=2500, batch=16, lr=2e-3, seed=1)
    options = parser.parse_args()
    memory.keep_freed()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    encoder, schedule = new_encoder(), Schedule(options.lr, options.steps)
    heads = DenseHeads(encoder.config.hidden_size)
    optimiser = MuonWithAdamW([*encoder.named_parameters(), *heads.named_parameters()], lr=options.lr)
    run = Run(options.run, {"encoder": encoder, "heads": heads, "optimiser": optimiser})
    pages = batches(TextPages(seed_at(options, run)), options)
    for pixels, *targets in pages:
        optimiser.set_lr(schedule.at(run.step))
        states = encoder(pixel_values=normalise(pixels)).last_hidden_state
        losses, rates = heads(states, *targets)
        loss = losses["character"] + losses["position"]
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 2.0)
        optimiser.step()
        last = run.step + 1 >= options.steps
        run.after_step(len(pixels), {"loss": loss.item(), **rates}, last)
        if last:
            break


if __name__ == "__main__":
    main()
