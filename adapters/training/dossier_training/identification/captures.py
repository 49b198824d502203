"""Pages as the host sees them when it asks what they are: upright, filling the picture, captured in some way."""

import math

import numpy as np
from PIL import Image

from dossier_training.geometry import Projection
from dossier_training.page import LEVELS, Capture, Page
from dossier_training.photograph import LEVEL, Photograph

ALL_LEVELS = (*LEVELS, LEVEL)
# Of a page laid flat, as the host makes it.
_LONGEST_SIDE = 1024
# By so much of the width a corner is found beside where it is.
_CORNERS_OFF = 0.006


def captured(page: Page, level: str, rng: np.random.Generator) -> Image.Image:
    """A page captured at a level; a photograph is laid flat by its corners, as exactly as they are found."""
    if level != LEVEL:
        return Capture.draw(rng, level).apply(page, rng)[0]
    taken = Photograph.of(page, rng)
    left_top, right_top, right_bottom, left_bottom = taken.corners
    width = max(math.dist(left_top, right_top), math.dist(left_bottom, right_bottom))
    height = max(math.dist(left_top, left_bottom), math.dist(right_top, right_bottom))
    found = taken.corners + rng.normal(0, _CORNERS_OFF * width, taken.corners.shape)
    shrink = _LONGEST_SIDE / max(width, height)
    size = round(width * shrink), round(height * shrink)
    flat = np.array([(0, 0), (size[0], 0), size, (0, size[1])], dtype=float)
    return taken.image.transform(size, Image.Transform.PERSPECTIVE, Projection.between(flat, found).coefficients(), Image.Resampling.BICUBIC)
