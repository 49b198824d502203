"""Trains the locator on drawn scenes. It can be stopped at any time and goes on from its checkpoint.

    python -m dossier_training.locate.train_locator --run runs/locator --steps 3000
"""

import argparse

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import IterableDataset

from dossier_training.annealing import Annealing
from dossier_training.locate.network import COARSE, FINE, REACH, Locator
from dossier_training.locate.scenes import SIDE, Faces, Scene, scenes
from dossier_training.muon import MuonWithAdamW
from dossier_training.run import Run, add_run_options, batches, seed_at
from dossier_training.train_encoder import normalise

_VIEWS = 3


class Scenes(IterableDataset):
    """Endless scenes by a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        faces, waiting = Faces(rng), []
        while True:
            # Views of one picture are kept apart, or a batch would hold the same document again and again.
            while len(waiting) < 48:
                waiting += scenes(rng, faces, _VIEWS)
            yield targets(waiting.pop(int(rng.integers(len(waiting)))))


def targets(scene: Scene) -> dict[str, np.ndarray]:
    """What the network should answer."""
    coarse, fine = SIDE // COARSE, SIDE // FINE
    middle: np.ndarray = np.zeros((coarse, coarse), dtype=np.float32)
    offsets: np.ndarray = np.zeros((8, coarse, coarse), dtype=np.float32)
    counted: np.ndarray = np.zeros((coarse, coarse), dtype=np.float32)
    corner: np.ndarray = np.zeros((fine, fine), dtype=np.float32)
    cells = (np.arange(coarse) + 0.5) * COARSE
    points = (np.arange(fine) + 0.5) * FINE
    for corners in scene.corners:
        centre = corners.mean(0)
        spread = max(6.0, 0.06 * float(np.ptp(corners, 0).max()))
        near = np.exp(-((cells[None] - centre[0]) ** 2 + (cells[:, None] - centre[1]) ** 2) / (2 * spread**2))
        row, column = (int(np.clip(v // COARSE, 0, coarse - 1)) for v in (centre[1], centre[0]))
        near[row, column] = 1.0
        middle = np.maximum(middle, near)
        responsible = near > 0.6
        for k, (x, y) in enumerate(corners):
            offsets[2 * k][responsible] = np.broadcast_to((x - cells[None]) / REACH, (coarse, coarse))[responsible]
            offsets[2 * k + 1][responsible] = np.broadcast_to((y - cells[:, None]) / REACH, (coarse, coarse))[responsible]
            spot = np.exp(-((points[None] - x) ** 2 + (points[:, None] - y) ** 2) / (2 * 5.0**2))
            corner = np.maximum(corner, spot)
        counted[responsible] = 1.0
    return {"pixels": scene.pixels.transpose(2, 0, 1).copy(), "middle": middle, "offsets": offsets, "counted": counted, "corner": corner}


def offset_losses(offsets: torch.Tensor, first: torch.Tensor, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, dict[str, float]]:
    """Losses of corners from whichever of them the network begins at, and of the corner that reading begins at; and how far both are right."""
    counted = batch["counted"]
    total = counted.sum() + 1e-6
    # `begun[k]`: the true corners, begun so that the k-th of the network's is the one that is read first.
    begun = torch.stack([batch["offsets"].roll(2 * k, dims=1) for k in range(4)])
    cost = F.smooth_l1_loss(offsets.expand_as(begun), begun, reduction="none", beta=0.1).mean(2)
    least, truly = cost.min(0)
    turned = F.cross_entropy(first, truly, reduction="none")
    with torch.no_grad():
        nearest = begun.gather(0, truly[None, :, None].expand(1, -1, 8, -1, -1))[0]
        far = ((offsets - nearest).abs().mean(1) * counted).sum() / total * REACH
        right = ((first.argmax(1) == truly) * counted).sum() / total
    return (least * counted).sum() / total, (turned * counted).sum() / total, {"pixels_off": far.item(), "begun_right": right.item()}


def _focal(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy with soft targets, which counts little where the answer is already right (Li et al. 2020, quality focal loss)."""
    chance = logits.sigmoid()
    return F.binary_cross_entropy_with_logits(logits, target, reduction="none") * (target - chance).abs().square()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_run_options(parser, steps=3000, batch=16, lr=2e-3, seed=21)
    parser.add_argument("--minutes", type=float, help="how long the whole run may take")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    model = Locator()
    optimiser = MuonWithAdamW(model.named_parameters(), lr=options.lr)
    annealing = Annealing(options.lr, options.steps, options.minutes)
    run = Run(options.run, {"model": model, "optimiser": optimiser, "annealing": annealing}, every_steps=50)
    for batch in batches(Scenes(seed_at(options, run)), options):
        optimiser.set_lr(annealing.lr(run.step))
        middle, offsets, first, corner = model(normalise(batch["pixels"]))
        where, begun, rates = offset_losses(offsets, first, batch)
        losses = {
            "middle": _focal(middle, batch["middle"]).sum() / len(middle) / 4,
            "offsets": where,
            "first": begun,
            "corner": _focal(corner, batch["corner"]).sum() / len(corner) / 16,
        }
        loss = losses["middle"] + 3 * losses["offsets"] + losses["first"] + losses["corner"]
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        last = annealing.progress(run.step + 1) >= 1
        run.after_step(len(middle), {**{name: value.item() for name, value in losses.items()}, **rates}, last)
        if last:
            break


if __name__ == "__main__":
    main()
