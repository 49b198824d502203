"""Machine-readable zones as they are printed, faults included: what must be read as it stands."""

import numpy as np

from dossier_training import mrz, numbers, people
from dossier_training.typeset import typefaces

_CODES = {
    "td1": ("ID", "I", "I", "IR", "AR", "C1", "AC", "IT", "IP", "CA"),
    "td2": ("I", "ID", "IR", "AR", "I"),
    "td3": ("P", "P", "P", "PP", "PM", "PA", "PC", "PO", "PD", "PS", "PN"),
}
_STATES = "UTO D GBR FRA ESP ITA USA CAN CHE POL SWE NOR NLD BEL AUT HUN CZE SVK ROU BGR GRC PRT IRL DNK FIN EST LVA LTU HRV SRB UKR TUR AZE GEO KAZ CHN JPN IND BRA ARG MEX AUS NZL ZAF EGY NGA KEN RKS XXA UNO EUE".split()


def zone(rng: np.random.Generator, kind: str | None = None) -> str:
    """One to three lines, of a kind or of any; one in eight has a character that is wrong in itself."""
    person = people.any_person(rng)
    kind = kind or str(rng.choice(["td1", "td2", "td3", "visa-a", "visa-b", "licence"], p=[0.34, 0.12, 0.36, 0.06, 0.06, 0.06]))
    state = str(rng.choice(_STATES)) if rng.random() < 0.6 else people.letters(rng, 3)
    number = _repeating(rng, int(rng.integers(6, 10))) if rng.random() < 0.3 else _number(rng, 6, 9)
    if kind == "licence":
        return _printed(rng, mrz.licence(state[:3], number, person.expiry, person.surname))
    form = "td3" if kind == "visa-a" else "td2" if kind == "visa-b" else kind
    code = "V" + people.letters(rng, int(rng.integers(0, 2))) if kind.startswith("visa") else str(rng.choice(_CODES[form]))
    nationality = state if rng.random() < 0.8 else str(rng.choice(_STATES))
    optional = _optional(rng, _ROOM[kind]) if rng.random() < 0.45 else ""
    surname, given_names = _names(rng, person)
    text = getattr(mrz, form)(code, state, surname, given_names, number, nationality, person.birth, person.sex, person.expiry, optional if not kind.startswith("visa") else "")
    if kind.startswith("visa"):
        # Doc 9303 part 7: no check digits behind the date of expiry.
        upper, lower = text.split("\n")
        text = f"{upper}\n{lower[:28]}{optional.ljust(len(lower) - 28, '<')}"
    if kind == "td3" and not optional and rng.random() < 0.7:
        # Most states print the check digit of an empty personal number as 0.
        text = text[:-2] + "0" + text[-1]
    if kind == "td1" and rng.random() < 0.3:
        text = _second_optional(text, _optional(rng, 11))
    return _printed(rng, text)


# What a state may write where the format leaves it room.
_ROOM = {"td1": 15, "td2": 7, "td3": 14, "visa-a": 16, "visa-b": 8}


def _number(rng: np.random.Generator, least: int, most: int) -> str:
    return numbers.fill(rng, numbers.random_shape(rng, least, most)).translate({ord(c): None for c in "-/. "})[:most]


def _repeating(rng: np.random.Generator, length: int) -> str:
    """Characters that repeat themselves, as in specimens: whoever writes them one after the other must count."""
    repeated = str(rng.choice(list("0000000000123456789X")))
    head, tail = _number(rng, 3, 6)[: int(rng.integers(0, 4))], _number(rng, 3, 6)[: int(rng.integers(0, 4))]
    return (head + repeated * length)[: max(1, length - len(tail))] + tail


def _optional(rng: np.random.Generator, room: int) -> str:
    """Something of any length that has room; parts that a filler parts."""
    length = int(rng.integers(2, room + 1))
    text = _repeating(rng, length) if rng.random() < 0.35 else "".join(_number(rng, 4, 8) for _ in range(4))
    if rng.random() < 0.25:
        cut = int(rng.integers(1, length))
        text = text[:cut] + "<" * int(rng.integers(1, 3)) + text[cut:]
    return text[:length].strip("<")


def _names(rng: np.random.Generator, person: people.Person) -> tuple[str, str]:
    """Mostly a person's; now and then so many that the line is full, or letters that repeat themselves."""
    chance = rng.random()
    if chance < 0.05:
        letter = str(rng.choice(list("XXXABO")))
        return letter * int(rng.integers(2, 9)), letter * int(rng.integers(0, 9))
    if chance < 0.1:
        return str(rng.choice(["SPECIMEN", "MUSTERMANN", "SAMPLE", "VOID", "TEST"])), str(rng.choice(["SPECIMEN", "ERIKA", "VOID", "TEST", ""]))
    if chance < 0.3:
        others = (people.any_person(rng) for _ in range(2))
        return person.surname, " ".join([person.given_names, *(other.given_names for other in others)])
    return person.surname, person.given_names


def _second_optional(text: str, optional: str) -> str:
    """A card's second optional data, and the digit that checks all (part 5, section 4.2.4)."""
    upper, middle, lower = text.split("\n")
    middle = middle[:18] + optional.ljust(11, "<")
    return f"{upper}\n{middle}{mrz.check_digit(upper[5:] + middle[:7] + middle[8:15] + middle[18:])}\n{lower}"


def typeface(rng: np.random.Generator) -> str:
    """What a zone is set in: OCR-B, and now and then another monospaced face."""
    return str(rng.choice(["OCRB", "OCRB", "OCRBF", "OCRBL"])) if rng.random() < 0.9 else str(rng.choice(typefaces.KINDS["monospaced"][0]))


def _printed(rng: np.random.Generator, text: str) -> str:
    """Printed wrong now and then: a digit as another, a letter of a name as another, as the format allows it."""
    if rng.random() > 0.12:
        return text
    place = int(rng.integers(len(text)))
    others = "0123456789" if text[place].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if text[place].isalpha() and text[place] not in "FMX" else text[place]
    return text[:place] + str(rng.choice(list(others))) + text[place + 1 :]
