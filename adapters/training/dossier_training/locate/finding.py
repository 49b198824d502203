"""From the network's grids to documents: the middles that stand out, their corners, and each corner made exact."""

from dataclasses import dataclass

import numpy as np
import torch

from dossier_training.locate.network import COARSE, FINE, REACH

# How far from where the first grid puts a corner its map is believed, in cells of 4 pixels.
_WINDOW = 4
# How far off the first grid is, in cells of 4 pixels.
_DOUBT = 2.0


@dataclass(frozen=True)
class Found:
    """A document: its corners in pixels of the square, in reading order from the top left, and how sure it is."""

    corners: np.ndarray
    score: float


def documents(middle: torch.Tensor, offsets: torch.Tensor, first: torch.Tensor, corner: torch.Tensor, least: float = 0.3, most: int = 4) -> list[Found]:
    """The documents of one picture: logits of middles `(32, 32)`, offsets `(8, 32, 32)`, logits of the first corner `(4, 32, 32)` and of corners `(64, 64)`."""
    scores = middle.sigmoid()
    peaks = torch.nn.functional.max_pool2d(scores[None, None], 5, 1, 2)[0, 0]
    rows, columns = torch.nonzero((scores == peaks) & (scores >= least), as_tuple=True)
    order = scores[rows, columns].argsort(descending=True)[: 2 * most]
    heat = corner.sigmoid().numpy()
    found: list[Found] = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        centre = np.array([(column + 0.5) * COARSE, (row + 0.5) * COARSE])
        rough = centre + offsets[:, row, column].numpy().reshape(4, 2) * REACH
        around = np.stack([_exact(heat, corner) for corner in rough])
        corners = np.roll(around, -int(first[:, row, column].argmax()), axis=0)
        if all(_apart(corners, other.corners) for other in found) and len(found) < most:
            found.append(Found(corners, float(scores[row, column])))
    return found


def _exact(heat: np.ndarray, rough: np.ndarray) -> np.ndarray:
    """The middle of what the map shows near where the corner should be, or that place itself: a corner outside is on no map."""
    size = heat.shape[0]
    x, y = rough
    if not (0 <= x < size * FINE and 0 <= y < size * FINE):
        return rough
    left, top = int(round(x / FINE - 0.5)) - _WINDOW, int(round(y / FINE - 0.5)) - _WINDOW
    columns = np.arange(max(0, left), min(size, left + 2 * _WINDOW + 1))
    rows = np.arange(max(0, top), min(size, top + 2 * _WINDOW + 1))
    if len(columns) == 0 or len(rows) == 0:
        return rough
    part = heat[np.ix_(rows, columns)]
    # Another corner of the page may be as near: the one that stands where this one should be is meant.
    meant = part * np.exp(-((columns[None] + 0.5 - x / FINE) ** 2 + (rows[:, None] + 0.5 - y / FINE) ** 2) / (2 * _DOUBT**2))
    peak = np.unravel_index(meant.argmax(), part.shape)
    if part[peak] < 0.2:
        return rough
    near = np.exp(-((columns[None] - columns[peak[1]]) ** 2 + (rows[:, None] - rows[peak[0]]) ** 2) / 4.5) * part
    total = near.sum()
    return np.array([(near * (columns[None] + 0.5)).sum() / total, (near * (rows[:, None] + 0.5)).sum() / total]) * FINE


def _apart(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a.mean(0) - b.mean(0)).max() > 0.25 * (np.ptp(a, 0).max() + np.ptp(b, 0).max()) / 2)
