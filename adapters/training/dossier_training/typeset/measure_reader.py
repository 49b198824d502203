"""What a checkpoint of the next base reads, by size of the print and by field; faces of families that it has not seen, and those it has.

    python -m dossier_training.typeset.measure_reader --checkpoint runs/reader/checkpoint.pt --sheets 40 --json measured.json

A character counts when the encoder's head for its cell names its shape; a field counts when every character,
and the end, is the most probable one behind the true ones before it: greedy decoding writes it exactly then only.
"""

import argparse
import json
from collections import defaultdict
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dossier_training.dataset import FIRST_HELD_OUT_SEED
from dossier_training.lessons import characters_right, collate, decode_packed, rows_read
from dossier_training.train_encoder import normalise
from dossier_training.typeset import typefaces
from dossier_training.typeset.dense import DenseHeads
from dossier_training.typeset.forms import form
from dossier_training.typeset.lessons import Mix, lesson
from dossier_training.typeset.reader import new_reader, taught_by
from dossier_training.typeset.text_sheets import text_sheet

# An em in the encoder's pixels: from, below.
SIZES = ((9, 11), (11, 14), (14, 20), (20, 30))


class Tally(dict[str, list[int]]):
    """Right and asked, a name."""

    def add(self, name: str, right: int, asked: int) -> None:
        """Counts."""
        entry = self.setdefault(name, [0, 0])
        entry[0] += right
        entry[1] += asked

    def rates(self) -> dict[str, dict[str, float]]:
        """As they stand in the file."""
        return {name: {"right": right, "asked": asked, "rate": round(right / asked, 4)} for name, (right, asked) in sorted(self.items()) if asked}


@torch.no_grad()
def shapes_by_size(model: torch.nn.Module, heads: DenseHeads, sheets: int, mix: Mix, rng: np.random.Generator) -> Tally:
    """Characters by the size of their em, on sheets that are set in one size each."""
    tally = Tally()
    for low, high in SIZES:
        for _ in range(sheets):
            sheet = text_sheet(rng, mix.width, mix.height, (low, high))
            batch = collate([lesson(rng, sheet, {}, mix)])
            states = model.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state.flatten(0, 1)
            for slot, head in enumerate(heads.shape_heads):
                target = batch["shapes"][..., slot].flatten().long()
                full = target > 0
                tally.add(f"{low} to {high} pixels", int((head(states).argmax(-1) == target)[full].sum()), int(full.sum()))
    return tally


@torch.no_grad()
def fields_exact(model: torch.nn.Module, sheets: int, mix: Mix, rng: np.random.Generator) -> tuple[Tally, Tally]:
    """Fields, and characters of fields, of documents whose layout was made for them alone."""
    fields, characters = Tally(), Tally()
    for _ in range(sheets):
        sheet, values = form(rng, mix.width, mix.height)
        batch: dict[str, Any] = collate([lesson(rng, sheet, values, mix)])
        if not batch["ids"].shape[1]:
            continue
        states = model.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state
        logits, _ = decode_packed(model.decoder, states, batch, attentions=False)
        right = characters_right(logits, batch["labels"])
        wanted = batch["labels"] >= 0
        for row, (name, exact) in enumerate(zip(batch["names"][0], rows_read(right, batch["rows"]), strict=True)):
            name = name if name in values else "absent"
            fields.add(name, exact, 1)
            fields.add("all but mrz and absent", exact * (name not in ("mrz", "absent")), name not in ("mrz", "absent"))
            mine = wanted & (batch["rows"] == row)
            characters.add("mrz" if name == "mrz" else "values", int(right[mine].sum()), int(mine.sum()))
    return fields, characters


def measure(model: torch.nn.Module, heads: DenseHeads, sheets: int, mix: Mix) -> dict[str, Any]:
    """The whole table."""
    table: dict[str, Any] = defaultdict(dict)
    for faces, context in (("seen", nullcontext), ("kept back", typefaces.only_those_kept_back)):
        with context():
            table[faces]["shapes"] = shapes_by_size(model, heads, sheets // 4, mix, np.random.default_rng([FIRST_HELD_OUT_SEED, 1])).rates()
            fields, characters = fields_exact(model, sheets, mix, np.random.default_rng([FIRST_HELD_OUT_SEED, 2]))
            table[faces] |= {"fields": fields.rates(), "characters behind true ones": characters.rates()}
    return dict(table)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--sheets", type=int, default=40)
    parser.add_argument("--hardest", type=float, default=0.35)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    mix = Mix(hardest=options.hardest, short_fields=99, spelled=0.0)
    taught = taught_by(options.checkpoint)
    model = new_reader(mix.width, mix.height)
    model.load_state_dict(taught.model)
    heads = DenseHeads(model.encoder.config.hidden_size)
    heads.load_state_dict(taught.heads)
    table = {"step": taught.steps, "sheets_taught": taught.sheets, "sheets": options.sheets, "hardest": options.hardest, **measure(model.eval(), heads, options.sheets, mix)}
    text = json.dumps(table, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
