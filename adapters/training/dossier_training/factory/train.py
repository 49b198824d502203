"""Trains one adapter on a data set; a kill at any time goes on from the checkpoint as if nothing had been."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft.optimizers import create_loraplus_optimizer
from tqdm import tqdm

from dossier_training import memory
from dossier_training.checkpoints import load_base
from dossier_training.factory.donut import Record
from dossier_training.factory.files import replacing
from dossier_training.factory.pages import Teacher, normalised
from dossier_training.factory.reader import start_from
from dossier_training.factory.reading import Examination, examine
from dossier_training.factory.settings import Training
from dossier_training.lessons import decode_packed, text_losses
from dossier_training.methods import Adapted, adapt, targets_of
from dossier_training.page_form import PageForm
from dossier_training.run import Schedule

_ATTENTION = 0.3


class AnotherRun(ValueError):
    """The folder holds a run of other work."""


@dataclass
class Progress:
    """What a run has come to."""

    step: int = 0
    images: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    kept_step: int = 0
    kept: dict[str, float] = field(default_factory=dict)
    since_best: int = 0
    stopped: str | None = None
    parameters: int = 0


def adapted_base(base: Path, training: Training, factors: Path | None = None) -> Adapted:
    """The base with a fresh adapter in it, by the training's seed."""
    torch.manual_seed(training.seed)
    targets = targets_of(training.parts, training.patch_embedding)
    return adapt(load_base(base), training.method, training.r, factors, targets, training.modules_to_save)


