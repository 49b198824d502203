"""What the shipped locator says of one picture, by PyTorch."""

import sys
from pathlib import Path

import numpy as np
import torch

import environment

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "adapters" / "training"))

from dossier_training.locate import finding
from dossier_training.locate.export import load
from dossier_training.locate.scenes import SIDE

SHIPPED = Path(__file__).resolve().parents[2] / "adapters" / "locator"


def picture() -> np.ndarray:
    """The square that the network sees, uint8 (256, 256, 3): a card with lines of print on a patterned ground; host/model draws the same."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    ground = 60 + (x * 7 + y * 13) % 64
    card = (x >= 50) & (x < 210) & (y >= 78) & (y < 178)
    print_ = card & (x >= 100) & (x < 200) & (y % 14 < 5) & (y > 90) & ((x // 3) % 4 != 0)
    face = card & (x >= 60) & (x < 92) & (y >= 96) & (y < 140)
    grey = np.where(print_, 40, np.where(face, 120 + (x + y) % 40, np.where(card, 225, ground)))
    return np.stack([grey, np.clip(grey + 5, 0, 255), np.clip(grey - 5, 0, 255)], axis=-1).astype(np.uint8)


def write(folder: Path) -> None:
    """Maps as they are after the sigmoid, and the pages found in them."""
    model = load(SHIPPED).eval()
    pixels = torch.from_numpy(picture()).permute(2, 0, 1)[None].float() / 127.5 - 1
    middle, offsets, first, corner = (part[0] for part in model(pixels))
    pages = finding.documents(middle, offsets, first, corner)
    environment.write_tensors(
        folder / "golden.safetensors",
        {
            "middle": middle.sigmoid(), "offsets": offsets, "first": first, "corner": corner.sigmoid(),
            "pages": torch.tensor(np.array([page.corners for page in pages]).reshape(-1, 4, 2)),
            "scores": torch.tensor([page.score for page in pages]),
        },
    )  # fmt: skip
