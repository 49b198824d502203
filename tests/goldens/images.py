"""Synthetic pages: gradients, lines and noise, from nothing but a seed."""

from pathlib import Path

import numpy as np
from PIL import Image

# name: (width, height)
SIZES = {
    "landscape": (97, 61),
    "portrait": (61, 97),
    "square": (64, 64),
    "tiny": (13, 9),
    "wide": (240, 70),
    "page": (160, 110),
}


def draw(name: str) -> Image.Image:
    width, height = SIZES[name]
    random = np.random.default_rng(sum(name.encode()))
    y, x = np.mgrid[0:height, 0:width]
    channels = [
        128 + 100 * np.sin(x / 5 + y / 11),
        128 + 100 * np.cos(x / 7 - y / 3),
        (x * 3 + y * 5) % 256,
    ]
    image = np.stack(channels, axis=-1) + random.normal(0, 12, (height, width, 3))
    # Hard edges, as letters have them.
    for left in range(3, width - 4, 9):
        image[height // 3 : height // 2, left : left + 3] = 10
    image[: height // 6] = 250
    return Image.fromarray(np.clip(image, 0, 255).astype(np.uint8), "RGB")


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in SIZES:
        draw(name).save(folder / f"{name}.png", optimize=True)


def read(folder: Path, name: str) -> Image.Image:
    return Image.open(folder / f"{name}.png").convert("RGB")
