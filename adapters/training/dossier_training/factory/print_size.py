"""How large the values of a document type are printed, found without being told where they stand.

Marks of ink are gathered into lines. A line with as many marks as a field's value has characters may be that value;
captions may be too, but they are the same on every page, and values are not: of all sizes that could be a field's, the
one that most of its pages agree on is the size of its values. Nothing is said of fields whose values are all as short
as a caption and of one length.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dossier_training.factory.donut import Record

# Pictures are looked at in so many pixels across: enough for print of 1.2 mm on a card, and for letters not to touch.
_NARROWEST, _WIDEST = 1024, 1536
# Pages that are looked at, and that must agree at least.
_PAGES, _FEWEST_PAGES = 48, 8
# Marks of a line at least, and those of a value: fewer are found everywhere by chance.
_SHORTEST = 5
# Ink is darker than its surroundings by so much of white.
_CONTRAST = 0.12
# Capitals, digits and tall letters have this share of an em.
_TALL = 0.7
# A field's values have so many lengths at least, or are so long that no caption is.
_LENGTHS, _LONG = 3, 24
# Sizes that differ by less are one.
_STEP = 1.12
# Of a field's pages, so many must agree.
_AGREE = 0.4
# Of two sizes that about as many agree on, the larger counts.
_AS_GOOD = 0.75


@dataclass(frozen=True)
class _Mark:
    left: int
    right: int
    top: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True)
class Line:
    """A line of print: how many marks it has, and how tall its tall ones are, in pixels of the picture that was looked at."""

    marks: int
    tall: float


def ems(records: Sequence[Record], width: int) -> dict[str, float]:
    """The em of each field's values in pixels of a page that is `width` wide, for fields on whose size enough pages agree."""
    candidates: dict[str, list[set[int]]] = defaultdict(list)
    sizes: dict[tuple[str, int], list[float]] = defaultdict(list)
    step = max(1, len(records) // _PAGES)
    looked_at_pages = records[::step][:_PAGES]
    telling = _telling(looked_at_pages)
    for record in looked_at_pages:
        wanted = {name: lengths for name in telling & record.fields.keys() if (lengths := _lengths(record.fields[name]))}
        if not wanted:
            continue
        with Image.open(record.file) as picture:
            looked_at = _gray(picture)
        lines = list(lines_of(looked_at))
        scale = width / looked_at.shape[1] / _TALL
        for name, lengths in wanted.items():
            found = set()
            for line in lines:
                if any(fewest <= line.marks <= most for fewest, most in lengths):
                    bucket = round(float(np.log(line.tall * scale) / np.log(_STEP)))
                    found.add(bucket)
                    sizes[name, bucket].append(line.tall * scale)
            candidates[name].append(found)
    agreed = {}
    for name, found_on in candidates.items():
        counts = Counter(bucket for found in found_on for bucket in found)
        if len(found_on) < _FEWEST_PAGES or not counts:
            continue
        most = max(counts.values())
        if most >= _AGREE * len(found_on):
            # A caption may be as long as values that are all of one length; values are printed larger.
            bucket = max(bucket for bucket, count in counts.items() if count >= _AS_GOOD * most)
            agreed[name] = float(np.median(sizes[name, bucket]))
    return agreed


def _telling(records: Sequence[Record]) -> set[str]:
    """The fields whose values can't be taken for captions."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for record in records:
        for name, text in record.fields.items():
            lengths[name].update(most for _, most in _lengths(text))
    return {name for name, found in lengths.items() if len(found) >= _LENGTHS or min(found, default=0) >= _LONG}


def _lengths(text: str) -> list[tuple[int, int]]:
    """How many marks each line of a value may leave, at least and at most: points are often too small to be seen, letters may touch or break."""
    lengths = []
    for line in text.split("\n"):
        inked, tall = sum(not character.isspace() for character in line), sum(map(str.isalnum, line))
        if tall >= _SHORTEST:
            lengths.append((tall - max(1, tall // 5), inked + max(1, inked // 8)))
    return lengths


def _gray(picture: Image.Image) -> np.ndarray:
    gray = picture.convert("L")
    width = min(max(gray.width, _NARROWEST), _WIDEST)
    if width != gray.width:
        filtered = Image.Resampling.BOX if width < gray.width else Image.Resampling.BICUBIC
        gray = gray.resize((width, round(gray.height * width / gray.width)), filtered)
    return np.asarray(gray, dtype=np.float32) / 255


def lines_of(gray: np.ndarray) -> Iterator[Line]:
    """The lines of print of a picture `(height, width)`, 0 black to 1 white."""
    marks = [mark for mark in _marks(_is_ink(gray)) if mark.height >= 3 and mark.right - mark.left <= 3 * mark.height and mark.height <= gray.shape[0] / 6]
    marks.sort(key=lambda mark: mark.left)
    open_lines: list[list[_Mark]] = []
    for mark in marks:
        line = next((line for line in reversed(open_lines) if _continues(line[-1], mark)), None)
        if line is None:
            open_lines.append([mark])
        else:
            line.append(mark)
    for line in open_lines:
        if len(line) >= _SHORTEST:
            yield Line(len(line), float(np.percentile([mark.height for mark in line], 80)))


def _continues(last: _Mark, mark: _Mark) -> bool:
    """Whether a mark stands in the same line, right of the last one, at most two letters away."""
    taller = max(last.height, mark.height)
    overlap = min(last.bottom, mark.bottom) - max(last.top, mark.top)
    return overlap >= 0.5 * min(last.height, mark.height) and mark.left - last.right <= 2.2 * taller and mark.left > last.left and taller <= 2.5 * min(last.height, mark.height)


def _is_ink(gray: np.ndarray) -> np.ndarray:
    """Where it is darker than the mean of its surroundings."""
    radius = max(6, gray.shape[1] // 60)
    padded = np.pad(gray, radius + 1, mode="edge").cumsum(0, dtype=np.float64).cumsum(1)
    size = 2 * radius + 1
    sums = padded[size:, size:] - padded[:-size, size:] - padded[size:, :-size] + padded[:-size, :-size]
    mean = sums[: gray.shape[0], : gray.shape[1]] / size**2
    return gray < mean - _CONTRAST


def _marks(ink: np.ndarray) -> Iterator[_Mark]:
    """Connected ink, by runs of rows that touch."""
    parents: list[int] = []
    boxes: list[list[int]] = []

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    before: list[tuple[int, int, int]] = []
    for y, row in enumerate(ink):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], row.view(np.int8), [0]))))
        runs = []
        first = 0
        for left, right in edges.reshape(-1, 2).tolist():
            label = None
            while first < len(before) and before[first][1] < left:
                first += 1
            for other_left, _, other in before[first:]:
                if other_left > right:
                    break
                other = root(other)
                if label is None:
                    label = other
                elif other != label:
                    parents[other] = label
                    box, mine = boxes[other], boxes[label]
                    boxes[label] = [min(box[0], mine[0]), max(box[1], mine[1]), min(box[2], mine[2]), max(box[3], mine[3])]
            if label is None:
                label = len(parents)
                parents.append(label)
                boxes.append([left, right, y, y + 1])
            else:
                box = boxes[label]
                boxes[label] = [min(box[0], left), max(box[1], right), box[2], y + 1]
            runs.append((left, right, label))
        before = runs
    for label, parent in enumerate(parents):
        if label == parent:
            yield _Mark(*boxes[label])
