"""What light, lens and compression do to a captured page. Fields are drawn coarsely and enlarged: light is smooth."""

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

_COARSE = 8


def _enlarged(field: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(field.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))[..., None]


def _grid(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """x and y of a coarse grid, each 0 to 1."""
    columns, rows = max(2, size[0] // _COARSE), max(2, size[1] // _COARSE)
    xs: np.ndarray
    ys: np.ndarray
    xs, ys = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    return xs, ys


@dataclass(frozen=True)
class Shadow:
    """An edge across the page: beyond it the light falls by `depth`, over `softness` of the page's width."""

    degrees: float
    offset: float
    softness: float
    depth: float

    def factor(self, size: tuple[int, int]) -> np.ndarray:
        """What each pixel is multiplied by, `(height, width, 1)`."""
        xs, ys = _grid(size)
        angle = math.radians(self.degrees)
        across = (xs - 0.5) * math.cos(angle) + (ys - 0.5) * math.sin(angle) - self.offset
        return _enlarged(1 - self.depth / (1 + np.exp(-across / self.softness * 4)), size)


@dataclass(frozen=True)
class Glare:
    """A reflection: an ellipse in whose middle the page is `strength` white."""

    centre: tuple[float, float]
    radii: tuple[float, float]
    degrees: float
    strength: float

    def whiteness(self, size: tuple[int, int]) -> np.ndarray:
        """How much of each pixel is white, `(height, width, 1)`."""
        xs, ys = _grid(size)
        angle = math.radians(self.degrees)
        dx, dy = xs - self.centre[0], ys - self.centre[1]
        along, across = dx * math.cos(angle) + dy * math.sin(angle), dy * math.cos(angle) - dx * math.sin(angle)
        return _enlarged(self.strength * np.exp(-((along / self.radii[0]) ** 2 + (across / self.radii[1]) ** 2)), size)


def smear(pixels: np.ndarray, length: float, degrees: float) -> np.ndarray:
    """Motion blur: the mean of copies moved along a line of `length` pixels."""
    steps = max(2, round(length) + 1)
    total = np.zeros_like(pixels)
    for along in np.linspace(-length / 2, length / 2, steps):
        dx, dy = round(along * math.cos(math.radians(degrees))), round(along * math.sin(math.radians(degrees)))
        total += np.roll(pixels, (dy, dx), axis=(0, 1))
    return total / steps


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The image after JPEG at `quality`."""
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=quality)
    stored.seek(0)
    return Image.open(stored).convert("RGB")
