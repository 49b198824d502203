"""Dense lessons for the encoder: which shape stands in each cell, whose it is, and where the cell is; on sheets of any size.

The generator knows where every character stands. Linear heads, thrown away after training, must tell it from
the encoder's output. Letters that two scripts draw alike are one shape: only the word tells them apart.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from dossier_training import vocabulary
from dossier_training.base_form import STRIDE_HEIGHT, STRIDE_WIDTH
from dossier_training.codes import INDEX_CODE_SIZE, POSITION_CODE_SIZE, index_code, position_code
from dossier_training.page import Glyph
from dossier_training.typeset import letters

# A token is cut in 2 x 2 cells of 8 x 4 pixels, since narrow letters share a token.
_CUT = 2
FIELD_CLASSES = {name: index for index, name in enumerate(vocabulary.FIELD_NAMES, 1)}
_NO_INDEX = 255
# One empty cell in eight is enough: they are most.
_KEPT_EMPTY, _EMPTY_WEIGHT = 0.125, 0.4


def grid(height: float, width: float) -> tuple[int, int]:
    """Rows and columns of the encoder's last stage."""
    return int(height) // STRIDE_HEIGHT, int(width) // STRIDE_WIDTH


def cell_targets(glyphs: list[Glyph], height: float, width: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shape of each 8 x 4 cell `(rows, columns, 4)`, field class and index in the value of each token `(rows, columns)`.

    Class 0 is nothing; index 255 is none.
    """
    rows, columns = grid(height, width)
    shapes: np.ndarray = np.zeros((rows, columns, _CUT * _CUT), dtype=np.int16)
    fields: np.ndarray = np.zeros((rows, columns), dtype=np.uint8)
    indices: np.ndarray = np.full((rows, columns), _NO_INDEX, dtype=np.uint8)
    for glyph in glyphs:
        row, column = int(glyph.y // STRIDE_HEIGHT), int(glyph.x // STRIDE_WIDTH)
        if not (0 <= row < rows and 0 <= column < columns):
            continue
        slot = int(glyph.y * _CUT // STRIDE_HEIGHT) % _CUT * _CUT + int(glyph.x * _CUT // STRIDE_WIDTH) % _CUT
        if glyph.character != " ":
            shapes[row, column, slot] = letters.SHAPE_OF[glyph.character]
        if glyph.field:
            fields[row, column] = FIELD_CLASSES.get(glyph.field, 0)
            indices[row, column] = min(glyph.index, _NO_INDEX - 1)
    return shapes, fields, indices


class DenseHeads(nn.Module):
    """The heads and their losses."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.shape_heads = nn.ModuleList(nn.Linear(hidden, len(letters.SHAPES) + 1) for _ in range(_CUT * _CUT))
        self.field_head = nn.Linear(hidden, len(FIELD_CLASSES) + 1)
        self.position_head = nn.Linear(hidden, POSITION_CODE_SIZE)
        self.index_head = nn.Linear(hidden, INDEX_CODE_SIZE)

    def forward(self, states: torch.Tensor, shapes: torch.Tensor, fields: torch.Tensor, indices: torch.Tensor) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
        """Losses and rates for encoder states `(batch, rows * columns, hidden)`."""
        batch, rows, columns, slots = shapes.shape
        flat = states.flatten(0, 1)
        total = weights = 0.0
        right, asked, empty_right, empty_asked = 0, 0, 0, 0
        for slot in range(slots):
            target = shapes[..., slot].flatten().long()
            keep = ((target > 0) | (torch.rand(target.shape, device=target.device) < _KEPT_EMPTY)).nonzero().squeeze(1)
            logits, target = self.shape_heads[slot](flat[keep]), target[keep]
            weight = torch.where(target > 0, 1.0, _EMPTY_WEIGHT)
            total = total + (F.cross_entropy(logits, target, reduction="none") * weight).sum()
            weights = weights + weight.sum()
            hits, full = logits.detach().argmax(-1) == target, target > 0
            right, asked = right + int((hits & full).sum()), asked + int(full.sum())
            empty_right, empty_asked = empty_right + int((hits & ~full).sum()), empty_asked + int((~full).sum())
        code = position_code(rows, columns, STRIDE_HEIGHT, STRIDE_WIDTH).to(states.device)
        position = F.mse_loss(self.position_head(states), code.expand(batch, -1, -1))
        losses = {"shape": total / weights, "position": position}
        rates = {"shapes": right / max(1, asked), "empty": empty_right / max(1, empty_asked), "position": position.item()}
        wanted = fields.flatten().long()
        if (wanted > 0).any():
            some = ((wanted > 0) | (torch.rand(wanted.shape, device=wanted.device) < _KEPT_EMPTY)).nonzero().squeeze(1)
            logits, target = self.field_head(flat[some]), wanted[some]
            weight = torch.where(target > 0, 1.0, 0.8)
            losses["field"] = (F.cross_entropy(logits, target, reduction="none") * weight).sum() / weight.sum()
            indexed = indices.flatten() != _NO_INDEX
            losses["index"] = F.mse_loss(self.index_head(flat[indexed]), index_code(indices.flatten()[indexed]))
            rates["index"] = losses["index"].item()
            rates["fields"] = (logits.detach().argmax(-1) == target)[target > 0].float().mean().item()
        return losses, rates
