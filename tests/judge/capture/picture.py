"""What every way of capture has in common: projection, light, sensor, JPEG."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from pages.sheet import Page

# Draws the page of a sheet so many pixels wide.
Drawer = Callable[[int], Page]
Points = list[tuple[float, float]]


@dataclass
class Captured:
    """A picture as a JPEG file, the page it shows, and how the page's pixels became the picture's."""

    jpeg: bytes
    size: tuple[int, int]
    page: Page
    projection: np.ndarray
    conditions: dict[str, Any] = field(default_factory=dict)

    def corners(self) -> Points:
        """Of the page, from its upper left clockwise as it is read."""
        w, h = self.page.picture.size
        return self.project([(0, 0), (w, 0), (w, h), (0, h)])

    def project(self, points: Points) -> Points:
        """From the page's pixels into the picture's."""
        return project(self.projection, points)


def project(matrix: np.ndarray, points: Points) -> Points:
    """Points through a homography."""
    moved = np.column_stack([np.array(points, float), np.ones(len(points))]) @ matrix.T
    return [(float(x), float(y)) for x, y in moved[:, :2] / moved[:, 2:]]


def homography(source: Points, target: Points) -> np.ndarray:
    """The projection that takes four points onto four."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows, float), np.array(right, float)), 1).reshape(3, 3)


def warp(page: Image.Image, matrix: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The page's colours, times its share, and its share of each pixel of the picture; 0 to 1."""
    back = np.linalg.inv(matrix)
    # Pillow takes the middle of a pixel at a half.
    data = (back / back[2, 2]).ravel()[:8]
    share = page.getchannel("A")
    colours = Image.composite(page.convert("RGB"), Image.new("RGB", page.size), share)
    moved = colours.transform(size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC)
    alpha = share.transform(size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR)
    return np.asarray(moved, np.float32) / 255, np.asarray(alpha, np.float32)[..., None] / 255


def blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    """The picture out of focus; `sigma` in pixels."""
    if sigma < 0.05:
        return picture
    image = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(sigma)), np.float32) / 255


def soft(share: np.ndarray, sigma: float) -> np.ndarray:
    """A mask, so soft that a quarter of its pixels is enough; `sigma` in pixels, 4 and more."""
    mask = Image.fromarray((np.clip(share[..., 0], 0, 1) * 255).astype(np.uint8))
    small = mask.reduce(4).filter(ImageFilter.GaussianBlur(sigma / 4))
    return np.asarray(small.resize(mask.size, Image.Resampling.BILINEAR), np.float32)[..., None] / 255


def moved(picture: np.ndarray, length: float, angle: float) -> np.ndarray:
    """The picture while the hand moves `length` pixels."""
    steps = max(1, round(length * 2))
    total = np.zeros_like(picture)
    for step in range(steps):
        far = (step / max(1, steps - 1) - 0.5) * length if steps > 1 else 0.0
        total += np.roll(picture, (round(far * np.sin(angle)), round(far * np.cos(angle))), (0, 1))
    return total / steps


def sensor(rng: np.random.Generator, picture: np.ndarray, gain: float, gamma: float, cast: float, noise: float) -> np.ndarray:
    """Exposure, white balance and noise; 0 to 1 in and out."""
    picture = np.clip(picture, 0, 1) ** gamma * gain * (1 + rng.uniform(-cast, cast, 3).astype(np.float32))
    grain = rng.standard_normal(picture.shape, np.float32) * noise
    return np.clip(picture + grain * (0.5 + np.sqrt(np.clip(picture, 0, 1))), 0, 1)


def jpeg(picture: np.ndarray, *qualities: int) -> bytes:
    """The picture as a JPEG, saved once for each quality."""
    image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
    data = b""
    for quality in qualities:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        data = file.getvalue()
        image = Image.open(io.BytesIO(data)).convert("RGB")
    return data
