"""What a base takes and writes: pages of one size in pixels, and its tokens. Both stand in its folder, and nowhere else."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dossier_training import vocabulary
from dossier_training.page import HEIGHT, WIDTH
from dossier_training.vocabulary import Vocabulary

# One token of the encoder's last stage, in pixels: about one character.
STRIDE_HEIGHT, STRIDE_WIDTH = 16, 8


@dataclass(frozen=True)
class BaseForm:
    """Width and height of a page as the encoder sees it, in pixels, and the vocabulary."""

    width: int
    height: int
    vocabulary: Vocabulary

    @staticmethod
    @lru_cache(maxsize=8)
    def read(folder: Path) -> "BaseForm":
        """That of an exported base."""
        size = json.loads((folder / "preprocessor_config.json").read_text())["size"]
        return BaseForm(size["width"], size["height"], Vocabulary.read(folder))

    @property
    def columns(self) -> int:
        """Tokens of the encoder's last stage, across."""
        return self.width // STRIDE_WIDTH

    @property
    def rows(self) -> int:
        """Tokens of the encoder's last stage, down."""
        return self.height // STRIDE_HEIGHT

    def token_at(self, x: float, y: float) -> int | None:
        """The encoder token on which a point rests; none where it is outside."""
        row, column = int(y // STRIDE_HEIGHT), int(x // STRIDE_WIDTH)
        return row * self.columns + column if 0 <= row < self.rows and 0 <= column < self.columns else None


PRESENT = BaseForm(WIDTH, HEIGHT, vocabulary.PRESENT)
