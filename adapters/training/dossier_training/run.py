"""What every training run does: learning rate, checkpoints to go on from, a log."""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset

# Threads that spin while they wait starve whatever else the machine does.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@dataclass
class Schedule:
    """Warm up, stay, decay to a thirtieth over the last `decay` of `steps`."""

    peak: float
    steps: int
    warm_up: int = 100
    decay: float = 0.3

    def at(self, step: int) -> float:
        """The learning rate of a step."""
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        left = (self.steps - step) / max(1, self.steps * self.decay)
        return self.peak * (1.0 if left >= 1 else max(0.033, left))


class Run:
    """A folder with `checkpoint.pt` and `log.jsonl`; starting it again goes on from the checkpoint."""

    def __init__(self, folder: Path, parts: dict[str, Any], every_steps: int = 200) -> None:
        self.folder, self.parts, self.every_steps = folder, parts, every_steps
        folder.mkdir(parents=True, exist_ok=True)
        self.step, self.seen, self.started = 0, 0, time.monotonic()
        self.averages: dict[str, float] = {}
        checkpoint = folder / "checkpoint.pt"
        if checkpoint.exists():
            saved = torch.load(checkpoint, weights_only=True)
            self.step, self.seen = saved["step"], saved["seen"]
            for name, part in parts.items():
                part.load_state_dict(saved[name])
            print(f"going on from step {self.step}", flush=True)

    def after_step(self, images: int, numbers: dict[str, float], last: bool = False) -> None:
        """Counts, averages, logs every 20 steps, saves every `every_steps`."""
        self.step += 1
        self.seen += images
        for name, value in numbers.items():
            self.averages[name] = 0.95 * self.averages.get(name, value) + 0.05 * value
        if self.step % 20 == 0 or last:
            shown = {name: round(value, 4) for name, value in self.averages.items()}
            line = {"step": self.step, "images": self.seen, "seconds": round(time.monotonic() - self.started), **shown}
            with (self.folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)
        if self.step % self.every_steps == 0 or last:
            self.save()

    def save(self) -> None:
        """Writes the checkpoint beside the old one, then puts it in its place."""
        state = {name: part.state_dict() for name, part in self.parts.items()}
        fresh = self.folder / "checkpoint.new"
        torch.save({"step": self.step, "seen": self.seen, **state}, fresh)
        fresh.replace(self.folder / "checkpoint.pt")


def add_run_options(parser: argparse.ArgumentParser, steps: int, batch: int, lr: float, seed: int) -> None:
    """The options that every training run has, with its own defaults."""
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--lr", type=float, default=lr)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=seed)


def seed_at(options: argparse.Namespace, run: Run) -> int:
    """The data's seed: it moves with the step, so that a run that goes on sees new pages."""
    return options.seed * 100_003 + run.step


def batches(pages: IterableDataset, options: argparse.Namespace, collate: Callable | None = None) -> DataLoader:
    """The data set in batches, drawn by workers beside the training."""
    return DataLoader(pages, batch_size=options.batch, num_workers=options.workers, collate_fn=collate, prefetch_factor=4 if options.workers else None)
