"""Dense lessons for the encoder: what stands in each cell, whose it is, and where the cell is.

The generator knows where every character stands. Linear heads, thrown away after training, must tell
it from the encoder's output: text loss alone hardly moves an encoder in its first ten thousand pages.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from dossier_training import vocabulary
from dossier_training.base_form import PRESENT, STRIDE_HEIGHT, STRIDE_WIDTH
from dossier_training.codes import INDEX_CODE_SIZE, POSITION_CODE_SIZE, index_code, position_code
from dossier_training.page import HEIGHT, WIDTH, Glyph

# A token is cut in 2 x 2 cells of 8 x 4 pixels, since narrow letters share a token.
_CUT = 2
GRID_HEIGHT, GRID_WIDTH = PRESENT.rows, PRESENT.columns
CHARACTER_CLASSES = {character: index for index, character in enumerate(vocabulary.CHARACTERS, 1)}
FIELD_CLASSES = {name: index for index, name in enumerate(vocabulary.FIELD_NAMES, 1)}
_NO_INDEX = 255
_NO_CHARACTER_WEIGHT = 0.1


def cell_targets(glyphs: list[Glyph]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Character class of each 8 x 4 cell `(32, 96)`, field class and index in the value of each token `(16, 48)`.

    Class 0 is nothing; index 255 is none.
    """
    characters: np.ndarray = np.zeros((GRID_HEIGHT * _CUT, GRID_WIDTH * _CUT), dtype=np.uint8)
    fields: np.ndarray = np.zeros((GRID_HEIGHT, GRID_WIDTH), dtype=np.uint8)
    indices: np.ndarray = np.full((GRID_HEIGHT, GRID_WIDTH), _NO_INDEX, dtype=np.uint8)
    for glyph in glyphs:
        if not (0 <= glyph.x < WIDTH and 0 <= glyph.y < HEIGHT):
            continue
        row, column = int(glyph.y * _CUT // STRIDE_HEIGHT), int(glyph.x * _CUT // STRIDE_WIDTH)
        if glyph.character != " ":
            characters[row, column] = CHARACTER_CLASSES[glyph.character]
        if glyph.field:
            fields[row // _CUT, column // _CUT] = FIELD_CLASSES.get(glyph.field, 0)
            indices[row // _CUT, column // _CUT] = glyph.index
    return characters, fields, indices


class DenseHeads(nn.Module):
    """The heads and their losses."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.classes = len(CHARACTER_CLASSES) + 1
        self.character_head = nn.Linear(hidden, _CUT * _CUT * self.classes)
        self.field_head = nn.Linear(hidden, len(FIELD_CLASSES) + 1)
        self.position_head = nn.Linear(hidden, POSITION_CODE_SIZE)
        self.index_head = nn.Linear(hidden, INDEX_CODE_SIZE)
        self.register_buffer("positions", position_code(GRID_HEIGHT, GRID_WIDTH, STRIDE_HEIGHT, STRIDE_WIDTH), persistent=False)

    def forward(self, states: torch.Tensor, characters: torch.Tensor, fields: torch.Tensor, indices: torch.Tensor) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
        """Losses and rates for encoder states `(batch, 768, hidden)`."""
        batch = states.shape[0]
        logits = self.character_head(states).view(batch, GRID_HEIGHT, GRID_WIDTH, _CUT, _CUT, self.classes)
        logits = logits.permute(0, 1, 3, 2, 4, 5).reshape(-1, self.classes)
        target = characters.flatten().long()
        # One empty cell in eight is enough: they are nine in ten.
        keep = (target > 0) | (torch.rand(target.shape) < 0.125)
        logits, target = logits[keep], target[keep]
        weight = torch.where(target > 0, 1.0, _NO_CHARACTER_WEIGHT * 4)
        character_loss = (F.cross_entropy(logits, target, reduction="none") * weight).sum() / weight.sum()
        right = (logits.argmax(-1) == target).float()
        position_loss = F.mse_loss(self.position_head(states), self.positions.expand(batch, -1, -1))
        losses = {"character": character_loss, "position": position_loss}
        rates = {"characters": right[target > 0].mean().item(), "empty": right[target == 0].mean().item(), "position": position_loss.item()}
        wanted = fields.flatten(1).long()
        if (wanted > 0).any():
            field_logits = self.field_head(states).flatten(0, 1)
            field_weight = torch.where(wanted.flatten() > 0, 1.0, 0.1)
            losses["field"] = (F.cross_entropy(field_logits, wanted.flatten(), reduction="none") * field_weight).sum() / field_weight.sum()
            indexed = indices.flatten(1) != _NO_INDEX
            losses["index"] = F.mse_loss(self.index_head(states[indexed]), index_code(indices.flatten(1)[indexed]))
            rates["index"] = losses["index"].item()
            rates["fields"] = (field_logits.argmax(-1) == wanted.flatten())[wanted.flatten() > 0].float().mean().item()
        return losses, rates
