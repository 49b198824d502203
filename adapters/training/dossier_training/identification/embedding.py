"""From what the encoder makes of a page to a direction: `type_embedding.json` and `type_embedding.safetensors` of a base.

`host/model/src/type_embedding.rs` computes the same.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
import numpy as np
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file
from transformers import VisionEncoderDecoderModel

from dossier_training.base_form import BaseForm
from dossier_training.page_form import PageForm
from dossier_training.train_encoder import normalise

LIKENESS, TENSORS = "type_embedding.json", "type_embedding.safetensors"
# Rows and columns of cells; each is of several tokens, so that a page that lies a little off looks the same.
CELLS = (8, 6)
_BATCH = 8


class Encoder:
    """A base's encoder, for its own size of page."""

    def __init__(self, base: Path) -> None:
        self.pages, self.form = PageForm(base), BaseForm.read(base)
        self.model = VisionEncoderDecoderModel.from_pretrained(base).encoder.eval()

    @torch.no_grad()
    def cells(self, images: Iterable[Image.Image]) -> np.ndarray:
        """The encoder's states of pages, averaged over cells: `(pages, cells, hidden_size)`."""
        rows, columns = CELLS
        shape = (rows, self.form.rows // rows, columns, self.form.columns // columns)
        found, left = [], iter(images)
        while some := list(islice(left, _BATCH)):
            pixels = torch.from_numpy(np.stack([self.pages.pixels(image) for image in some]))
            states = self.model(pixel_values=normalise(pixels)).last_hidden_state
            found.append(states.reshape(len(some), *shape, -1).mean((2, 4)).flatten(1, 2).numpy())
        return np.concatenate(found)


@dataclass(frozen=True)
class Directions:
    """`channels` `(hidden_size, kept)` of a cell's states, `mean` `(rows, columns, kept)` of all pages, `projection` `(rows * columns * kept, dimensions)`."""

    channels: np.ndarray
    mean: np.ndarray
    projection: np.ndarray

    @staticmethod
    def read(base: Path) -> "Directions":
        """Those of a base's folder."""
        tensors = {name: tensor.astype(np.float32) for name, tensor in load_file(base / TENSORS).items()}
        return Directions(**tensors)

    def of(self, cells: np.ndarray) -> np.ndarray:
        """The embeddings of pages, of length 1: `(pages, dimensions)`."""
        values = ((cells @ self.channels).reshape(len(cells), -1) - self.mean.flatten()) @ self.projection
        return values / np.linalg.norm(values, axis=1, keepdims=True)

    def save(self, base: Path, likeness: dict[str, float]) -> None:
        """Writes them, and what likeness is worth."""
        halves = {name: np.ascontiguousarray(getattr(self, name).astype(np.float16)) for name in ("channels", "mean", "projection")}
        save_file(halves, base / TENSORS)
        (base / TENSORS).chmod(0o644)
        (base / LIKENESS).write_text(json.dumps(likeness, indent=2) + "\n")


def has_directions(base: Path) -> bool:
    """Whether a base tells document types apart."""
    return (base / TENSORS).exists()


def digest(base: Path) -> str:
    """What prototypes are bound to, as the host computes it."""
    return f"sha256:{hashlib.sha256((base / TENSORS).read_bytes()).hexdigest()}"


def fitted(cells: np.ndarray, pages: Sequence[int], channels: int, dimensions: int) -> Directions:
    """The directions in which pages differ, each as long as captures of one page leave it certain.

    `cells` of several captures of each of many pages, `pages` tells of which. Principal components of all, then
    whitened by what differs between captures of one page (within-class covariance normalisation, Hatch et al. 2006).
    """
    of_page = np.asarray(pages)
    states = (cells - cells.mean(0)).reshape(-1, cells.shape[-1])
    basis = np.linalg.eigh(states.T @ states)[1][:, ::-1][:, :channels]
    values = (cells @ basis).reshape(len(cells), -1)
    mean = values.mean(0)
    spread, components = np.linalg.eigh((values - mean).T @ (values - mean))
    components = components[:, np.argsort(spread)[::-1][:dimensions]]
    along = (values - mean) @ components
    within = np.concatenate([along[of_page == page] - along[of_page == page].mean(0) for page in np.unique(of_page)])
    covariance = within.T @ within
    covariance /= np.trace(covariance) / len(covariance)
    variance, axes = np.linalg.eigh(covariance + np.eye(len(covariance)))
    return Directions(basis, mean.reshape(*CELLS, channels), components @ (axes / np.sqrt(variance)))
