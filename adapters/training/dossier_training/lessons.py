"""Pages as lessons: pixels, dense targets, and the field rows the decoder must write.

All rows of a page are packed into one decoder sequence: a block-diagonal causal mask keeps them apart
and each starts at position 0, so that they compute what the host computes with a row a field, while
the page's cross-attention keys and values are computed once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import IterableDataset

from dossier_training import base_form, vocabulary
from dossier_training.base_form import BaseForm
from dossier_training.dense import cell_targets
from dossier_training.document import Document
from dossier_training.page import LEVELS, Capture, Glyph, Page, model_pixels

_NONE = -100
# Of the three layers, those that look for the next character, and how many heads are told where.
GUIDED_LAYERS, GUIDED_HEADS = (1, 2), 3


@dataclass(frozen=True)
class Asking:
    """How a page is asked: at most so many short fields, the MRZ and absent fields with so much probability."""

    short_fields: int = 5
    mrz: float = 0.5
    absent: float = 0.15
    spelled: float = 0.02
    blank: float = 0.02


class Curriculum:
    """What share of the pages is captured at each of `LEVELS`: from `first` to `last` as `progress` goes from 0 to 1."""

    def __init__(self, first: tuple[float, ...] = (1.0, 0.0, 0.0), last: tuple[float, ...] | None = None) -> None:
        self.first, self.last = np.array(first), np.array(last or first)
        # The workers that draw pages see what the training writes here.
        self._progress = torch.zeros(1).share_memory_()

    def advance(self, progress: float) -> None:
        """Says how far the run is."""
        self._progress[0] = progress

    def level(self, rng: np.random.Generator) -> str:
        """The level of the next page."""
        progress = float(self._progress[0])
        shares = self.first * (1 - progress) + self.last * progress
        return str(rng.choice(LEVELS, p=shares / shares.sum()))


class Lessons(IterableDataset):
    """Endless lessons drawn from `documents` by a seed, captured as the curriculum says: clean without one."""

    def __init__(self, documents: Callable[[np.random.Generator], Document], asking: Asking, seed: int, curriculum: Curriculum | None = None) -> None:
        self.documents, self.asking, self.seed, self.curriculum = documents, asking, seed, curriculum

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            document = self.documents(rng)
            for page, fields in zip(document.pages, document.fields, strict=True):
                if rng.random() < self.asking.blank:
                    page, fields = Page(page.background, size=page.size), {}
                yield lesson(rng, page, fields, self.asking, self.curriculum.level(rng) if self.curriculum else "clean")


def _asked(rng: np.random.Generator, fields: dict[str, str], asking: Asking) -> list[tuple[str, str]]:
    short = [name for name in fields if name != "mrz"]
    chosen = [str(name) for name in rng.permutation(short)[: asking.short_fields]]
    if "mrz" in fields and (rng.random() < asking.mrz or not chosen):
        chosen.append("mrz")
    rows = [(name, fields[name]) for name in chosen]
    absent = [name for name in vocabulary.FIELD_NAMES if name not in fields]
    if absent and (rng.random() < asking.absent or not rows):
        rows.append((str(rng.choice(absent)), ""))
    return rows


def lesson(rng: np.random.Generator, page: Page, fields: dict[str, str], asking: Asking, level: str = "clean") -> dict[str, Any]:
    """One page as arrays, captured at random, and the names of the fields its rows ask for."""
    image, glyphs = Capture.draw(rng, level).apply(page, rng)
    places: dict[tuple[str | None, int], Glyph] = {(g.field, g.index): g for g in glyphs}
    asked = _asked(rng, fields, asking)
    arrays = field_rows(rng, asked, asking.spelled, lambda name, index: places.get((name, index)), base_form.PRESENT)
    characters, field_cells, indices = cell_targets(glyphs)
    pixels = model_pixels(image).transpose(2, 0, 1).copy()
    return {"names": [name for name, _ in asked], "pixels": pixels, "characters": characters, "fields": field_cells, "indices": indices, **arrays}


def field_rows(rng: np.random.Generator, asked: list[tuple[str, str]], spelled: float, place: Callable[[str, int], Glyph | None], form: BaseForm) -> dict[str, np.ndarray]:
    """The decoder's columns for the fields asked of a page; `place` tells where a character of a value stands, if it is known."""
    columns: dict[str, list[int]] = {"ids": [], "positions": [], "rows": [], "labels": [], "guide": []}
    for row, (name, text) in enumerate(asked):
        prompt = form.vocabulary.prompt_ids(name, spelled=bool(rng.random() < spelled))
        written = form.vocabulary.text_ids(text)
        ids = prompt + written
        glyphs = [place(name, index) for index in range(len(text))]
        tokens = [form.token_at(glyph.x, glyph.y) if glyph else None for glyph in glyphs]
        columns["ids"] += ids
        columns["positions"] += list(range(len(ids)))
        columns["rows"] += [row] * len(ids)
        columns["labels"] += [_NONE] * (len(prompt) - 1) + written + [vocabulary.EOS_ID]
        columns["guide"] += [_NONE] * (len(prompt) - 1) + [_NONE if token is None else token for token in tokens] + [_NONE]
    return {name: np.array(column, dtype=np.int64) for name, column in columns.items()}