def optimiser_of(adapted: Adapted, training: Training) -> torch.optim.Optimizer:
    """AdamW; with LoRA+, B learns faster than A."""
    if training.lora_plus_ratio > 1 and training.method != "lora-xs":
        return create_loraplus_optimizer(
            adapted.model,  # type: ignore[attr-defined]  # all but LoRA-XS have it
            torch.optim.AdamW, lr=training.lr, loraplus_lr_ratio=training.lora_plus_ratio, betas=(0.9, 0.98), weight_decay=0.0
        )
    trained = [parameter for parameter in adapted.inner.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(trained, lr=training.lr, weight_decay=0.0, betas=(0.9, 0.98))


class _Saved:
    """`checkpoint.pt`: the adapter, the one that is kept, what the best one read, the optimiser and the progress of one work."""

    def __init__(self, folder: Path, work: str) -> None:
        self.file, self.work, self.at = folder / "checkpoint.pt", work, time.monotonic()

    def write(self, **parts: object) -> None:
        with replacing(self.file) as fresh:
            torch.save({"work": self.work, **parts}, fresh)
        self.at = time.monotonic()

    def read(self) -> dict[str, Any] | None:
        if not self.file.exists():
            return None
        saved = torch.load(self.file, weights_only=True)
        if saved["work"] != self.work:
            raise AnotherRun(f"{self.file} is of other data, base or settings: take another run folder, or remove it")
        return saved


class Run:
    """What is trained, how far it has come, and the version that would be kept.

    That is the last one which does not read clearly less than the best: a handful of documents can't tell versions apart,
    and of those that it can't, the one that has learnt most reads other documents best.
    """

    def __init__(self, adapted: Adapted, training: Training, pages: int, folder: Path, work: str) -> None:
        self.model, self.training, self.saved = adapted.inner, training, _Saved(folder, work)
        self.steps = training.steps_over(pages)
        self.trained = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        self.optimiser = optimiser_of(adapted, training)
        self.peaks = [group["lr"] for group in self.optimiser.param_groups]
        self.schedule = Schedule(1.0, self.steps, min(training.warm_up, max(1, self.steps // 4)), training.decay)
        self.progress, self.kept = Progress(parameters=sum(p.numel() for p in self.trained.values())), _copy(self.trained)
        self.best: Examination | None = None
        self.clock = time.monotonic(), time.process_time()

    def resume(self) -> bool:
        """Goes on from the checkpoint, if there is one."""
        before = self.saved.read()
        if not before:
            return False
        _put(before["adapter"], self.trained)
        self.kept, self.best = before["kept"], before["best"] and Examination(*before["best"])
        self.optimiser.load_state_dict(before["optimiser"])
        self.progress = Progress(**json.loads(before["progress"]))
        return True

    def save(self) -> None:
        best = self.best and (self.best.loss, self.best.exact)
        self.saved.write(adapter=_copy(self.trained), kept=self.kept, best=best, optimiser=self.optimiser.state_dict(), progress=json.dumps(asdict(self.progress)))

    def step(self, batch: dict[str, Any]) -> dict[str, float]:
        """Learns from one batch and returns the rates of its losses."""
        for group, peak in zip(self.optimiser.param_groups, self.peaks, strict=True):
            group["lr"] = peak * self.schedule.at(self.progress.step)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training.bf16):
            states = self.model.encoder(pixel_values=normalised(batch["pixels"])).last_hidden_state
            logits, attentions = decode_packed(self.model.decoder, states, batch, attentions=True)
        logits, attentions = logits.float(), tuple(layer.float() for layer in attentions)
        losses, rates = text_losses(logits, attentions, batch)
        loss = losses["text"] + _ATTENTION * losses.get("attention", 0.0)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self.trained.values()), 1.0)
        self.optimiser.step()
        self.progress.step += 1
        self.progress.images += self.training.batch
        return rates

    def evaluation_is_due(self) -> bool:
        return self.progress.step >= self.steps or self.progress.step % self.training.evaluate_every == 0

    def evaluate(self, records: list[Record], pages: PageForm) -> Examination:
        """Reads `records`, keeps what is trained unless it reads clearly less than the best so far, and decides whether to stop."""
        progress = self.progress
        found = examine(self.model.eval(), records, pages)
        self.model.train()
        if self.best is None or found.is_better_than(self.best):
            self.best, progress.since_best = found, 0
        else:
            progress.since_best += 1
        if not found.is_clearly_worse_than(self.best):
            self.kept, progress.kept, progress.kept_step = _copy(self.trained), found.figures(), progress.step
        if progress.step >= self.steps:
            progress.stopped = "all steps" if self.steps == self.training.steps else "all passes"
        elif progress.since_best >= self.training.patience:
            progress.stopped = "no better for a while"
        return found

    def count_time(self) -> None:
        """Adds what has passed since it was last counted."""
        before, self.clock = self.clock, (time.monotonic(), time.process_time())
        self.progress.seconds += self.clock[0] - before[0]
        self.progress.cpu_seconds += self.clock[1] - before[1]


def train(
    records: list[Record],
    base: Path,
    training: Training,
    folder: Path,
    work: str,
    label: str = "",
    factors: Path | None = None,
    start: Path | None = None,
    quiet: bool = False,
    after_step: Callable[[int], None] = lambda _step: None,
) -> tuple[Adapted, Progress]:
    """Trains on the split `train` and returns the version that `validation` chose (`Run`).

    It begins as the adapter of the folder `start`, which it keeps if all it learns reads clearly less, or with one that changes nothing.

    `work` names data, base and settings: a checkpoint of another work is refused with `AnotherRun`.
    """
    memory.keep_freed()
    torch.set_num_threads(training.threads)
    torch.use_deterministic_algorithms(True)
    # It would fill every new tensor before it is written: a tenth of a step, against reads that no operation here makes.
    torch.utils.deterministic.fill_uninitialized_memory = False
    adapted = adapted_base(base, training, factors)
    if start:
        start_from(adapted, base, start)
    pages = PageForm(base, training.page_size)
    lessons, validation = ([record for record in records if record.split == split] for split in ("train", "validation"))
    run = Run(adapted, training, len(lessons), folder, work)
    if not run.resume() and start:
        run.evaluate(validation, pages)

    teacher = Teacher(lessons, pages, training.batch, training.seed, training.augment)
    batches = teacher.batches(run.progress.step, ahead=training.threads > 1)
    bar = tqdm(total=run.steps, initial=run.progress.step, desc=label or None, unit="step", disable=quiet, mininterval=1.0)
    while run.progress.stopped is None:
        rates = run.step(next(batches))
        bar.update()
        if run.evaluation_is_due():
            found = run.evaluate(validation, pages)
            bar.set_postfix({"loss": f"{rates['text']:.3f}", "exact": f"{found.fields_exact:.3f}"})
        run.count_time()
        if run.progress.stopped or time.monotonic() - run.saved.at >= training.checkpoint_seconds:
            run.save()
        after_step(run.progress.step)
    bar.close()
    batches.close()
    _put(run.kept, run.trained)
    run.model.eval()
    return adapted, run.progress


def _copy(trained: dict[str, torch.nn.Parameter]) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in trained.items()}


def _put(values: dict[str, torch.Tensor], trained: dict[str, torch.nn.Parameter]) -> None:
    if values.keys() != trained.keys():
        raise AnotherRun("the checkpoint is of another adapter")
    for name, parameter in trained.items():
        parameter.data.copy_(values[name])
