"""Photographs that are spoilt by known amounts, to measure what the host says of their quality.

    python -m dossier_training.spoilt --program ../target/release/dossier --pages 60 --json quality.json

Each is one photograph, seen as it is and spoilt in one way, more and more: blurred, moved, under a reflection, dark,
bright, small, cut off.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from dossier_training.dataset import FIRST_HELD_OUT_SEED
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.light import Glare, smear
from dossier_training.photograph import Photograph

# How much, of each way: shares of the page's longer side, of its area, of the light, or pixels.
AMOUNTS: dict[str, tuple[float, ...]] = {
    "blur": (0.001, 0.002, 0.003, 0.004, 0.006),
    "motion": (0.004, 0.008, 0.012, 0.016, 0.024),
    "glare": (0.01, 0.02, 0.04, 0.08),
    "dark": (0.5, 0.3, 0.2, 0.12, 0.06),
    "bright": (1.3, 1.8, 2.5, 4.0),
    "small": (600, 450, 350, 280, 220, 160),
    "cut_off": (0.01, 0.03, 0.06, 0.12, 0.25),
}


def _longer_side(corners: np.ndarray) -> float:
    return max(float(np.hypot(*(corners[k] - corners[(k + 1) % 4]))) for k in range(4))


def _blurred(image: Image.Image, corners: np.ndarray, amount: float, rng: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(amount * _longer_side(corners)))


def _moved(image: Image.Image, corners: np.ndarray, amount: float, rng: np.random.Generator) -> Image.Image:
    return Image.fromarray(smear(np.asarray(image).astype(np.float32), amount * _longer_side(corners), float(rng.uniform(0, 180))).astype(np.uint8))


def _lit(image: Image.Image, corners: np.ndarray, amount: float, rng: np.random.Generator) -> Image.Image:
    """A reflection whose white middle takes about `amount` of the page."""
    area = 0.5 * abs(float(np.dot(corners[:, 0], np.roll(corners[:, 1], -1)) - np.dot(corners[:, 1], np.roll(corners[:, 0], -1))))
    middle = corners.mean(0) + (corners[int(rng.integers(4))] - corners.mean(0)) * rng.uniform(0, 0.5)
    # Where twice as strong as white it is white within sqrt(ln 2) of its radii.
    radius = float(np.sqrt(amount * area / np.pi) / np.sqrt(np.log(2)))
    long = rng.uniform(1.0, 1.8)
    width, height = image.size
    whiteness = Glare((middle[0] / width, middle[1] / height), (radius * long / width, radius / long / height), 0.0, 2.0).whiteness(image.size)
    pixels = np.asarray(image).astype(np.float32)
    return Image.fromarray((pixels + (255 - pixels) * whiteness.clip(0, 1)).clip(0, 255).astype(np.uint8))


def _exposed(image: Image.Image, corners: np.ndarray, amount: float, rng: np.random.Generator) -> Image.Image:
    return Image.fromarray((np.asarray(image).astype(np.float32) * amount).clip(0, 255).astype(np.uint8))


def _smaller(image: Image.Image, corners: np.ndarray, amount: float, rng: np.random.Generator) -> Image.Image:
    scale = min(1.0, amount / _longer_side(corners))
    return image.resize((max(8, round(image.width * scale)), max(8, round(image.height * scale))), Image.Resampling.LANCZOS)


def _cut(image: Image.Image, corners: np.ndarray, amount: float, rng: np.random.Generator) -> Image.Image:
    """So much of the page's extent is left out, at one side of the picture."""
    low, high = corners.min(0), corners.max(0)
    extent = high - low
    left, top, right, bottom = [(low[0] + amount * extent[0], 0, image.width, image.height), (0, low[1] + amount * extent[1], image.width, image.height),
                                (0, 0, high[0] - amount * extent[0], image.height), (0, 0, image.width, high[1] - amount * extent[1])][int(rng.integers(4))]  # fmt: skip
    return image.crop((round(left), round(top), round(right), round(bottom)))


WAYS: dict[str, Callable[[Image.Image, np.ndarray, float, np.random.Generator], Image.Image]] = {
    "blur": _blurred, "motion": _moved, "glare": _lit, "dark": _exposed, "bright": _exposed, "small": _smaller, "cut_off": _cut,
}  # fmt: skip


def told(program: Path, root: Path, image: Image.Image) -> dict[str, Any]:
    """What `dossier locate` says."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        image.save(file, "JPEG", quality=90)
        file.flush()
        answer = subprocess.run([program, "locate", file.name, "--json", "--data-root", root], check=True, stdout=subprocess.PIPE)
    return json.loads(answer.stdout)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--data-root", type=Path, default=Path())
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rng = np.random.default_rng([FIRST_HELD_OUT_SEED, 31])
    names = list(DOCUMENT_TYPES)
    rows: list[dict[str, Any]] = []
    for number in range(options.pages):
        document = DOCUMENT_TYPES[names[number % len(names)]](rng)
        taken = Photograph.of(document.pages[0], rng)
        rows.append({"way": "as it is", "amount": 0.0, **told(options.program, options.data_root, taken.image)})
        way = list(WAYS)[number % len(WAYS)]
        for amount in AMOUNTS[way]:
            rows.append({"way": way, "amount": amount, **told(options.program, options.data_root, WAYS[way](taken.image, taken.corners, amount, rng))})
    text = "\n".join(json.dumps(row) for row in rows) + "\n"
    if options.json:
        options.json.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
