"""Invented holders, and the addresses, offices and dates that stand on their documents."""

import random
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

GREEK, CYRILLIC = ("greek",), ("serbian", "ukrainian", "bulgarian")
# No page knows the day it is drawn on.
TODAY = date(2026, 6, 1)


@lru_cache(maxsize=1)
def _lists() -> dict[str, dict[str, list[str]]]:
    told = tomllib.loads((Path(__file__).parent / "names.toml").read_text(encoding="utf-8"))
    return {
        language: {key: [unicodedata.normalize("NFC", word.strip()) for word in words.split(",")] for key, words in lists.items()}
        for language, lists in told.items()
    }


def languages() -> tuple[str, ...]:
    """The languages that names are of."""
    return tuple(_lists())


@dataclass(frozen=True)
class Holder:
    """A person who does not exist. `sex` is M or F."""

    language: str
    surname: str
    given_names: str
    sex: str
    born: date
    born_in: str


def _surname(rng: random.Random, language: str, sex: str) -> str:
    lists = _lists()[language]
    at = rng.randrange(len(lists["endings"]))
    ending = lists["endings"][at]
    if sex == "F" and "female_endings" in lists:
        ending = lists["female_endings"][at]
    return rng.choice(lists["stems"]) + ending


def holder(rng: random.Random, among: tuple[str, ...], youngest: int = 18) -> Holder:
    """A person with names of one of the languages."""
    language = rng.choice(among)
    lists = _lists()[language]
    sex = rng.choice("MF")
    surname = _surname(rng, language, sex)
    if rng.random() < 0.12 and language not in ("icelandic", "vietnamese"):
        surname += rng.choice("- ") + _surname(rng, language, sex)
    given = rng.sample(lists["male" if sex == "M" else "female"], 1 if language == "vietnamese" or rng.random() < 0.55 else 2)
    born = TODAY - timedelta(days=rng.randint(youngest * 366, 88 * 365))
    return Holder(language, surname, " ".join(given), sex, born, place(rng, language))


def place(rng: random.Random, language: str) -> str:
    """A town of that language; most are put together, so that nobody who has seen some knows all."""
    lists = _lists()[language]
    if "towns" not in lists or rng.random() < 0.3:
        return rng.choice(lists["places"])
    return rng.choice(lists["stems"]).removeprefix("D’").replace(" de L", "") + rng.choice(lists["towns"])


def _street(rng: random.Random, language: str) -> str:
    lists = _lists()[language]
    if rng.random() < 0.3:
        return rng.choice(lists["streets"])
    return lists["street"][0].format(place(rng, language))


def address(rng: random.Random, language: str) -> str:
    """A street with its number, a postal code and a town."""
    number = f"{rng.randint(1, 240)}" + rng.choice(["", "", "", "A", "/2", " B"])
    flat = rng.choice(["", "", f", {rng.randint(1, 40)}"])
    code = rng.choice([f"{rng.randint(100, 999)} {rng.randint(10, 99)}", f"{rng.randint(10000, 99999)}", f"{rng.randint(10, 99)}-{rng.randint(100, 999)}"])
    return f"{_street(rng, language)} {number}{flat}, {code} {place(rng, language)}"


def issued(rng: random.Random, years: int) -> tuple[date, date]:
    """The days of issue and of expiry of a document that is valid for so many years, somewhere around today."""
    start = TODAY - timedelta(days=rng.randint(10, years * 365 + 300))
    end = date(start.year + years, start.month, min(start.day, 28))
    return start, end - timedelta(days=rng.choice([0, 1]))
