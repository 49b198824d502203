"""Greedy reading of pages, as the host reads but without the bounds that rules put on a field's characters."""

import math
from dataclasses import dataclass
from typing import Any

import torch

from dossier_training import vocabulary
from dossier_training.factory.donut import Record
from dossier_training.factory.metrics import Reading
from dossier_training.factory.pages import examination, normalised
from dossier_training.lessons import characters_right, decode_packed, rows_read, text_losses
from dossier_training.page_form import PageForm

_PAGES = 8


@dataclass(frozen=True)
class Examination:
    """Loss a character, and which fields were read exactly, in the order of the pages."""

    loss: float
    exact: tuple[bool, ...]

    @property
    def fields_exact(self) -> float:
        return sum(self.exact) / max(1, len(self.exact))

    def figures(self) -> dict[str, float]:
        return {"loss": self.loss, "fields_exact": self.fields_exact}

    def is_better_than(self, other: "Examination") -> bool:
        return (self.fields_exact, -self.loss) > (other.fields_exact, -other.loss)

    def is_clearly_worse_than(self, other: "Examination") -> bool:
        """Whether more fields were lost to `other` than chance explains: one standard error of McNemar's test of the same pages, corrected for continuity (Edwards 1948)."""
        fewer = sum(other.exact) - sum(self.exact)
        changed = sum(before != now for before, now in zip(other.exact, self.exact, strict=True))
        return fewer - 1 > math.sqrt(changed)


@torch.no_grad()
def examine(model: torch.nn.Module, records: list[Record], pages: PageForm) -> Examination:
    """What is read behind the true characters: what greedy reading gives, for one pass of the decoder."""
    loss, examined, exact = 0.0, 0, []
    for start in range(0, len(records), _PAGES):
        batch = examination(records[start : start + _PAGES], pages)
        states = model.encoder(pixel_values=normalised(batch["pixels"])).last_hidden_state
        logits, _ = decode_packed(model.decoder, states, batch, attentions=False)
        _, rates = text_losses(logits, (), batch)
        labels = int((batch["labels"] >= 0).sum())
        loss, examined = loss + rates["text"] * labels, examined + labels
        exact += rows_read(characters_right(logits, batch["labels"]), batch["rows"])
    return Examination(loss / max(1, examined), tuple(exact))


@torch.no_grad()
def read(model: torch.nn.Module, records: list[Record], pages: PageForm) -> list[Reading]:
    """Every field of every page, with the least probability among the steps that wrote it.

    What is most probable behind each true character is the true one exactly where greedy reading writes the truth, so
    one pass of the decoder reads those fields, and only the others are written character by character.
    """
    tokens, readings = pages.form.vocabulary, []
    for start in range(0, len(records), _PAGES):
        together = records[start : start + _PAGES]
        batch = examination(together, pages)
        states = model.encoder(pixel_values=normalised(batch["pixels"])).last_hidden_state
        sure = _sure_of_the_truth(model.decoder, states, batch)
        found = {(page, name): (record.fields[name], sure[page][name]) for page, record in enumerate(together) for name in record.fields if name in sure[page]}
        # Rows of one length of prompt, and zones apart: they are four times as long as the rest.
        groups: dict[tuple[int, bool], list[tuple[int, str]]] = {}
        for page, record in enumerate(together):
            for name in sorted(record.fields.keys() - sure[page].keys()):
                groups.setdefault((len(tokens.prompt_ids(name)), name == "mrz"), []).append((page, name))
        for group in groups.values():
            written = _write(model.decoder, states[[page for page, _ in group]], [tokens.prompt_ids(name) for _, name in group])
            texts = [(tokens.text(row), chance) for row, chance in written]
            found |= dict(zip(group, texts, strict=True))
        for page, record in enumerate(together):
            readings += [Reading(record.document, record.page, name, record.fields[name], *found[page, name]) for name in sorted(record.fields)]
    return readings


def _sure_of_the_truth(decoder: torch.nn.Module, states: torch.Tensor, batch: dict[str, Any]) -> list[dict[str, float]]:
    """The fields of each page that are read exactly, and the least probability of their steps."""
    logits, _ = decode_packed(decoder, states, batch, attentions=False)
    chances, best = logits.softmax(-1).max(-1)
    wanted = batch["labels"] >= 0
    right = (best == batch["labels"]) | ~wanted
    sure: list[dict[str, float]] = []
    for page, names in enumerate(batch["names"]):
        of_row = [batch["rows"][page] == row for row in range(len(names))]
        sure.append({name: float(chances[page][row & wanted[page]].min()) for name, row in zip(names, of_row, strict=True) if bool(right[page][row].all())})
    return sure


def _write(decoder: torch.nn.Module, states: torch.Tensor, prompts: list[list[int]]) -> list[tuple[list[int], float]]:
    ids, cache = torch.tensor(prompts), None
    written: list[list[int]] = [[] for _ in prompts]
    sure = torch.ones(len(prompts))
    done = torch.zeros(len(prompts), dtype=torch.bool)
    room = decoder.config.max_position_embeddings - ids.shape[1]
    for _ in range(room):
        output = decoder(input_ids=ids, encoder_hidden_states=states, past_key_values=cache, use_cache=True)
        cache = output.past_key_values
        chances, best = output.logits[:, -1].softmax(-1).max(-1)
        sure = torch.where(done, sure, torch.minimum(sure, chances))
        done = done | (best == vocabulary.EOS_ID)
        for row, token in enumerate(best.tolist()):
            if not done[row]:
                written[row].append(token)
        if bool(done.all()):
            break
        ids = best[:, None]
    return [(row, float(s)) for row, s in zip(written, sure, strict=True)]
