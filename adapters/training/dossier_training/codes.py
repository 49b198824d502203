"""Where a token is and which character of a value it holds, as sines and cosines a linear layer can read."""

import math

import torch

_PERIODS = (768.0, 384.0, 192.0, 96.0, 48.0, 24.0)
_INDEX_PERIODS = (184.0, 92.0, 46.0, 23.0, 11.5, 5.75)
POSITION_CODE_SIZE, INDEX_CODE_SIZE = len(_PERIODS) * 4, len(_INDEX_PERIODS) * 2


def _waves(values: torch.Tensor, periods: tuple[float, ...]) -> torch.Tensor:
    angles = [values * 2 * math.pi / period for period in periods]
    return torch.stack([wave(angle) for angle in angles for wave in (torch.sin, torch.cos)], dim=-1)


def position_code(rows: int, columns: int, height: int, width: int) -> torch.Tensor:
    """Sines and cosines of the centres of `rows` x `columns` tokens of `height` x `width` pixels, `(tokens, 24)`."""
    ys = (torch.arange(rows) + 0.5) * height
    xs = (torch.arange(columns) + 0.5) * width
    ys, xs = (axis.flatten() for axis in torch.meshgrid(ys, xs, indexing="ij"))
    return torch.cat([_waves(ys, _PERIODS), _waves(xs, _PERIODS)], dim=-1)


def index_code(indices: torch.Tensor) -> torch.Tensor:
    """Sines and cosines of an index in a value, `(..., 12)`; the decoder's positions begin as these."""
    return _waves(indices.float(), _INDEX_PERIODS)