def collate(lessons: list[dict[str, Any]]) -> dict[str, Any]:
    """Stacks lessons, padding the decoder's columns; padding is a row of its own (-1)."""
    fill = {"ids": vocabulary.PAD_ID, "positions": 0, "rows": -1, "labels": _NONE, "guide": _NONE}
    longest = max(len(lesson["ids"]) for lesson in lessons)
    batch: dict[str, Any] = {"names": [lesson["names"] for lesson in lessons]}
    for name in lessons[0].keys() - {"names"}:
        arrays = [lesson[name] for lesson in lessons]
        if name in fill:
            arrays = [np.pad(a, (0, longest - len(a)), constant_values=fill[name]) for a in arrays]
        batch[name] = torch.from_numpy(np.stack(arrays))
    return batch


def decode_packed(decoder: nn.Module, states: torch.Tensor, batch: dict[str, Any], attentions: bool) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """Logits `(batch, packed length, vocabulary)` and, when wanted, the layers' cross-attentions."""
    rows, length = batch["rows"], batch["rows"].shape[1]
    apart = rows[:, :, None] != rows[:, None, :]
    later = torch.ones(length, length, dtype=torch.bool, device=rows.device).triu(1)
    mask = torch.zeros(apart.shape, device=rows.device).masked_fill(apart | later, torch.finfo(torch.float32).min)[:, None]
    table = decoder.get_decoder().embed_positions
    table.forward = lambda *_args, **_kwargs: F.embedding(batch["positions"] + table.offset, table.weight)
    try:
        output = decoder(input_ids=batch["ids"], attention_mask=mask, encoder_hidden_states=states, output_attentions=attentions, use_cache=False)
    finally:
        del table.forward
    return output.logits, output.cross_attentions or ()


def characters_right(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Where the most probable character is the true one, or none is asked for: (batch, seq_len) of `logits` (batch, seq_len, vocabulary)."""
    return (logits.argmax(-1) == labels) | (labels == _NONE)


def rows_read(right: torch.Tensor, rows: torch.Tensor) -> list[bool]:
    """Whether every character of a row is right, page after page. Both are (batch, seq_len)."""
    return [bool(right[b][rows[b] == r].all()) for b in range(len(rows)) for r in range(int(rows[b].max()) + 1)]


def text_losses(logits: torch.Tensor, cross_attentions: tuple[torch.Tensor, ...], batch: dict[str, Any]) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """Next-character loss, guided-attention loss, and the share of characters and of whole rows that are right."""
    labels, guide = batch["labels"], batch["guide"]
    losses = {"text": F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=_NONE)}
    wanted = labels != _NONE
    right = characters_right(logits, labels)
    exact = rows_read(right, batch["rows"])
    rates = {"text": losses["text"].item(), "characters_read": right[wanted].float().mean().item(), "fields_read": sum(exact) / max(1, len(exact))}
    guided = guide != _NONE
    if cross_attentions and guided.any():
        place = guide[guided][:, None]
        on_target = [cross_attentions[layer][:, :GUIDED_HEADS].mean(1)[guided].gather(1, place) for layer in GUIDED_LAYERS]
        losses["attention"] = torch.stack([-(share + 1e-4).log().mean() for share in on_target]).mean()
        rates["attention"] = on_target[-1].mean().item()
    return losses, rates
