"""Numbers of documents and persons: shapes with check characters, and random ones for layouts nobody ships."""

from collections.abc import Callable
from datetime import date

import numpy as np

_KINDS = {"A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "9": "0123456789", "X": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}
_CHECK = "#"
_DATES = {"{DDMMYY}": "%d%m%y", "{YYMMDD}": "%y%m%d", "{YYYYMMDD}": "%Y%m%d"}


def _digits(body: str) -> list[int]:
    return [int(c) for c in body if c.isdigit()]


def _icao(body: str) -> str:
    """ICAO Doc 9303 part 3, section 4.9: weights 7, 3, 1, letters from 10."""
    values = [int(c, 36) for c in body if c.isalnum()]
    return str(sum(v * (7, 3, 1)[i % 3] for i, v in enumerate(values)) % 10)


def _luhn(body: str) -> str:
    """ISO/IEC 7812-1: every second digit from the right is doubled."""
    doubled = [d * 2 - 9 * (d > 4) if i % 2 == 0 else d for i, d in enumerate(reversed(_digits(body)))]
    return str(-sum(doubled) % 10)


def _ean(body: str) -> str:
    """Weights 3 and 1 from the right."""
    return str(-sum(d * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(_digits(body)))) % 10)


def _weighted_11(body: str) -> str:
    """Weights 2, 3, 4, ... from the right, modulo 11; 10 is written 0."""
    return str(-sum(d * weight for weight, d in enumerate(reversed(_digits(body)), 2)) % 11 % 10)


def _letter_23(body: str) -> str:
    """The number modulo 23 as one of 23 letters."""
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int("".join(map(str, _digits(body)))) % 23]


def _letter_31(body: str) -> str:
    """The number modulo 31 as a digit or one of 21 letters."""
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int("".join(map(str, _digits(body)))) % 31]


CHECKS: dict[str, Callable[[str], str]] = {
    "icao": _icao, "luhn": _luhn, "ean": _ean, "weighted-11": _weighted_11, "letter-23": _letter_23, "letter-31": _letter_31,
}  # fmt: skip


def fill(rng: np.random.Generator, shape: str, check: str | None = None, birth: date | None = None) -> str:
    """A number of a shape.

    `A` is a letter, `9` a digit, `X` either; `{DDMMYY}` and its like are the day of birth; `#` is the check
    character of `check`, one of `CHECKS`, over all before it; the rest stands for itself.
    """
    text, rest = "", shape
    while rest:
        pattern = next((p for p in _DATES if birth and rest.startswith(p)), None)
        if pattern and birth:
            text += birth.strftime(_DATES[pattern])
        elif rest[0] == _CHECK and check:
            text += CHECKS[check](text)
        else:
            kind = _KINDS.get(rest[0])
            text += kind[int(rng.integers(len(kind)))] if kind else rest[0]
        rest = rest[len(pattern) if pattern else 1 :]
    return text


def random_shape(rng: np.random.Generator, least: int, most: int) -> str:
    """Groups of letters, digits or both, joined by nothing, a hyphen, space, point or slash."""
    length = int(rng.integers(least, most + 1))
    separator = str(rng.choice(["", "", "-", " ", ".", "/"]))
    groups, left = [], length
    while left > 0:
        size = min(left, int(rng.integers(1, 6)))
        groups.append(str(rng.choice(["A", "9", "9", "X", "X"])) * size)
        left -= size
    return separator.join(groups)
