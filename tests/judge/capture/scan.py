"""A scanner, or a copy somebody cut out: cropped, turned by at most 3 degrees."""

from random import Random

import numpy as np

from capture.picture import Captured, Drawer, blurred, jpeg, sensor, warp

MOST_DEGREES = 3.0


def scan(rng: Random, draw: Drawer, page_mm: tuple[float, float]) -> Captured:
    """A page 1,000 to 1,600 pixels wide, JPEG of quality 60 to 92."""
    page = draw(rng.randint(1000, 1600))
    noise = np.random.default_rng(rng.getrandbits(64))
    w, h = page.picture.size
    angle = np.radians(rng.uniform(-MOST_DEGREES, MOST_DEGREES))
    cos, sin = np.cos(angle), np.sin(angle)
    turned = np.array([[0, 0], [w, 0], [w, h], [0, h]]) @ np.array([[cos, sin], [-sin, cos]])
    low, high = turned.min(0), turned.max(0)
    # The cut goes around the page, or takes a hair of its edge.
    before = np.array([rng.uniform(-0.004, 0.02) * w, rng.uniform(-0.004, 0.02) * w])
    after = np.array([rng.uniform(-0.004, 0.02) * w, rng.uniform(-0.004, 0.02) * w])
    size = tuple(int(x) for x in np.round(high - low + before + after))
    shift = before - low
    matrix = np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]], [0, 0, 1]])
    ground = np.array(rng.choice([(0.97, 0.97, 0.96), (0.93, 0.94, 0.95), (0.08, 0.08, 0.09), (0.6, 0.6, 0.58), (1.0, 1.0, 1.0)]), np.float32)
    colours, share = warp(page.picture, matrix, size)
    picture = colours + ground * (1 - share)
    sigma = rng.uniform(0, 0.8)
    picture = blurred(picture, sigma)
    if grey := rng.random() < 0.08:
        picture = np.repeat(picture @ np.array([0.299, 0.587, 0.114], np.float32)[:, None], 3, 2)
    picture = sensor(noise, picture, rng.uniform(0.88, 1.06), rng.uniform(0.85, 1.2), 0.0 if grey else 0.04, rng.uniform(0, 0.012))
    quality = rng.randint(60, 92)
    conditions = {"degrees": round(float(np.degrees(angle)), 3), "blur": round(sigma, 2), "grey": grey, "jpeg": [quality]}
    return Captured(jpeg(picture, quality), size, page, matrix, conditions)
