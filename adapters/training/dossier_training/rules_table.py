"""Writes what the rules know of the declared document types: `plugins/states/src/document_types/`, a file a state.

    python -m dossier_training.rules_table --out ../../plugins/states/src

One declaration draws the documents and judges them; a test compares the files with what this writes.
"""

import argparse
import shutil
import subprocess
from pathlib import Path

from dossier_training.document_types import STATES
from dossier_training.document_types.declared import Kind, Number, State

_SCHEMES = {"icao": "Icao", "luhn": "Luhn", "ean": "Ean", "weighted-11": "Weighted11", "letter-23": "Letter23", "letter-31": "Letter31"}
_CALENDARS = {"gregorian": "Gregorian", "buddhist": "Buddhist", "solar-hijri": "SolarHijri"}
_LANGUAGES = {"fr": "French", "de": "German", "es": "Spanish", "pl": "Polish", "tr": "Turkish", "fi": "Finnish"}


class NotInRules(ValueError):
    """A declaration that the rules have no words for."""


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dates(state: State) -> str:
    form = state.date_form
    separators = {c for c in form if not c.isalpha()}
    parts = form.replace("MON", "M")
    for separator in separators:
        parts = parts.replace(separator, "")
    orders = {"DMY": "DayMonthYear", "MDY": "MonthDayYear", "YMD": "YearMonthDay"}
    if len(separators) != 1 or parts not in orders:
        raise NotInRules(f"{state.name}: date_form {form}")
    month = "MonthForm::Number"
    if "MON" in form:
        month = "MonthForm::EnglishCapitals" if state.months == "en" else f"MonthForm::Name(&[Language::{_LANGUAGES[state.months]}])"
    return (
        f"DateFormat {{ order: PartOrder::{orders[parts]}, separators: {_text(separators.pop())}, month: {month}, padded: true, "
        f"calendar: Calendar::{_CALENDARS[state.calendar]} }}"
    )


def _number(number: Number) -> str:
    check = f"Some(CheckScheme::{_SCHEMES[number.check]})" if number.check else "None"
    return f"NumberForm {{ shape: {_text(number.shape)}, check: {check} }}"


def _document(state_id: str, name: str, state: State, kind: Kind) -> str:
    zone = {None: "None", "licence": "Some(ZoneKind::LicenceLine)"}.get(kind.mrz, f"Some(ZoneKind::Icao(ZoneFormat::{(kind.mrz or '').title()}))")
    fields = []
    for page, side in enumerate(kind.sides):
        names = [*side.places, *(["mrz"] if side.mrz else [])]
        fields += [f"FieldRule {{ name: {_text(field)}, page: {page} }}" for field in names]
    places = {field for side in kind.sides for field in side.places}
    in_zone = "personal_number" in places and any(side.mrz and side.mrz.optional == "personal_number" for side in kind.sides)
    personal = f"Some({_number(state.personal_number)})" if state.personal_number and "personal_number" in places else "None"
    sexes = ", ".join(_text(state.sexes[sex]) for sex in "FMX")
    return f"""    DocumentType {{
        id: {_text(f"{state_id}/{name}")},
        pages: {len(kind.sides)},
        issuing_state: {_text(state.code)},
        nationality: Nationality::{"Any" if kind.foreigners else "Own"},
        dates: {_dates(state)},
        sexes: [{sexes}],
        zone: {zone},
        personal_number_in_zone: {"true" if in_zone else "false"},
        document_number: {_number(kind.document_number or state.document_number)},
        personal_number: {personal},
        fields: &[{", ".join(fields)}],
    }},
"""


def _used(body: str, module: str, names: tuple[str, ...]) -> str:
    found = [name for name in names if f"{name}::" in body or f"{name} {{" in body]
    return f"use {module}::{{{', '.join(found)}}};\n" if found else ""


def tables() -> dict[str, str]:
    """File name -> Rust, as rustfmt leaves it."""
    files = {}
    for state_id, state in STATES.items():
        body = "".join(_document(state_id, name, state, kind) for name, kind in state.documents.items())
        text = f"//! The document types of {state.name}; written by `python -m dossier_training.rules_table`.\n\n"
        text += _used(body, "dossier_rules_sdk::dates", ("Calendar", "DateFormat", "Language", "MonthForm", "PartOrder"))
        text += _used(body, "dossier_rules_sdk::zone", ("ZoneFormat",)) + "\n"
        text += _used(body, "crate", ("CheckScheme", "DocumentType", "FieldRule", "Nationality", "NumberForm", "ZoneKind")) + "\n"
        text += f"pub(super) static DOCUMENT_TYPES: [DocumentType; {len(state.documents)}] = [\n{body}];\n"
        files[f"document_types/{state_id}.rs"] = text
    modules = "".join(f"mod {state_id};\n" for state_id in STATES)
    chain = "".join(f".chain(&{state_id}::DOCUMENT_TYPES)" for state_id in list(STATES)[1:])
    text = "//! The document types of every state; written by `python -m dossier_training.rules_table`.\n\n"
    text += f"use crate::DocumentType;\n\n{modules}\n/// Every document type that these rules judge.\n"
    text += f"pub fn all() -> impl Iterator<Item = &'static DocumentType> {{\n{next(iter(STATES))}::DOCUMENT_TYPES.iter(){chain}\n}}\n"
    files["document_types.rs"] = text
    return {name: _formatted(text) for name, text in files.items()}


def _formatted(text: str) -> str:
    if not shutil.which("rustfmt"):
        raise NotInRules("rustfmt is not installed")
    options = ["rustfmt", "--edition", "2024", "--config", "use_small_heuristics=Max,max_width=100"]
    return subprocess.run(options, input=text, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the source folder of the rules' crate")
    options = parser.parse_args()
    (options.out / "document_types").mkdir(parents=True, exist_ok=True)
    for name, text in tables().items():
        (options.out / name).write_text(text)


if __name__ == "__main__":
    main()
