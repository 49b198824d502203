"""Fits what tells document types apart by the look of a page, and writes it into a base's folder.

    python -m dossier_training.identification.fit --base ../base/dossier-small

The directions are learnt of layouts that nobody ships. How sure a likeness is, four numbers, is fitted to pages of
the generator's types: each compared with all, and with all but its own.
"""

import argparse
from pathlib import Path

import numpy as np

from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.documents import random_document
from dossier_training.identification.captures import ALL_LEVELS, captured
from dossier_training.identification.embedding import Encoder, fitted
from dossier_training.identification.prototypes import mean_direction
from dossier_training.page import LEVELS

# Layouts, each captured once at each level.
_LAYOUTS = 400
_CHANNELS, _DIMENSIONS = 16, 384
# Of each type: documents that its prototype is of, and documents that are compared.
_SHOWN, _COMPARED = 12, 6
_SEED = 41


def standing(likeness: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each page, from its likeness to each type `(pages, types)` and which is its own, -1 for none: whether its own is the likeliest, the likeness to the likeliest, and how far the next falls behind."""
    order = np.sort(np.maximum(likeness, 0.0), axis=1)
    return likeness.argmax(1) == own, likeness.max(1), order[:, -1] - order[:, -2]


def without_own(likeness: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The same where nobody had published the pages' own types."""
    left = likeness.copy()
    left[np.arange(len(own)), own] = -1.0
    return left


def logistic(values: np.ndarray, right: np.ndarray, steps: int = 60) -> np.ndarray:
    """Weights of the columns of `values` and an intercept, right and wrong counting the same in all (Newton's method)."""
    inputs = np.column_stack([values, np.ones(len(values))])
    share = np.where(right, 0.5 / right.sum(), 0.5 / (~right).sum()) * len(right)
    weights = np.zeros(inputs.shape[1])
    for _ in range(steps):
        said = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (share * (said - right)) + 1e-3 * weights
        curvature = (inputs * (share * said * (1 - said))[:, None]).T @ inputs + 1e-3 * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, gradient)
    return weights


def apart(likeness: np.ndarray, own: np.ndarray, steps: int = 60) -> float:
    """How much a lead over the next likely type says of which of two it is (maximum likelihood)."""
    lead = likeness[np.arange(len(own)), own] - without_own(likeness, own).max(1)
    weight = 10.0
    for _ in range(steps):
        wrong = 1 / (1 + np.exp(weight * lead))
        weight += (lead @ wrong - 1e-3 * weight) / ((lead**2) @ (wrong * (1 - wrong)) + 1e-3)
    return float(weight)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    base = parser.parse_args().base
    encoder, rng = Encoder(base), np.random.default_rng(_SEED)

    layouts = [random_document(rng).pages[0] for _ in range(_LAYOUTS)]
    of_layout = [number for number in range(_LAYOUTS) for _ in ALL_LEVELS]
    cells = encoder.cells(captured(page, level, rng) for page in layouts for level in ALL_LEVELS)
    directions = fitted(cells, of_layout, _CHANNELS, _DIMENSIONS)
    strangers = directions.of(cells)

    prototypes, pages, own = [], [], []
    for number, make in enumerate(DOCUMENT_TYPES.values()):
        shown = [captured(make(rng).pages[0], LEVELS[index % len(LEVELS)], rng) for index in range(_SHOWN)]
        prototypes.append(mean_direction(directions.of(encoder.cells(shown))))
        compared = [captured(page, level, rng) for page in (make(rng).pages[0] for _ in range(_COMPARED)) for level in ALL_LEVELS]
        pages.append(directions.of(encoder.cells(compared)))
        own += [number] * len(compared)
    known, of_stranger = np.concatenate(pages) @ np.array(prototypes).T, strangers @ np.array(prototypes).T
    places = np.array(own)
    judged = [standing(known, places), standing(without_own(known, places), places), standing(of_stranger, np.full(len(of_stranger), -1))]
    right, likeness, lead = (np.concatenate(parts) for parts in zip(*judged, strict=True))
    weights = logistic(np.column_stack([likeness, lead]), right)
    described = {name: round(float(weight), 4) for name, weight in zip(("likeness", "lead", "intercept"), weights, strict=True)}
    described["apart"] = round(apart(known, places), 4)
    directions.save(base, described)
    said = 1 / (1 + np.exp(-(np.column_stack([likeness, lead]) @ weights[:2] + weights[2]))) / (1 + np.exp(-described["apart"] * lead))
    print(f"{base}: {described}; taken at 0.5: {np.mean(said[right] >= 0.5):.4f} of right ones, {np.mean(said[~right] >= 0.5):.4f} of wrong ones")


if __name__ == "__main__":
    main()
