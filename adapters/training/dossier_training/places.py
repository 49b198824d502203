"""Where fields stand on a page: four corners, as the host tells them."""

import numpy as np

from dossier_training.page import Glyph

Corners = list[tuple[float, float]]


def corners_around(glyphs: list[Glyph]) -> Corners | None:
    """The corners of what is printed of some characters, clockwise from where the text begins, above; their
    edges run as the first character's do. None where nothing is printed.
    """
    printed = [glyph.corners for glyph in glyphs if glyph.corners]
    if not printed:
        return None
    points = np.array(printed).reshape(-1, 2)
    across = np.array(printed[0][1]) - np.array(printed[0][0])
    across = across / np.linalg.norm(across)
    down = np.array((-across[1], across[0]))
    (left, right), (top, bottom) = ((float(side.min()), float(side.max())) for side in (points @ across, points @ down))
    ends = ((left, top), (right, top), (right, bottom), (left, bottom))
    corners = np.array([across * along + down * below for along, below in ends])
    return [(float(x), float(y)) for x, y in corners]
