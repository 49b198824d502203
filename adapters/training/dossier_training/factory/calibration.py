"""Confidence that means something: a field read with 0.9 should be exact nine times of ten.

Platt's scaling a field (Platt 1999): `sigmoid(slope * logit(confidence) + intercept)`. The fit is held
towards what all fields together say, and that towards no change, so that a few labels can't run away with it.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass, replace

import numpy as np

from dossier_training.factory.metrics import Reading

_NEAREST = 1e-6
_HOLD = 4.0
_STEPS = 50


@dataclass(frozen=True)
class Scaling:
    """A field's scaling; `slope` is above 0, so that order is kept."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, confidences: np.ndarray) -> np.ndarray:
        """Confidences as they should be."""
        return _sigmoid(self.slope * _logit(confidences) + self.intercept)


def _logit(shares: np.ndarray) -> np.ndarray:
    shares = np.clip(np.asarray(shares, dtype=float), _NEAREST, 1 - _NEAREST)
    return np.log(shares) - np.log1p(-shares)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -40, 40)))


def fit_scaling(confidences: np.ndarray, exact: np.ndarray, towards: Scaling = Scaling()) -> Scaling:
    """The likeliest scaling, held towards another; Newton's method on two numbers."""
    columns = np.stack([_logit(confidences), np.ones(len(confidences))], axis=1)
    held = np.array([towards.slope, towards.intercept])
    found = held.copy()

    def loss(weights: np.ndarray) -> float:
        margins = columns @ weights
        return float(np.sum(np.logaddexp(0, margins) - exact * margins) + _HOLD / 2 * np.sum((weights - held) ** 2))

    for _ in range(_STEPS):
        chances = _sigmoid(columns @ found)
        slope = columns.T @ (chances - exact) + _HOLD * (found - held)
        curve = (columns * (chances * (1 - chances))[:, None]).T @ columns + _HOLD * np.eye(2)
        step, share = np.linalg.solve(curve, slope), 1.0
        while loss(found - share * step) > loss(found) and share > 1e-4:
            share /= 2
        found = found - share * step
        if np.abs(share * step).max() < 1e-9:
            break
    return Scaling(float(max(found[0], 0.05)), float(found[1]))


def fit(readings: list[Reading]) -> dict[str, Scaling]:
    """A scaling a field, from readings that training never saw."""
    fields = defaultdict(list)
    for reading in readings:
        fields[reading.name].append(reading)
    together = _fit_readings(readings, Scaling())
    return {name: _fit_readings(of_field, together) for name, of_field in sorted(fields.items())}


def _fit_readings(readings: list[Reading], towards: Scaling) -> Scaling:
    confidences = np.array([r.confidence for r in readings])
    return fit_scaling(confidences, np.array([r.exact for r in readings], dtype=float), towards)


def apply(scalings: dict[str, Scaling], readings: list[Reading]) -> list[Reading]:
    """The readings with calibrated confidences; a field without a scaling keeps its own."""
    return [replace(r, confidence=float(scalings.get(r.name, Scaling())(np.array([r.confidence]))[0])) for r in readings]


def as_json(scalings: dict[str, Scaling]) -> dict[str, object]:
    """The contents of `calibration.json`."""
    return {"method": "platt", "fields": {name: asdict(scaling) for name, scaling in scalings.items()}}
