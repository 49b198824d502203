"""Numbers of documents and persons: shapes, and random ones for layouts nobody ships."""

import numpy as np

_KINDS = {"A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "9": "0123456789", "X": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}


def fill(rng: np.random.Generator, shape: str) -> str:
    """A number of a shape: `A` is a letter, `9` a digit, `X` either; the rest stands for itself."""
    return "".join(_KINDS[c][int(rng.integers(len(_KINDS[c])))] if c in _KINDS else c for c in shape)


def random_shape(rng: np.random.Generator, least: int, most: int) -> str:
    """Groups of letters, digits or both, joined by nothing, a hyphen, space, point or slash."""
    length = int(rng.integers(least, most + 1))
    separator = str(rng.choice(["", "", "-", " ", ".", "/"]))
    groups, left = [], length
    while left > 0:
        size = min(left, int(rng.integers(1, 6)))
        groups.append(str(rng.choice(["A", "9", "9", "X", "X"])) * size)
        left -= size
    return separator.join(groups)
