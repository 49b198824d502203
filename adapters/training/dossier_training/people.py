"""Invented people: names, places, dates and numbers. Nobody real, and no fixed list to memorise."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from dossier_training import names, vocabulary
from dossier_training.dates import DATE_FORMS, date_text

__all__ = ["DATE_FORMS", "Person", "accented", "alphanumerics", "any_person", "any_text", "date_text", "digits", "letters", "name", "person", "word"]

_ONSETS = ("B", "BR", "C", "CH", "D", "DR", "F", "FL", "G", "GR", "H", "J", "K", "KR", "L", "M", "N", "P", "PR", "QU", "R", "S", "SCH", "SH", "ST", "T", "TH", "TR", "V", "W", "X", "Y", "Z", "")
_NUCLEI = ("A", "E", "I", "O", "U", "AI", "EI", "OU", "IA", "EA", "Y")
_CODAS = ("", "", "", "N", "R", "S", "L", "M", "T", "K", "X", "Z", "ND", "RT", "SKI", "V", "CK", "NG", "B", "G", "P", "F", "D")
_ACCENTS = {"A": "ÄÁÀÅ", "O": "ÖÓØ", "U": "ÜÚ", "E": "ÉÈ", "N": "Ñ", "C": "Ç", "S": "Š", "I": "Í"}
_NOT_COMPOSED = {"Æ": "A", "Ð": "D", "Ø": "O", "Þ": "T", "Ł": "L"}
_EVERY_ACCENT: dict[str, str] = {}
for _letter in vocabulary.ACCENTED:
    _plain = _NOT_COMPOSED.get(_letter) or unicodedata.normalize("NFKD", _letter)[0]
    _EVERY_ACCENT[_plain] = _EVERY_ACCENT.get(_plain, "") + _letter


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


def _every_accent(rng: np.random.Generator, text: str, share: float) -> str:
    """The text with `share` of its letters accented in any way that the vocabulary has."""
    marked = [str(rng.choice(list(_EVERY_ACCENT[c]))) if c in _EVERY_ACCENT and rng.random() < share else c for c in text]
    return "".join(marked)


def any_text(rng: np.random.Generator, longest: int, parts: int) -> str:
    """A place or an authority of any language: invented, with any accents, or a town's name."""
    if rng.random() < 0.45:
        place = names.place(rng, names.locale(rng), longest)
        if place and len(place) >= 2:
            return place
    text = name(rng, longest, parts)
    return _every_accent(rng, text, 0.25) if rng.random() < 0.35 else text


def any_person(rng: np.random.Generator) -> Person:
    """A holder whose names are those of any language, or invented with any accents."""
    invented = person(rng)
    if rng.random() < 0.65:
        locale = names.locale(rng)
        longest = 26 if rng.random() < 0.15 else 18
        found = names.surname(rng, locale, longest), names.given_names(rng, locale, longest)
    else:
        found = invented.surname, invented.given_names
        if rng.random() < 0.4:
            found = _every_accent(rng, found[0], 0.25), _every_accent(rng, found[1], 0.25)
    return replace(invented, surname=found[0], given_names=found[1], place=any_text(rng, 20, 2))


def letters(rng: np.random.Generator, count: int) -> str:
    """Random capitals."""
    return "".join(chr(65 + int(i)) for i in rng.integers(0, 26, count))


def digits(rng: np.random.Generator, count: int) -> str:
    """Random digits."""
    return "".join(str(int(i)) for i in rng.integers(0, 10, count))


def alphanumerics(rng: np.random.Generator, count: int) -> str:
    """Random capitals and digits."""
    return "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[int(i)] for i in rng.integers(0, 36, count))
