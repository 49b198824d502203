"""What documents lie on: photographs of Debian's packages of wallpapers, and grounds that are drawn."""

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dossier_training.page import colour_of
from dossier_training.typeset.text_sheets import text_sheet

PACKAGES = ("plasma-workspace-wallpapers", "mate-backgrounds", "ukui-wallpapers", "lomiri-wallpapers")
_ROOTS = (Path("/usr/share/wallpapers"), Path("/usr/share/backgrounds"), Path("/usr/share/lomiri-wallpapers"))
# Photographs are kept this small: a ground is cut out of one and enlarged.
_LONGEST = 900


class NoPhotographs(RuntimeError):
    """No photograph is installed; the message says how to install some."""


@lru_cache(maxsize=1)
def _photographs() -> tuple[Path, ...]:
    found = sorted({path.resolve() for root in _ROOTS if root.exists() for path in root.rglob("*") if path.suffix in (".jpg", ".jpeg", ".png") and path.is_file() and path.stat().st_size > 150_000})
    # One wallpaper comes in many sizes: one a folder is enough.
    chosen = list({path.parent if path.parent.name.startswith("images") else path: path for path in found}.values())
    if not chosen:
        raise NoPhotographs(f"apt-get install {' '.join(PACKAGES)}")
    return tuple(chosen)


@lru_cache(maxsize=48)
def _photograph(path: Path) -> Image.Image:
    image = Image.open(path)
    image.draft("RGB", (_LONGEST, _LONGEST))
    image = image.convert("RGB")
    image.thumbnail((_LONGEST, _LONGEST))
    return image


def _cut(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    paths = _photographs()
    image = _photograph(paths[int(rng.integers(len(paths)))])
    share = float(rng.uniform(0.3, 1.0))
    width, height = max(8, round(image.width * share)), max(8, round(image.height * share))
    left, top = int(rng.integers(0, image.width - width + 1)), int(rng.integers(0, image.height - height + 1))
    part = image.crop((left, top, left + width, top + height)).resize(size, Image.Resampling.BILINEAR)
    if rng.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return part.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 3)))) if rng.random() < 0.4 else part


def _colour(rng: np.random.Generator) -> np.ndarray:
    drawn = rng.random()
    if drawn < 0.2:
        return np.full(3, rng.uniform(225, 255))
    if drawn < 0.35:
        return rng.uniform(0, 35, 3)
    grey = rng.uniform(20, 240)
    return np.clip(grey + rng.normal(0, 30, 3), 0, 255)


def _field(rng: np.random.Generator, size: tuple[int, int], coarse: tuple[int, int]) -> np.ndarray:
    values = rng.normal(0, 1, coarse).astype(np.float32)
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BICUBIC))


def _plain(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A desk, a wall, a scanner's lid: one colour, uneven light, a grain."""
    light = 1 + _field(rng, size, (3, 3))[..., None] * rng.uniform(0, 0.15)
    pixels = _colour(rng) * light + rng.normal(0, rng.uniform(0, 6), (size[1], size[0], 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _grain(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Wood or cloth: streaks along one direction, or two."""
    long = (int(rng.integers(30, 200)), int(rng.integers(2, 8)))
    streaks = _field(rng, size, long)
    if rng.random() < 0.4:
        streaks = streaks + _field(rng, size, (int(rng.integers(2, 8)), int(rng.integers(30, 200))))
    pixels = _colour(rng) + streaks[..., None] * rng.uniform(4, 28) + _field(rng, size, (3, 4))[..., None] * rng.uniform(0, 20)
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    return image.rotate(float(rng.uniform(0, 180)), Image.Resampling.BILINEAR, fillcolor=colour_of(pixels.mean((0, 1)).clip(0, 255))) if rng.random() < 0.3 else image


def _keys(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A grid of rounded boxes, as keyboards and tiles are."""
    image = _plain(rng, size)
    draw = ImageDraw.Draw(image)
    pitch, gap = float(rng.uniform(18, 90)), float(rng.uniform(1, 8))
    fill = colour_of(_colour(rng))
    for row in range(int(size[1] / pitch) + 2):
        for column in range(int(size[0] / pitch) + 2):
            x, y = (column - (row % 2) * 0.5) * pitch, row * pitch
            if rng.random() < 0.95:
                draw.rounded_rectangle([x, y, x + pitch - gap, y + pitch - gap], radius=pitch * 0.12, fill=fill)
    return image.rotate(float(rng.uniform(-40, 40)), Image.Resampling.BILINEAR) if rng.random() < 0.5 else image


def _things(rng: np.random.Generator, image: Image.Image) -> None:
    """Objects beside the document: bars, discs, cables, sheets of paper with and without text."""
    draw = ImageDraw.Draw(image)
    width, height = image.size
    for _ in range(int(rng.integers(0, 6))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        colour = colour_of(_colour(rng))
        kind = rng.random()
        if kind < 0.3:
            r = rng.uniform(8, 0.25 * width)
            draw.ellipse([x - r, y - r * rng.uniform(0.5, 1), x + r, y + r], fill=colour)
        elif kind < 0.55:
            xs = np.linspace(0, width, 24)
            ys = y + rng.uniform(5, 80) * np.sin(xs / rng.uniform(30, 200) + rng.uniform(0, 6)) + (xs - x) * rng.uniform(-1, 1)
            draw.line(list(zip(xs, ys)), fill=colour, width=int(rng.integers(2, 12)))
        else:
            angle, a, b = rng.uniform(0, math.pi), rng.uniform(10, 0.5 * width), rng.uniform(6, 0.25 * height)
            c, s = math.cos(angle), math.sin(angle)
            draw.polygon([(x + u * a * c - v * b * s, y + u * a * s + v * b * c) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))], fill=colour)
    if rng.random() < 0.12:
        sheet = text_sheet(rng, 160, 224).image.rotate(float(rng.uniform(0, 360)), expand=True, fillcolor=colour_of(_colour(rng)))
        image.paste(sheet, (int(rng.uniform(-100, width)), int(rng.uniform(-100, height))))


def ground(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A ground of `size` (width, height)."""
    drawn = rng.random()
    image = _cut(rng, size) if drawn < 0.45 else _plain(rng, size) if drawn < 0.72 else _grain(rng, size) if drawn < 0.9 else _keys(rng, size)
    if rng.random() < 0.45:
        _things(rng, image)
    return image
