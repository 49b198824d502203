"""A page as people photograph it: on a desk, turned, seen from the side, in the hand, under a lamp.

Levels of `page.Capture` fill the picture; this one, `photo`, does not. A picture shows one document, which takes 8 to
95 % of it.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from dossier_training.framing import Framing
from dossier_training.geometry import Projection
from dossier_training.light import Glare, Shadow, jpeg, smear
from dossier_training.locate import scenes
from dossier_training.locate.grounds import ground
from dossier_training.page import PIXELS_PER_UNIT, Glyph, Page

LEVEL = "photo"
# Of the longer side, in pixels.
_LEAST_SIDE, _MOST_SIDE = 1000, 2000
# A page has so many pixels of width at least: as many as it is drawn with, but for those that are far away.
_LEAST_PAGE = 560
_ASPECTS = (4 / 3, 3 / 4, 16 / 9, 9 / 16, 1.42, 0.7)
_TRIES = 200
# Text stays so far from the edges of the picture, in pixels.
_MARGIN = 6.0


@dataclass(frozen=True)
class Photograph:
    """The picture, RGB, the glyphs where they stand in what the encoder sees of the whole picture, and the page's corners in its pixels."""

    image: Image.Image
    glyphs: list[Glyph]
    corners: np.ndarray

    @staticmethod
    def of(page: Page, rng: np.random.Generator) -> "Photograph":
        """Takes a page's picture."""
        size, corners = _view(page, rng)
        canvas = ground(rng, size)
        face = page.image
        if rng.random() < 0.12:
            scenes.open_book(rng, canvas, face, corners, 1)
        scenes.lay(rng, canvas, face, corners)
        if rng.random() < 0.3:
            scenes.fingers(rng, canvas, corners, 0.35)
        width, height = face.size
        flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)
        in_picture = Projection.between(flat, corners)
        return Photograph(_developed(rng, canvas), _seen(page, in_picture, size), corners)


def _view(page: Page, rng: np.random.Generator) -> tuple[tuple[int, int], np.ndarray]:
    """The picture's size and the page's corners in it, by trying until all text is in the picture."""
    glyphs = np.array([(glyph.x, glyph.y) for glyph in page.glyphs] or [(page.width / 2, page.height / 2)]) * PIXELS_PER_UNIT
    width, height = page.image.size
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)
    for _ in range(_TRIES):
        longer, aspect = float(rng.uniform(_LEAST_SIDE, _MOST_SIDE)), float(rng.choice(_ASPECTS))
        size = (round(longer), round(longer / aspect)) if aspect > 1 else (round(longer * aspect), round(longer))
        cover = float(np.exp(rng.uniform(math.log(0.08), math.log(0.95))))
        turn = float(rng.uniform(-180, 180)) if rng.random() < 0.4 else float(rng.choice([0, 0, 0, 90, 180, 270])) + float(rng.normal(0, 8))
        quad = scenes.lying(rng, width / height, size, cover, 35.0 if rng.random() < 0.6 else 8.0, turn)
        corners = scenes.place(rng, quad, (0.0, 0.0, float(size[0]), float(size[1])), inside=rng.random() < 0.9)
        edges = [math.dist(a, b) for a, b in zip(corners, np.roll(corners, -1, axis=0))]
        stand = Projection.between(flat, corners).points(glyphs)
        inside = (stand > _MARGIN).all() and (stand < np.array(size) - _MARGIN).all()
        if inside and max(edges) >= _LEAST_PAGE and min(edges) >= 0.4 * _LEAST_PAGE * min(width, height) / max(width, height):
            return size, corners
    raise RuntimeError(f"no view of the page in {_TRIES} tries")


def _developed(rng: np.random.Generator, canvas: Image.Image) -> Image.Image:
    """Light, lens, sensor and compression."""
    size = canvas.size
    pixels = np.asarray(canvas).astype(np.float32)
    pixels *= rng.uniform(0.93, 1.07, 3).astype(np.float32) * np.float32(rng.uniform(0.55, 1.15))
    if rng.random() < 0.4:
        pixels *= Shadow(float(rng.uniform(0, 360)), float(rng.uniform(-0.4, 0.4)), float(rng.uniform(0.03, 0.5)), float(rng.uniform(0.1, 0.55))).factor(size)
    if rng.random() < 0.3:
        whiteness = Glare((float(rng.uniform(0, 1)), float(rng.uniform(0, 1))), (float(rng.uniform(0.04, 0.25)), float(rng.uniform(0.03, 0.15))), float(rng.uniform(0, 180)), float(rng.uniform(0.2, 0.6))).whiteness(size)
        pixels += (255 - pixels) * whiteness
    if rng.random() < 0.2:
        pixels = smear(pixels, float(rng.uniform(1.0, 2.5)), float(rng.uniform(0, 180)))
    pixels += rng.standard_normal((*pixels.shape[:2], 1), dtype=np.float32) * np.float32(rng.uniform(0, 9))
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    for _ in range(2 if rng.random() < 0.25 else 1):
        image = jpeg(image, int(rng.integers(55, 95)))
    return image


def _seen(page: Page, in_picture: Projection, size: tuple[int, int]) -> list[Glyph]:
    if not page.glyphs:
        return []
    framing = Framing.of(*size)
    seen = lambda points: [framing.seen(x / size[0], y / size[1]) for x, y in in_picture.points(np.array(points) * PIXELS_PER_UNIT)]  # noqa: E731
    centres = seen([(glyph.x, glyph.y) for glyph in page.glyphs])
    return [replace(glyph, x=x, y=y, corners=tuple(seen(glyph.corners)) if glyph.corners else ()) for glyph, (x, y) in zip(page.glyphs, centres, strict=True)]
