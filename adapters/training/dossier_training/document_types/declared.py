"""Document types declared as data: a TOML file a state, with its style, its numbers and its documents.

Unknown keys are errors: a misspelt key must not be ignored.
"""

import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path

from dossier_training import captions, dates, fonts, names, numbers, vocabulary

ARTWORK = ("bands", "emblem", "gradient", "guilloche", "rays", "rosette", "small-print")
MRZ_KINDS = ("td1", "td2", "td3", "licence")


class BadDeclaration(ValueError):
    """A declaration that can't be drawn; the message names file, document and key."""


@dataclass(frozen=True)
class Number:
    """How a number is made up; see `numbers.fill`."""

    shape: str
    check: str | None = None


@dataclass(frozen=True)
class MrzPlace:
    """Where the machine-readable zone stands, in units, and what it says besides names and dates."""

    left: float
    top: float
    line_pitch: float
    character_pitch: float
    size: float = 14.0
    # A field whose letters and digits are the optional data.
    optional: str | None = None


@dataclass(frozen=True)
class Side:
    """One page: where its fields' captions begin, as [left, top], and whatever else it shows."""

    places: dict[str, list[float]]
    heading: list[float] = field(default_factory=list)
    state_name: list[float] = field(default_factory=list)
    photograph: list[float] = field(default_factory=list)
    ghost: list[float] = field(default_factory=list)
    chip: list[float] = field(default_factory=list)
    mrz: MrzPlace | None = None


@dataclass(frozen=True)
class Kind:
    """A document type: a version of a state's document."""

    title: str
    heading: str
    front: Side
    back: Side | None = None
    portrait: bool = False
    validity_years: int = 10
    mrz: str | None = None
    mrz_code: str = ""
    captions: str = "words"
    beside: bool = False
    foreigners: bool = False
    value_font: str = ""
    value_size: float = 12.0
    number_font: str = ""
    number_size: float = 0.0
    caption_font: str = ""
    caption_size: float = 6.5
    tracking: float = 0.0
    ground: list[int] = field(default_factory=list)
    artwork: list[str] = field(default_factory=list)
    document_number: Number | None = None

    @property
    def sides(self) -> list[Side]:
        """Front, and back where there is one."""
        return [self.front] + ([self.back] if self.back else [])


@dataclass(frozen=True)
class State:
    """What all documents of a state have in common."""

    name: str
    code: str
    languages: list[str]
    locales: list[str]
    date_form: str
    ground: list[int]
    ink: list[int]
    accent: list[int]
    artwork: list[str]
    value_font: str
    caption_font: str
    document_number: Number
    documents: dict[str, Kind]
    calendar: str = "gregorian"
    months: str = "en"
    number_font: str = fonts.OCR_B
    personal_number: Number | None = None
    sexes: dict[str, str] = field(default_factory=lambda: {"F": "F", "M": "M", "X": "X"})
    nationality: str = ""
    authorities: list[str] = field(default_factory=list)


def _made(kind: type, table: dict, where: str):
    """`kind` from a table, refusing keys it hasn't and missing ones."""
    known = {f.name: f for f in fields(kind)}
    for key in table:
        if key not in known:
            raise BadDeclaration(f"{where}: unknown key {key}")
    for name, f in known.items():
        if name not in table and f.default is MISSING and f.default_factory is MISSING:
            raise BadDeclaration(f"{where}: {name} is missing")
    nested = {"document_number": Number, "personal_number": Number, "front": Side, "back": Side}
    values = dict(table)
    for key, value in table.items():
        if key in nested:
            values[key] = _made(nested[key], value, f"{where}.{key}")
        elif key == "mrz" and kind is Side:
            values[key] = _made(MrzPlace, value, f"{where}.mrz")
        elif key == "documents":
            values[key] = {name: _made(Kind, document, f"{where} {name}") for name, document in value.items()}
    return kind(**values)


def load_state(file: Path) -> State:
    """The state of one file."""
    state = _made(State, tomllib.loads(file.read_text()), file.name)
    _check_choices(file.name, state)
    for name, kind in state.documents.items():
        _check_document(f"{file.name} {name}", state, kind)
    return state


def _one_of(where: str, key: str, value: str, choices) -> None:
    if value not in choices:
        raise BadDeclaration(f"{where}: {key} is {value}, which is none of {', '.join(sorted(choices))}")


def _check_choices(where: str, state: State) -> None:
    _one_of(where, "calendar", state.calendar, dates.CALENDARS)
    _one_of(where, "date_form", state.date_form, dates.DATE_FORMS)
    _one_of(where, "months", state.months, dates.MONTH_NAMES)
    for language in state.languages:
        _one_of(where, "languages", language, captions.LANGUAGES)
    for locale in state.locales:
        _one_of(where, "locales", locale, names.LOCALES)
    for number in [state.document_number, state.personal_number, *(kind.document_number for kind in state.documents.values())]:
        if number and number.check:
            _one_of(where, "check", number.check, numbers.CHECKS)


def _check_document(where: str, state: State, kind: Kind) -> None:
    seen: set[str] = set()
    for side in kind.sides:
        for name in side.places:
            _one_of(where, "places", name, vocabulary.FIELD_NAMES)
            if name in seen:
                raise BadDeclaration(f"{where}: {name} stands twice")
            seen.add(name)
    if "personal_number" in seen and not state.personal_number:
        raise BadDeclaration(f"{where}: the state has no personal_number")
    if kind.mrz:
        _one_of(where, "mrz", kind.mrz, MRZ_KINDS)
    if sum(side.mrz is not None for side in kind.sides) != (1 if kind.mrz else 0):
        raise BadDeclaration(f"{where}: a document with an mrz has one side with its place")
    _one_of(where, "captions", kind.captions, ("words", "numerals"))
    for art in kind.artwork or state.artwork:
        _one_of(where, "artwork", art, ARTWORK)
