"""Writes documents to disk: a data set in Donut's form, or samples a document a folder.

    python -m dossier_training.dataset --type utopia/passport/2024 --count 200 --seed 900001 --out DIR [--samples]

Donut's form is `metadata.jsonl`, a line a page: `{"file_name", "ground_truth": "{\\"gt_parse\\": {...}}"}`.
A sample folder holds `page-1.png` (`page-2.png`) and `truth.json` with `{"fields": {...}}`.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.documents import random_document
from dossier_training.page import LEVELS, Capture

# Training draws its seeds from below this; evaluation and samples from above.
FIRST_HELD_OUT_SEED = 900_000_000


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--type", choices=[*DOCUMENT_TYPES, "random"], required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--capture", choices=LEVELS, default="clean", help="how the pages were photographed")
    parser.add_argument("--samples", action="store_true", help="a folder a document instead of one metadata.jsonl")
    options = parser.parse_args()
    make = DOCUMENT_TYPES.get(options.type, random_document)
    rng = np.random.default_rng([FIRST_HELD_OUT_SEED, options.seed])
    options.out.mkdir(parents=True, exist_ok=True)
    metadata = []
    for number in range(options.count):
        document = make(rng)
        images = [Capture.draw(rng, options.capture).apply(page, rng)[0] for page in document.pages]
        if options.samples:
            folder = options.out / str(number + 1)
            folder.mkdir(exist_ok=True)
            for page, image in enumerate(images, 1):
                image.save(folder / f"page-{page}.png", optimize=True)
            fields = {name: text for page in document.fields for name, text in page.items()}
            (folder / "truth.json").write_text(json.dumps({"fields": fields}, ensure_ascii=False, indent=2) + "\n")
            continue
        for page, (image, fields) in enumerate(zip(images, document.fields, strict=True), 1):
            name = f"{number:06d}-page-{page}.png"
            image.save(options.out / name)
            truth = json.dumps({"gt_parse": fields}, ensure_ascii=False)
            metadata.append(json.dumps({"file_name": name, "ground_truth": truth}, ensure_ascii=False))
    if metadata:
        (options.out / "metadata.jsonl").write_text("\n".join(metadata) + "\n")


if __name__ == "__main__":
    main()
