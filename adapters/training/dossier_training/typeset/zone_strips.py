"""Zones cut out as strips, a data set in Donut's form: what a base's reader of zones is trained on.

    python -m dossier_training.typeset.zone_strips --count 8000 --seed 1 --out runs/strips

`dossier-train adapter --page-size 512x192` makes the reader of it, which lies in the base's folder as `zone`.
"""

import argparse
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from dossier_training.dataset import FIRST_HELD_OUT_SEED
from dossier_training.typeset.exposure import Exposure
from dossier_training.typeset.strips import HEIGHT, WIDTH, strip

# As hard as the base learnt them; most are scans.
_HARDEST, _EASY = 0.8, 0.3
# Pictures have fewer pixels than strips as often as not: 5 to 8 a character, where a strip has 10 to 16.
_COARSE, _COARSEST = 0.35, (0.45, 0.8)


def strips(seed: int) -> Iterator[tuple[Image.Image, str, list[list[float] | None]]]:
    """Strips without end, each with its zone and where the zone's characters stand, as shares of width and height."""
    rng = np.random.default_rng([FIRST_HELD_OUT_SEED, 3, seed])
    while True:
        sheet, fields = strip(rng)
        exposure = Exposure.draw(rng, float(rng.uniform(0, _HARDEST if rng.random() < 0.4 else _EASY)))
        if rng.random() < _COARSE:
            exposure = replace(exposure, resolution=float(rng.uniform(*_COARSEST)))
        pixels, glyphs = exposure.apply(sheet, rng)
        characters = [glyph for glyph in glyphs if glyph.field == "mrz"]
        # What has left the strip nobody can read.
        if fields and all(2 <= glyph.x < WIDTH - 2 and 2 <= glyph.y < HEIGHT - 2 for glyph in characters):
            places: list[list[float] | None] = [None] * len(fields["mrz"])
            for glyph in characters:
                places[glyph.index] = [round(glyph.x / WIDTH, 5), round(glyph.y / HEIGHT, 5)]
            yield Image.fromarray(pixels), fields["mrz"], places


def write(folder: Path, count: int, seed: int) -> None:
    """Writes so many of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "metadata.jsonl").open("w") as metadata, (folder / "places.jsonl").open("w") as listed:
        for number, (image, text, places) in enumerate(itertools.islice(strips(seed), count)):
            name = f"{number:06d}.png"
            # Grain does not compress: more effort costs time and saves nothing.
            image.save(folder / name, compress_level=1)
            metadata.write(json.dumps({"file_name": name, "ground_truth": json.dumps({"gt_parse": {"mrz": text}})}) + "\n")
            listed.write(json.dumps({"file_name": name, "places": {"mrz": places}}) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write(options.out, options.count, options.seed)


if __name__ == "__main__":
    main()
