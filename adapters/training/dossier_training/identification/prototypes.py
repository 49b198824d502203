"""`prototypes.json` of an adapter: what first pages of its document type look like to its base."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dossier_training.identification.embedding import Directions, Encoder, digest

PROTOTYPES = "prototypes.json"
# More pages say no more.
MOST_PAGES = 48


def mean_direction(embeddings: np.ndarray) -> np.ndarray:
    """The direction of the mean."""
    mean = embeddings.mean(0)
    return mean / np.linalg.norm(mean)


def made_of(base: Path, pages: Iterable[Image.Image], encoder: Encoder | None = None) -> dict[str, Any]:
    """The file's contents, of first pages that fill their pictures."""
    embeddings = Directions.read(base).of((encoder or Encoder(base)).cells(pages))
    return {"embedding": digest(base), "prototypes": [[round(float(value), 5) for value in mean_direction(embeddings)]]}


def write(file: Path, contents: dict[str, Any]) -> None:
    """Writes it, a prototype a line."""
    lines = ",\n".join(f"    {json.dumps(prototype)}" for prototype in contents["prototypes"])
    file.write_text(f'{{\n  "embedding": "{contents["embedding"]}",\n  "prototypes": [\n{lines}\n  ]\n}}\n')
