"""What states declare of their documents: the files that their rules are built from.

They belong to the rules, `plugins/STATE/document-types.toml`; `declarations/` links to them, so that a copy of this
package alone, as a cluster's workers get, has them too. `plugins/declaration` says what the keys mean, and refuses what
makes no sense when the rules are built.
"""

import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path


class BadDeclaration(ValueError):
    """A declaration that can't be drawn; the message names file, document and key."""


@dataclass(frozen=True)
class Number:
    """How a number is made up; see `numbers.fill`."""

    shape: str
    check: str | None = None


@dataclass(frozen=True)
class Barcode:
    """A barcode that repeats a document's fields, and whose it says it is."""

    kind: str
    issuer: str


@dataclass(frozen=True)
class DeclaredDocument:
    """A document type: the fields of its pages in reading order, and its zone."""

    pages: list[list[str]]
    zone: str | None = None
    barcode: Barcode | None = None
    # A field whose letters and digits are the zone's optional data.
    optional_data: str | None = None
    foreigners: bool = False
    date_form: str = ""
    document_number: Number | None = None


@dataclass(frozen=True)
class Declaration:
    """What all documents of a state have in common, and the documents."""

    name: str
    code: str
    date_form: str
    document_number: Number
    documents: dict[str, DeclaredDocument]
    calendar: str = "gregorian"
    months: str = "en"
    personal_number: Number | None = None
    sexes: dict[str, str] = field(default_factory=lambda: {"F": "F", "M": "M", "X": "X"})
    # Of the rules alone: what a value may be read as.
    characters: dict[str, str] = field(default_factory=dict)

    def date_form_of(self, document: str) -> str:
        """How a document writes dates."""
        return self.documents[document].date_form or self.date_form

    def document_number_of(self, document: str) -> Number:
        """How a document's own number is made up."""
        return self.documents[document].document_number or self.document_number


def made(kind: type, table: dict, where: str):
    """`kind` from a table, refusing keys it hasn't and missing ones."""
    known = {f.name: f for f in fields(kind)}
    for key in table:
        if key not in known:
            raise BadDeclaration(f"{where}: unknown key {key}")
    for name, f in known.items():
        if name not in table and f.default is MISSING and f.default_factory is MISSING:
            raise BadDeclaration(f"{where}: {name} is missing")
    return kind(**table)


def load_declaration(file: Path) -> Declaration:
    """The declaration of one file."""
    table = tomllib.loads(file.read_text())
    where = f"{file.name} of the rules"
    documents = {}
    for name, document in table.get("documents", {}).items():
        at = f"{where} {name}"
        barcode = {"barcode": made(Barcode, document["barcode"], f"{at}.barcode")} if "barcode" in document else {}
        documents[name] = made(DeclaredDocument, {**_with_numbers(document, at), **barcode}, at)
    return made(Declaration, {**_with_numbers(table, where), "documents": documents}, where)


def _with_numbers(table: dict, where: str) -> dict:
    numbers = {key: made(Number, table[key], f"{where}.{key}") for key in ("document_number", "personal_number") if key in table}
    return {**table, **numbers}


DECLARATIONS: dict[str, Declaration] = {file.stem: load_declaration(file) for file in sorted((Path(__file__).parent / "declarations").glob("*.toml"))}
