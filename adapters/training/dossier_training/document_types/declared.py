"""Document types drawn from data: what the rules' declaration says of a state, and a layout of its style and its pages.

Unknown keys are errors: a misspelt key must not be ignored.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from dossier_training import captions, dates, fonts, names, numbers, vocabulary
from dossier_training.document_types.declarations import BadDeclaration, Barcode, Declaration, Number, load_declaration, made

ARTWORK = ("bands", "emblem", "gradient", "guilloche", "rays", "rosette", "small-print")
MRZ_KINDS = ("td1", "td2", "td3", "licence")
BARCODE_KINDS = ("aamva",)


@dataclass(frozen=True)
class MrzPlace:
    """Where the machine-readable zone stands, in units."""

    left: float
    top: float
    line_pitch: float
    character_pitch: float
    size: float = 14.0


@dataclass(frozen=True)
class BarcodePlace:
    """Where the barcode begins, in units."""

    left: float
    top: float


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
    barcode: BarcodePlace | None = None


@dataclass(frozen=True)
class Kind:
    """A document type: a version of a state's document."""

    title: str
    heading: str
    front: Side
    back: Side | None = None
    portrait: bool = False
    validity_years: int = 10
    mrz_code: str = ""
    captions: str = "words"
    beside: bool = False
    value_font: str = ""
    value_size: float = 12.0
    number_font: str = ""
    number_size: float = 0.0
    caption_font: str = ""
    caption_size: float = 6.5
    tracking: float = 0.0
    ground: list[int] = field(default_factory=list)
    artwork: list[str] = field(default_factory=list)
    # The rules' declaration says these.
    mrz: str | None = None
    barcode: Barcode | None = None
    optional_data: str | None = None
    foreigners: bool = False
    date_form: str = ""
    document_number: Number | None = None

    @property
    def sides(self) -> list[Side]:
        """Front, and back where there is one."""
        return [self.front] + ([self.back] if self.back else [])


@dataclass(frozen=True)
class State:
    """What all documents of a state have in common."""

    languages: list[str]
    locales: list[str]
    ground: list[int]
    ink: list[int]
    accent: list[int]
    artwork: list[str]
    value_font: str
    caption_font: str
    documents: dict[str, Kind]
    # The rules' declaration says these.
    name: str
    code: str
    date_form: str
    document_number: Number
    calendar: str
    months: str
    personal_number: Number | None
    sexes: dict[str, str]
    number_font: str = fonts.OCR_B
    nationality: str = ""
    authorities: list[str] = field(default_factory=list)


_OF_STATE = ("name", "code", "date_form", "document_number", "calendar", "months", "personal_number", "sexes")
_OF_DOCUMENT = ("mrz", "barcode", "optional_data", "foreigners", "date_form", "document_number")


def load_state(layout: Path, declaration: Path) -> State:
    """The state of a layout and the rules' declaration."""
    declared, table = load_declaration(declaration), tomllib.loads(layout.read_text())
    documents = table.get("documents", {})
    # Rules may declare what nobody draws: documents of which there are pictures.
    if not set(documents) <= set(declared.documents):
        raise BadDeclaration(f"{layout.name}: its documents are not those that the rules declare")
    table["documents"] = {name: _kind(f"{layout.name} {name}", document, declared, name) for name, document in documents.items()}
    _not_declared_here(layout.name, table, _OF_STATE)
    state = made(State, {**table, **{key: getattr(declared, key) for key in _OF_STATE}}, layout.name)
    _check_choices(layout.name, state)
    for name, kind in state.documents.items():
        _check_document(f"{layout.name} {name}", state, kind, declared.documents[name].pages)
    return state


def _kind(where: str, table: dict, declaration: Declaration, name: str) -> Kind:
    _not_declared_here(where, table, _OF_DOCUMENT)
    declared = declaration.documents[name]
    sides = {key: _side(f"{where}.{key}", table[key]) for key in ("front", "back") if key in table}
    said = {
        "mrz": declared.zone,
        "barcode": declared.barcode,
        "optional_data": declared.optional_data,
        "foreigners": declared.foreigners,
        "date_form": declaration.date_form_of(name),
        "document_number": declaration.document_number_of(name),
    }
    return made(Kind, {**table, **sides, **said}, where)


def _side(where: str, table: dict) -> Side:
    kinds = {"mrz": MrzPlace, "barcode": BarcodePlace}
    places = {key: made(kind, table[key], f"{where}.{key}") for key, kind in kinds.items() if key in table}
    return made(Side, {**table, **places}, where)


def _not_declared_here(where: str, table: dict, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key in table:
            raise BadDeclaration(f"{where}: {key} is the rules' to declare")


def _one_of(where: str, key: str, value: str, choices) -> None:
    if value not in choices:
        raise BadDeclaration(f"{where}: {key} is {value}, which is none of {', '.join(sorted(choices))}")


def _check_choices(where: str, state: State) -> None:
    _one_of(where, "calendar", state.calendar, dates.CALENDARS)
    for form in (state.date_form, *(kind.date_form for kind in state.documents.values())):
        _one_of(where, "date_form", form, dates.DATE_FORMS)
    _one_of(where, "months", state.months, dates.MONTH_NAMES)
    for language in state.languages:
        _one_of(where, "languages", language, captions.LANGUAGES)
    for locale in state.locales:
        _one_of(where, "locales", locale, names.LOCALES)
    for number in [state.document_number, state.personal_number, *(kind.document_number for kind in state.documents.values())]:
        if number and number.check:
            _one_of(where, "check", number.check, numbers.CHECKS)


def _check_document(where: str, state: State, kind: Kind, pages: list[list[str]]) -> None:
    drawn = [[*side.places, *(["mrz"] if side.mrz else [])] for side in kind.sides]
    if drawn != pages:
        raise BadDeclaration(f"{where}: the fields of its sides are not those of the rules' pages, in their order")
    for name in (name for side in kind.sides for name in side.places):
        _one_of(where, "places", name, vocabulary.FIELD_NAMES)
    if (kind.barcode is not None) != any(side.barcode for side in kind.sides):
        raise BadDeclaration(f"{where}: a side has a place for the barcode, if there is one")
    if kind.barcode:
        _one_of(where, "barcode", kind.barcode.kind, BARCODE_KINDS)
    if kind.mrz:
        _one_of(where, "zone", kind.mrz, MRZ_KINDS)
    _one_of(where, "captions", kind.captions, ("words", "numerals"))
    for art in kind.artwork or state.artwork:
        _one_of(where, "artwork", art, ARTWORK)
