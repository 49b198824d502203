"""A document: what stands on its pages, and a random one of a layout nobody ships.

A layout places fields; a document is a layout filled in. The three shipped document types are layouts
of their own (`document_types/`); the base is trained on random ones only.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dossier_training import fonts, mrz, people
from dossier_training.page import HEIGHT, WIDTH, Ink, Page


@dataclass(frozen=True)
class Document:
    """The drawn pages, and for each page its fields and their values in reading order."""

    pages: list[Page]
    fields: list[dict[str, str]]


CAPTIONS = {
    "surname": ("Surname", "Name / Nom", "Last name", "1. Surname", "Family name", "Nom"),
    "given_names": ("Given names", "Prénoms", "First names", "2. Given names", "Forenames"),
    "full_name": ("Full name", "Name", "Holder"),
    "document_number": ("Document No.", "Passport No.", "Card number", "No.", "5. Number", "Licence No."),
    "personal_number": ("Personal No.", "ID number", "Identity No."),
    "nationality": ("Nationality", "Nationalité", "Citizenship"),
    "issuing_state": ("Code of issuing State", "Issuing country", "Country code"),
    "date_of_birth": ("Date of birth", "Born", "Date de naissance", "3. Date of birth"),
    "place_of_birth": ("Place of birth", "Lieu de naissance", "Birthplace"),
    "sex": ("Sex", "Sexe", "Gender"),
    "height": ("Height", "Taille"),
    "eye_colour": ("Eyes", "Colour of eyes"),
    "date_of_issue": ("Date of issue", "Issued", "4a. Date of issue", "Valid from"),
    "date_of_expiry": ("Date of expiry", "Expires", "4b. Valid until", "Valid until"),
    "authority": ("Authority", "Issued by", "4c. Authority", "Autorité"),
    "address": ("Address", "Residence", "8. Address"),
    "categories": ("Categories", "9. Categories", "Classes"),
    "restrictions": ("Restrictions", "12. Codes"),
    "document_code": ("Type", "Code"),
    "card_access_number": ("CAN", "Access No."),
}

CATEGORY_CODES = ("AM", "A1", "A2", "A", "B1", "B", "C1", "C", "D1", "D", "BE", "CE", "T")


def categories(rng: np.random.Generator) -> str:
    """Driving-licence categories in their usual order."""
    chosen = sorted(rng.choice(len(CATEGORY_CODES), int(rng.integers(1, 6)), replace=False))
    return " ".join(CATEGORY_CODES[i] for i in chosen)


def values(rng: np.random.Generator, person: people.Person, date_form: str) -> dict[str, Callable[[], str]]:
    """How each field of the global list is made up for a person."""
    return {
        "surname": lambda: person.surname,
        "given_names": lambda: person.given_names,
        "full_name": lambda: f"{person.given_names} {person.surname}"[:28].strip(),
        "document_number": lambda: people.alphanumerics(rng, int(rng.integers(7, 11))),
        "personal_number": lambda: people.digits(rng, int(rng.integers(8, 13))),
        "nationality": lambda: people.letters(rng, 3),
        "issuing_state": lambda: people.letters(rng, 3),
        "date_of_birth": lambda: people.date_text(person.birth, date_form),
        "place_of_birth": lambda: person.place,
        "sex": lambda: person.sex,
        "height": lambda: f"{int(rng.integers(50, 210))} CM",
        "eye_colour": lambda: str(rng.choice(["BLUE", "BROWN", "GREEN", "GREY", "BLACK"])),
        "date_of_issue": lambda: people.date_text(person.issue, date_form),
        "date_of_expiry": lambda: people.date_text(person.expiry, date_form),
        "authority": lambda: people.name(rng, 22, 2),
        "address": lambda: f"{int(rng.integers(1, 300))} {people.name(rng, 18, 2)}",
        "categories": lambda: categories(rng),
        "restrictions": lambda: " ".join(people.digits(rng, 2) for _ in range(int(rng.integers(1, 4)))),
        "document_code": lambda: str(rng.choice(["P", "ID", "PP", "I", "DL", "PD"])),
        "card_access_number": lambda: people.digits(rng, 6),
    }


def draw_mrz(page: Page, text: str, x: float, y: float, line_pitch: float, character_pitch: float, ink: Ink) -> None:
    """Draws the lines of an MRZ; indices count the line breaks, as the field's text does."""
    start = 0
    for number, line in enumerate(text.split("\n")):
        page.spaced(x, y + number * line_pitch, line, character_pitch, ink, "mrz", start)
        start += len(line) + 1


@dataclass(frozen=True)
class _Style:
    font: str
    size: float
    colour: tuple[int, int, int]
    caption_font: str
    caption_size: float
    caption_colour: tuple[int, int, int]
    captions: bool
    date_form: str


