"""How many fields are read exactly, a table a document type: the base alone, and with its adapter.

    python -m dossier_training.evaluate --type utopia/passport/2024 --base ../base/dossier-small --adapter ../utopia/passport/2024 --count 50

A field counts when every character, and the end, is the most probable one behind the true ones before
it; greedy decoding writes the whole value exactly then and only then. The host's own table, through
HTTP and with its constraints, is `cargo run -p dossier-tests --bin evaluate`.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from peft import PeftModel

from dossier_training.checkpoints import load_base
from dossier_training.dataset import FIRST_HELD_OUT_SEED
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.documents import random_document
from dossier_training.lessons import Asking, collate, decode_packed, lesson
from dossier_training.train_encoder import normalise

_ALL_FIELDS = Asking(short_fields=99, mrz=1.0, absent=0.0, spelled=0.0, blank=0.0)


@torch.no_grad()
def exact_fields(model: torch.nn.Module, make, count: int, seed: int) -> dict[str, tuple[int, int]]:
    """Field name -> (exact, asked) over `count` documents."""
    rng = np.random.default_rng([FIRST_HELD_OUT_SEED, seed])
    score: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for _ in range(count):
        document = make(rng)
        for page, fields in zip(document.pages, document.fields, strict=True):
            batch = collate([lesson(rng, page, fields, _ALL_FIELDS)])
            states = model.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state
            logits, _ = decode_packed(model.decoder, states, batch, attentions=False)
            right = (logits.argmax(-1) == batch["labels"]) | (batch["labels"] < 0)
            names = batch["names"][0]
            for row, name in enumerate(names):
                score[name][0] += bool(right[batch["rows"] == row].all())
                score[name][1] += 1
    return {name: (exact, asked) for name, (exact, asked) in score.items()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--type", choices=[*DOCUMENT_TYPES, "random"], required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_base(options.base).eval()
    if options.adapter:
        model = PeftModel.from_pretrained(model, options.adapter).eval().get_base_model()
    score = exact_fields(model, DOCUMENT_TYPES.get(options.type, random_document), options.count, options.seed)
    exact, asked = (sum(column) for column in zip(*score.values()))
    shares = {name: round(e / a, 3) for name, (e, a) in sorted(score.items())}
    print(json.dumps({"type": options.type, "fields_exact": round(exact / asked, 4), "fields": asked, "by_field": shares}))


if __name__ == "__main__":
    main()
