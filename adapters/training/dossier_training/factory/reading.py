"""Greedy reading of pages, as the host reads but without the bounds that rules put on a field's characters."""

from pathlib import Path

import torch

from dossier_training import vocabulary
from dossier_training.factory.donut import Record
from dossier_training.factory.metrics import Reading
from dossier_training.factory.pages import examination, normalised, opened, pixels_of
from dossier_training.lessons import decode_packed, text_losses

_PAGES = 8


@torch.no_grad()
def examine(model: torch.nn.Module, records: list[Record], base: Path) -> dict[str, float]:
    """Loss and share of exact fields behind the true characters: what greedy reading gives, for one pass of the decoder."""
    loss = exact = asked = examined = 0.0
    for start in range(0, len(records), _PAGES):
        batch = examination(records[start : start + _PAGES], base)
        states = model.encoder(pixel_values=normalised(batch["pixels"])).last_hidden_state
        logits, _ = decode_packed(model.decoder, states, batch, attentions=False)
        _, rates = text_losses(logits, (), batch)
        labels, fields = int((batch["labels"] >= 0).sum()), sum(len(names) for names in batch["names"])
        loss, exact, asked = loss + rates["text"] * labels, exact + rates["fields_read"] * fields, asked + fields
        examined += labels
    return {"loss": loss / max(1, examined), "fields_exact": exact / max(1, asked)}


@torch.no_grad()
def read(model: torch.nn.Module, records: list[Record], base: Path) -> list[Reading]:
    """Every field of every page, with the least probability among the steps that wrote it."""
    readings = []
    for start in range(0, len(records), _PAGES):
        pages = records[start : start + _PAGES]
        pixels = torch.stack([torch.from_numpy(pixels_of(opened(record), base)) for record in pages])
        states = model.encoder(pixel_values=normalised(pixels)).last_hidden_state
        rows = [(page, name) for page, record in enumerate(pages) for name in sorted(record.fields)]
        # Rows of one length of prompt, and zones apart: they are four times as long as the rest.
        groups: dict[tuple[int, bool], list[tuple[int, str]]] = {}
        for page, name in rows:
            groups.setdefault((len(vocabulary.prompt_ids(name)), name == "mrz"), []).append((page, name))
        for group in groups.values():
            texts = _write(model.decoder, states[[page for page, _ in group]], [vocabulary.prompt_ids(name) for _, name in group])
            for (page, name), (text, confidence) in zip(group, texts, strict=True):
                record = pages[page]
                readings.append(Reading(record.document, record.page, name, record.fields[name], text, confidence))
    return readings


def _write(decoder: torch.nn.Module, states: torch.Tensor, prompts: list[list[int]]) -> list[tuple[str, float]]:
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
    return [("".join(vocabulary.TOKENS[t] for t in row if t < len(vocabulary.TOKENS)), float(s)) for row, s in zip(written, sure, strict=True)]