def _style(rng: np.random.Generator) -> _Style:
    return _Style(
        font=str(rng.choice(fonts.TEXT_FONTS + (fonts.OCR_B,))),
        size=float(rng.uniform(11, 14.5)),
        colour=tuple(int(v) for v in rng.integers(0, 80, 3)),
        caption_font=str(rng.choice(fonts.TEXT_FONTS[:6])),
        caption_size=float(rng.uniform(6, 8)),
        caption_colour=tuple(int(v) for v in rng.integers(30, 150, 3)),
        captions=bool(rng.random() < 0.9),
        date_form=str(rng.choice(people.DATE_FORMS)),
    )


def _random_mrz(rng: np.random.Generator, person: people.Person) -> str:
    build = (mrz.td1, mrz.td2, mrz.td3)[int(rng.choice([0, 1, 2], p=[0.4, 0.15, 0.45]))]
    code = {"td1": "ID", "td2": "I", "td3": "P"}[build.__name__]
    number = people.alphanumerics(rng, int(rng.integers(7, 10)))
    optional = people.alphanumerics(rng, int(rng.integers(1, 7))) if rng.random() < 0.3 else ""
    state = people.letters(rng, 3)
    return build(code, state, person.surname, person.given_names, number, state, person.birth, person.sex, person.expiry, optional)


def random_document(rng: np.random.Generator) -> Document:
    """One page of a layout made for this document alone: shuffled fields in one or two columns, MRZ or none."""
    person, style = people.person(rng), _style(rng)
    page = Page(tuple(int(v) for v in rng.integers(175, 252, 3)))
    page.guilloche(rng, int(rng.integers(2, 10)), 34)
    page.caption(float(rng.uniform(10, 160)), float(rng.uniform(3, 8)), people.word(rng, 3).title(), Ink(style.caption_font, float(rng.uniform(8, 13)), style.caption_colour))
    mrz_text = _random_mrz(rng, person) if rng.random() < 0.55 else None
    mrz_lines = mrz_text.count("\n") + 1 if mrz_text else 0
    line_pitch = float(rng.uniform(16, 20))
    bottom = HEIGHT - 8 - mrz_lines * line_pitch - (4 if mrz_lines else 0)
    left, right = float(rng.uniform(8, 20)), WIDTH - 8.0
    if rng.random() < 0.7:
        width = float(rng.uniform(75, 105))
        top = float(rng.uniform(24, 40))
        photo_left = left if rng.random() < 0.8 else right - width
        page.portrait(rng, (photo_left, top, photo_left + width, min(bottom - 4, top + width * 1.28)))
        left, right = (left + width + float(rng.uniform(6, 16)), right) if photo_left == left else (left, photo_left - 6)

    makers = values(rng, person, style.date_form)
    waiting = list(rng.permutation(list(makers)))
    ink = Ink(style.font, style.size, style.colour)
    caption_ink = Ink(style.caption_font, style.caption_size, style.caption_colour)
    caption_height = style.caption_size + 1 if style.captions else 0.0
    row_height = style.size + caption_height + float(rng.uniform(4, 12))
    fields: dict[str, str] = {}
    y = float(rng.uniform(20, 30))
    while waiting and y + caption_height + style.size + 2 < bottom:
        x = left
        while waiting:
            field = waiting[-1]
            text = makers[field]()
            width = sum(fonts.advance(ink.font, ink.pixels, c) for c in text) / 2
            if x + width > right:
                if x == left:
                    waiting.pop()
                    continue
                break
            waiting.pop()
            fields[field] = text
            if style.captions:
                page.caption(x, y, str(rng.choice(CAPTIONS[field])), caption_ink)
            page.value(x, y + caption_height, text, ink, field)
            x += max(width + float(rng.uniform(12, 30)), float(rng.uniform(60, 120)))
            if x > right - 40:
                break
        y += row_height
    if mrz_text:
        per_line = mrz_text.index("\n")
        pitch = float(rng.uniform(7.9, (WIDTH - 16) / per_line)) if per_line > 40 else float(rng.uniform(9, min(11.8, (WIDTH - 16) / per_line)))
        x = float(rng.uniform(4, max(5, min(20, WIDTH - 6 - pitch * per_line))))
        mrz_ink = Ink(fonts.OCR_B, float(rng.uniform(12.8, 14.8)), tuple(int(v) for v in rng.integers(0, 60, 3)))
        draw_mrz(page, mrz_text, x, HEIGHT - 6 - mrz_lines * line_pitch, line_pitch, pitch, mrz_ink)
        fields["mrz"] = mrz_text
    return Document([page], [fields])
