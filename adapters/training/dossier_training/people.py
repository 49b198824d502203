"""Invented people: names, places, dates and numbers. Nobody real, and no fixed list to memorise."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_ONSETS = ("B", "BR", "C", "CH", "D", "DR", "F", "FL", "G", "GR", "H", "J", "K", "KR", "L", "M", "N", "P", "PR", "QU", "R", "S", "SCH", "SH", "ST", "T", "TH", "TR", "V", "W", "X", "Y", "Z", "")
_NUCLEI = ("A", "E", "I", "O", "U", "AI", "EI", "OU", "IA", "EA", "Y")
_CODAS = ("", "", "", "N", "R", "S", "L", "M", "T", "K", "X", "Z", "ND", "RT", "SKI", "V", "CK", "NG", "B", "G", "P", "F", "D")
_ACCENTS = {"A": "ÄÁÀÅ", "O": "ÖÓØ", "U": "ÜÚ", "E": "ÉÈ", "N": "Ñ", "C": "Ç", "S": "Š", "I": "Í"}


@dataclass(frozen=True)
class Person:
    """What a document says of its holder, dates as dates."""

    surname: str
    given_names: str
    sex: str
    birth: date
    issue: date
    expiry: date
    place: str


def word(rng: np.random.Generator, syllables: int) -> str:
    """A pronounceable invented word in capitals."""
    return "".join(rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(syllables))


def accented(rng: np.random.Generator, name: str) -> str:
    """The name with one letter accented, where it has one that can be."""
    places = [i for i, c in enumerate(name) if c in _ACCENTS]
    if not places:
        return name
    i = int(rng.choice(places))
    return name[:i] + str(rng.choice(list(_ACCENTS[name[i]]))) + name[i + 1 :]


def name(rng: np.random.Generator, longest: int, parts: int) -> str:
    """A name of up to `parts` parts and `longest` characters; sometimes hyphenated, accented or with an apostrophe."""
    while True:
        words = [word(rng, int(rng.integers(1, 4))) for _ in range(int(rng.integers(1, parts + 1)))]
        text = ("-" if rng.random() < 0.25 else " ").join(words)
        if rng.random() < 0.05:
            text = str(rng.choice(["O'", "D'"])) + text
        if rng.random() < 0.15:
            text = accented(rng, text)
        if 2 <= len(text) <= longest:
            return text


def person(rng: np.random.Generator, today: date = date(2026, 1, 1), validity_years: int = 10) -> Person:
    """A holder of 0 to 95 years whose document was issued within its validity, give or take a year."""
    birth = today - timedelta(days=int(rng.integers(400, 95 * 365)))
    issue = max(birth + timedelta(days=30), today - timedelta(days=int(rng.integers(1, 365 * (validity_years + 1)))))
    expiry_year = issue.year + validity_years
    expiry = date(expiry_year, issue.month, min(issue.day, 28))
    return Person(
        surname=name(rng, 28 if rng.random() < 0.15 else 16, 2),
        given_names=name(rng, 28 if rng.random() < 0.15 else 18, 2),
        sex=str(rng.choice(["F", "M", "X"], p=[0.47, 0.47, 0.06])),
        birth=birth,
        issue=issue,
        expiry=expiry,
        place=name(rng, 20, 2),
    )


def letters(rng: np.random.Generator, count: int) -> str:
    """Random capitals."""
    return "".join(chr(65 + int(i)) for i in rng.integers(0, 26, count))


def digits(rng: np.random.Generator, count: int) -> str:
    """Random digits."""
    return "".join(str(int(i)) for i in rng.integers(0, 10, count))


def alphanumerics(rng: np.random.Generator, count: int) -> str:
    """Random capitals and digits."""
    return "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[int(i)] for i in rng.integers(0, 36, count))


def date_text(day: date, form: str) -> str:
    """A date in one of the written forms: `D.M.Y`, `D/M/Y`, `Y-M-D`, `D-M-Y`, `D M Y`, `D MON Y`, `DMONY`."""
    d, m, y, mon = f"{day.day:02d}", f"{day.month:02d}", f"{day.year:04d}", MONTHS[day.month - 1]
    return {
        "D.M.Y": f"{d}.{m}.{y}", "D/M/Y": f"{d}/{m}/{y}", "Y-M-D": f"{y}-{m}-{d}", "D-M-Y": f"{d}-{m}-{y}",
        "D M Y": f"{d} {m} {y}", "D MON Y": f"{d} {mon} {y}", "DMONY": f"{d}{mon}{y}",
    }[form]  # fmt: skip


DATE_FORMS = ("D.M.Y", "D/M/Y", "Y-M-D", "D-M-Y", "D M Y", "D MON Y", "DMONY")
