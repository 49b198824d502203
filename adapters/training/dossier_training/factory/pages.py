"""Pages of a data set as lessons: a batch is a function of seed and step alone, so that a run that goes on sees what it would have seen."""

import itertools
import math
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from dossier_training import vocabulary
from dossier_training.factory.donut import Record
from dossier_training.framing import Framing
from dossier_training.lessons import collate, field_rows
from dossier_training.page import Glyph
from dossier_training.page_form import PageForm

# Fields that are asked cost little beside the page that is looked at; a zone is as long as they are together.
_MRZ, _ABSENT, _BLANK = 0.7, 0.1, 0.02
# Decoded pages that are kept: to decode a page again takes a tenth of a step, and most are seen several times.
_KEPT_BYTES = 1 << 30


def opened(record: Record) -> Image.Image:
    """A page's image."""
    with Image.open(record.file) as image:
        return image.convert("RGB")


class Teacher:
    """Batches for training."""

    def __init__(self, records: list[Record], pages: PageForm, batch: int, seed: int, augment: bool) -> None:
        self.records, self.pages, self.batch_size, self.seed, self.augment = records, pages, batch, seed, augment
        of_type = {name for record in records for name in record.fields}
        # Other pages' fields first: the host asks every page for every field.
        self.absent = [sorted(of_type), sorted(set(vocabulary.FIELD_NAMES) - of_type)]
        self._kept: dict[Path, Image.Image] = {}
        self._room = _KEPT_BYTES

    def batch(self, step: int) -> dict[str, Any]:
        """The batch of a step."""
        lessons = []
        for index in range(step * self.batch_size, (step + 1) * self.batch_size):
            epoch, place = divmod(index, len(self.records))
            order = np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.records))
            lessons.append(self._lesson(np.random.default_rng([self.seed, 1, index]), self.records[order[place]]))
        return collate(lessons)

    def batches(self, step: int, ahead: bool) -> Generator[dict[str, Any], None, None]:
        """The batches from a step on, endlessly; `ahead` makes the next one on a thread of its own while one is learnt from."""
        if not ahead:
            yield from map(self.batch, itertools.count(step))
        with ThreadPoolExecutor(1) as maker:
            coming = maker.submit(self.batch, step)
            for following in itertools.count(step + 1):
                batch, coming = coming.result(), maker.submit(self.batch, following)
                yield batch

    def _lesson(self, rng: np.random.Generator, record: Record) -> dict[str, Any]:
        image, fields, places = self._opened(record), record.fields, record.places
        if rng.random() < _BLANK:
            ground = tuple(int(level) for level in np.median(np.asarray(image).reshape(-1, 3), axis=0))
            image, fields, places = Image.new("RGB", image.size, ground), {}, None
        if self.augment:
            image, forward = _moved(rng, image)
        else:
            forward = lambda x, y: (x, y)  # noqa: E731

        form = self.pages.form
        framing = Framing.of(image.width, image.height, form)

        def place(name: str, index: int) -> Glyph | None:
            point = places[name][index] if places and name in places else None
            if point is None:
                return None
            return Glyph(*framing.seen(*forward(*point)), "", name, index)

        asked = self._asked(rng, fields)
        return {"names": [name for name, _ in asked], "pixels": self.pages.pixels(image), **field_rows(rng, asked, 0.0, place, form)}

    def _opened(self, record: Record) -> Image.Image:
        if record.file in self._kept:
            return self._kept[record.file]
        image = opened(record)
        size = 3 * image.width * image.height
        if size <= self._room:
            self._kept[record.file] = image
            self._room -= size
        return image

    def _asked(self, rng: np.random.Generator, fields: dict[str, str]) -> list[tuple[str, str]]:
        short = [name for name in fields if name != "mrz"]
        chosen = [str(name) for name in rng.permutation(short)]
        if "mrz" in fields and (rng.random() < _MRZ or not chosen):
            chosen.append("mrz")
        rows = [(name, fields[name]) for name in chosen]
        if rng.random() < _ABSENT or not rows:
            likely, others = ([name for name in names if name not in fields] for names in self.absent)
            names = likely if likely and (rng.random() < 0.7 or not others) else others
            rows.append((str(rng.choice(names)), ""))
        return rows


def _moved(rng: np.random.Generator, image: Image.Image):
    """The page slightly turned, scaled, moved, brightened and grained; and where a point of it, in shares, now lies."""
    width, height = image.size
    radians, zoom = math.radians(float(np.clip(rng.normal(0, 0.4), -1, 1))), float(rng.uniform(0.98, 1.015))
    shift_x, shift_y = (float(v) for v in rng.uniform(-0.006, 0.006, 2) * width)
    cosine, sine = math.cos(radians) * zoom, math.sin(radians) * zoom
    middle_x, middle_y = width / 2, height / 2

    def forward(x: float, y: float) -> tuple[float, float]:
        dx, dy = x * width - middle_x, y * height - middle_y
        return (middle_x + cosine * dx - sine * dy + shift_x) / width, (middle_y + sine * dx + cosine * dy + shift_y) / height

    a, b = cosine / zoom**2, sine / zoom**2
    back = (a, b, middle_x - a * (middle_x + shift_x) - b * (middle_y + shift_y), -b, a, middle_y + b * (middle_x + shift_x) - a * (middle_y + shift_y))
    edge = tuple(int(level) for level in np.median(np.asarray(image.crop((0, 0, width, 1)))[0], axis=0))
    moved = image.transform(image.size, Image.Transform.AFFINE, back, Image.Resampling.BILINEAR, fillcolor=edge)
    contrast, brightness = float(rng.uniform(0.92, 1.05)), float(rng.uniform(-6, 6))
    grain = rng.standard_normal((height, width, 1), dtype=np.float32)
    # In place: whole pages of temporaries took longer than the arithmetic.
    grain *= float(rng.uniform(0, 4))
    grain += brightness
    pixels = np.asarray(moved, dtype=np.float32) * np.float32(contrast)
    pixels += grain
    np.clip(pixels, 0, 255, out=pixels)
    return Image.fromarray(pixels.astype(np.uint8)), forward


def examination(records: list[Record], pages: PageForm) -> dict[str, Any]:
    """Pages as one batch that asks for every field they show."""
    lessons = []
    for record in records:
        asked = sorted(record.fields.items()) or [(vocabulary.FIELD_NAMES[0], "")]
        rows = field_rows(np.random.default_rng(0), asked, 0.0, lambda _name, _index: None, pages.form)
        lessons.append({"names": [name for name, _ in asked], "pixels": pages.pixels(opened(record)), **rows})
    return collate(lessons)


def normalised(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels 0 to 255 as -1 to 1, as the image processor does."""
    return pixels.float() / 127.5 - 1
