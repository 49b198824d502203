"""Projective maps of the plane: how a page lies before the camera."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Projection:
    """A 3 x 3 matrix on homogeneous coordinates."""

    matrix: np.ndarray

    @staticmethod
    def similarity(degrees: float, zoom: float, centre: tuple[float, float], shift: tuple[float, float] = (0.0, 0.0)) -> "Projection":
        """Turns and scales around `centre`, then moves by `shift`."""
        radians = math.radians(degrees)
        cosine, sine = math.cos(radians) * zoom, math.sin(radians) * zoom
        (x, y), (sx, sy) = centre, shift
        rows = [[cosine, -sine, x - cosine * x + sine * y + sx], [sine, cosine, y - sine * x - cosine * y + sy], [0, 0, 1]]
        return Projection(np.array(rows))

    @staticmethod
    def between(origin: np.ndarray, target: np.ndarray) -> "Projection":
        """The map that takes four points `(4, 2)` to four others."""
        rows, right = [], []
        for (x, y), (u, v) in zip(origin, target, strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            right += [u, v]
        return Projection(np.append(np.linalg.solve(np.array(rows, dtype=float), np.array(right, dtype=float)), 1.0).reshape(3, 3))

    @staticmethod
    def scale(x: float, y: float | None = None, shift: tuple[float, float] = (0.0, 0.0)) -> "Projection":
        """Scales along the axes, then moves."""
        return Projection(np.array([[x, 0, shift[0]], [0, x if y is None else y, shift[1]], [0, 0, 1.0]]))

    def then(self, after: "Projection") -> "Projection":
        """This map, and `after` behind it."""
        return Projection(after.matrix @ self.matrix)

    def inverse(self) -> "Projection":
        """The map back."""
        return Projection(np.linalg.inv(self.matrix))

    def points(self, points: np.ndarray) -> np.ndarray:
        """Where points `(n, 2)` go."""
        mapped = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ self.matrix.T
        return mapped[:, :2] / mapped[:, 2:]

    def coefficients(self) -> tuple[float, ...]:
        """The eight numbers of Pillow's PERSPECTIVE transform."""
        return tuple((self.matrix / self.matrix[2, 2]).flatten()[:8])
