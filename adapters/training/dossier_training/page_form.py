"""What a page becomes before it is encoded: what the base's own image processor makes of it, in the base's own size or in that of an adapter."""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from transformers import AutoImageProcessor

from dossier_training.base_form import STRIDE_HEIGHT, STRIDE_WIDTH, BaseForm

PREPROCESSOR = "preprocessor_config.json"


@dataclass(frozen=True)
class PageForm:
    """Pages for a base; `size` is their width and height in pixels where it is not the base's own."""

    base: Path
    size: tuple[int, int] | None = None

    @staticmethod
    def of_adapter(base: Path, adapter: Path | None) -> "PageForm":
        """That of a finished adapter, which says so in `preprocessor_config.json`; without an adapter, the base's own."""
        if adapter is None or not (adapter / PREPROCESSOR).exists():
            return PageForm(base)
        size = json.loads((adapter / PREPROCESSOR).read_text())["size"]
        return PageForm(base, (size["width"], size["height"]))

    @property
    def form(self) -> BaseForm:
        """Their size and their letters."""
        own = BaseForm.read(self.base)
        return replace(own, width=self.size[0], height=self.size[1]) if self.size else own

    def pixels(self, image: Image.Image) -> np.ndarray:
        """A page before it is normalised: uint8 `(3, height, width)`."""
        made = _processor(self.base, self.size)(image, do_rescale=False, do_normalize=False, return_tensors="np").pixel_values[0]
        return np.clip(np.rint(made), 0, 255).astype(np.uint8)

    def save(self, adapter: Path) -> None:
        """Says so in an adapter's folder, if there is anything to say: the base's own file, with another size."""
        if self.size:
            config = json.loads((self.base / PREPROCESSOR).read_text())
            config["size"] = {"height": self.size[1], "width": self.size[0]}
            (adapter / PREPROCESSOR).write_text(json.dumps(config, indent=2) + "\n")


def checked_size(size: tuple[int, int], window: int = 8) -> tuple[int, int]:
    """A size that the encoder takes.

    Raises `ValueError` where tokens would be padded, or there are no more of them than a window holds: Hugging Face's
    classes never shift such windows again, for whatever page comes later.
    """
    width, height = size
    if width % STRIDE_WIDTH or height % STRIDE_HEIGHT:
        raise ValueError(f"a page of {width} x {height} pixels: its width must be a multiple of {STRIDE_WIDTH}, its height of {STRIDE_HEIGHT}")
    if width <= window * STRIDE_WIDTH or height <= window * STRIDE_HEIGHT:
        raise ValueError(f"a page of {width} x {height} pixels: it must be wider than {window * STRIDE_WIDTH} and higher than {window * STRIDE_HEIGHT}")
    return size


@lru_cache(maxsize=8)
def _processor(base: Path, size: tuple[int, int] | None) -> Any:
    other = {"size": {"width": size[0], "height": size[1]}} if size else {}
    return AutoImageProcessor.from_pretrained(base, **other)
