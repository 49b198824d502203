"""Whether a base can read what a data set prints: its letters, and how small they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dossier_training import vocabulary
from dossier_training.base_form import BaseForm
from dossier_training.factory import print_size
from dossier_training.factory.donut import Record
from dossier_training.factory.faults import Fault
from dossier_training.reach import FILE, Reach
from dossier_training.vocabulary import Vocabulary

# Of a field's labels: fewer with letters that the base has not learnt cost less than they do.
_MANY = 0.05
# Sizes are measured to so much.
_CLEARLY = 0.9


@dataclass(frozen=True)
class Reader:
    """What will be trained: its tokens, how wide it sees a page in pixels, and what it has learnt to read, where that is known."""

    tokens: Vocabulary = vocabulary.PRESENT
    width: int = 0
    reach: Reach | None = None
    base: str | None = None

    @staticmethod
    def of(base: Path, page_size: tuple[int, int] | None = None) -> "Reader":
        """An exported base, on pages of its own size or of `page_size`."""
        form = BaseForm.read(base)
        return Reader(form.vocabulary, (page_size or (form.width, form.height))[0], Reach.read(base), base.name)


def faults_of(records: list[Record], reader: Reader) -> Iterator[Fault]:
    """What it can't read of these pages, field by field."""
    if reader.reach is None:
        if reader.base is not None:
            yield Fault("reach_unknown", f"{reader.base} has no {FILE}")
        return
    yield from _letters(records, reader.reach)
    yield from _print(records, reader.width, reader.reach)


def _letters(records: list[Record], reach: Reach) -> Iterator[Fault]:
    labels: dict[str, list[set[str]]] = {}
    for record in records:
        for name, text in record.fields.items():
            labels.setdefault(name, []).append({character for character in text if not character.isspace()} - reach.letters)
    for name, strange in sorted(labels.items()):
        share = sum(map(bool, strange)) / len(strange)
        if share >= _MANY:
            codes = [f"U+{ord(character):04X}" for character in sorted(set().union(*strange))]
            shown = " ".join(codes[:8]) + (f" and {len(codes) - 8} more" if len(codes) > 8 else "")
            yield Fault("unlearnt_letter", f"{name}: in {share:.0%} of its labels: {shown}")


def _print(records: list[Record], width: int, reach: Reach) -> Iterator[Fault]:
    for page in sorted({record.page for record in records}):
        of_side = [record for record in records if record.page == page]
        for name, em in sorted(print_size.ems(of_side, width).items()):
            if em >= _CLEARLY * reach.smallest_em:
                continue
            enlarged = em * min(_width(record) for record in of_side) / width
            if enlarged >= reach.smallest_em:
                advice = f"--page-size brings it to {reach.smallest_em:.0f} on pages {width * reach.smallest_em / em:.0f} pixels wide and more"
            else:
                advice = f"the pictures have {enlarged:.1f} themselves: scan at a higher resolution"
            yield Fault("small_print", f"{name}: an em of {em:.1f} pixels on pages {width} wide, {reach.smallest_em:.0f} are read; {advice}")


def _width(record: Record) -> int:
    with Image.open(record.file) as picture:
        return picture.width
