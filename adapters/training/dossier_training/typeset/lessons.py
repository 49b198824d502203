"""Sheets as lessons: pixels, dense targets, and the field rows that the decoder must write."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.utils.data import IterableDataset

from dossier_training import vocabulary
from dossier_training.base_form import BaseForm
from dossier_training.lessons import field_rows
from dossier_training.page import Glyph
from dossier_training.typeset import letters
from dossier_training.typeset.dense import cell_targets
from dossier_training.typeset.exposure import Exposure
from dossier_training.typeset.forms import form
from dossier_training.typeset.sheet import Sheet
from dossier_training.typeset.strips import strip
from dossier_training.typeset.text_sheets import text_sheet


@dataclass(frozen=True)
class Mix:
    """What is drawn: the size of the sheets in pixels, how many are strips, as large as a page or full of text, how hard they are captured."""

    width: int = 384
    height: int = 256
    strips: float = 0.12
    whole: float = 0.0
    text: float = 0.45
    hardest: float = 0.8
    short_fields: int = 7
    mrz: float = 0.6
    spelled: float = 0.05


# A page as the host will read it; most lessons are a quarter of one, which teaches letters four times as often in the same time.
WHOLE_WIDTH, WHOLE_HEIGHT = 768, 512


class SheetLessons(IterableDataset):
    """Endless batches of lessons by a seed. Those of one batch are of one size, so that they can be stacked; a batch of whole pages has a quarter of `batch`."""

    def __init__(self, mix: Mix, seed: int, batch: int = 1) -> None:
        self.mix, self.seed, self.batch = mix, seed, batch

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        whole = replace(self.mix, width=WHOLE_WIDTH, height=WHOLE_HEIGHT)
        while True:
            if rng.random() < self.mix.strips:
                yield [self._strip(rng) for _ in range(self.batch)]
            elif rng.random() < self.mix.whole:
                yield [self._page(rng, whole) for _ in range(max(1, self.batch // 4))]
            else:
                yield [self._page(rng, self.mix) for _ in range(self.batch)]

    def _strip(self, rng: np.random.Generator) -> dict[str, object]:
        sheet, fields = strip(rng)
        return lesson(rng, sheet, fields, replace(self.mix, mrz=1.0))

    def _page(self, rng: np.random.Generator, mix: Mix) -> dict[str, object]:
        if rng.random() < mix.text:
            return lesson(rng, text_sheet(rng, mix.width, mix.height), {}, mix)
        sheet, fields = form(rng, mix.width, mix.height)
        return lesson(rng, sheet, fields, mix)


def lesson(rng: np.random.Generator, sheet: Sheet, fields: dict[str, str], mix: Mix) -> dict[str, object]:
    """One sheet as arrays, and the names of the fields its rows ask for."""
    pixels, glyphs = Exposure.draw(rng, float(rng.uniform(0, mix.hardest))).apply(sheet, rng)
    height, width = pixels.shape[:2]
    shapes, field_cells, indices = cell_targets(glyphs, height, width)
    places: dict[tuple[str | None, int], Glyph] = {(g.field, g.index): g for g in glyphs if g.field}
    # What has left the picture nobody can read.
    lost = {g.field for g in glyphs if g.field and not (2 <= g.x < width - 2 and 2 <= g.y < height - 2)}
    asked = _asked(rng, {name: text for name, text in fields.items() if name not in lost}, set(fields), mix)
    form = BaseForm(width, height, letters.VOCABULARY)
    arrays = field_rows(rng, asked, mix.spelled, lambda name, index: places.get((name, index)), form)
    return {"names": [name for name, _ in asked], "pixels": pixels.transpose(2, 0, 1).copy(), "shapes": shapes, "fields": field_cells, "indices": indices, **arrays}


def _asked(rng: np.random.Generator, readable: dict[str, str], present: set[str], mix: Mix) -> list[tuple[str, str]]:
    short = [name for name in readable if name != "mrz"]
    chosen = [str(name) for name in rng.permutation(short)[: mix.short_fields]]
    if "mrz" in readable and rng.random() < mix.mrz:
        chosen.append("mrz")
    rows = [(name, readable[name]) for name in chosen]
    absent = [name for name in vocabulary.FIELD_NAMES if name not in present]
    if absent and (not rows or rng.random() < 0.15):
        rows.append((str(rng.choice(absent)), ""))
    return rows
