"""Draws a declared document: values of a holder, then each side's artwork, captions and fields."""

import numpy as np

from dossier_training import artwork, barcodes, captions, dates, fonts, mrz, names, numbers, people
from dossier_training.document import Document, categories, draw_mrz
from dossier_training.document_types.declared import Kind, Side, State
from dossier_training.page import LANDSCAPE, PORTRAIT, Ink, Page, colour_of

_EDGE, _GAP, _TRIES = 8.0, 5.0, 200
_EYES = ("BLUE", "BROWN", "GREEN", "GREY", "BLACK")


class DoesNotFit(RuntimeError):
    """No holder's values fit the places of a layout; the message names the field."""


def draw(rng: np.random.Generator, state: State, kind: Kind) -> Document:
    """One document. Values that their places can't hold are drawn again: nothing printed is cut."""
    trouble = ""
    for _ in range(_TRIES):
        person, values = _values(rng, state, kind)
        trouble = next((name for side in kind.sides for name in side.places if not _fits(state, kind, side, name, values[name])), "")
        if kind.barcode and not all(barcodes.holds(text) for text in values.values()):
            trouble = "barcode"
        if not trouble:
            break
    else:
        raise DoesNotFit(f"{kind.title}: {trouble}")
    pages, by_page = [], []
    for side in kind.sides:
        page = Page(colour_of(kind.ground or state.ground), size=PORTRAIT if kind.portrait else LANDSCAPE)
        _decorate(rng, page, state, kind, side)
        shown = {name: values[name] for name in side.places}
        for name, text in shown.items():
            _draw_field(page, state, kind, side, name, text)
        if side.mrz:
            shown["mrz"] = values["mrz"]
            ink = Ink(fonts.OCR_B, side.mrz.size, (15, 15, 20))
            draw_mrz(page, values["mrz"], side.mrz.left, side.mrz.top, side.mrz.line_pitch, side.mrz.character_pitch, ink)
        if side.barcode and kind.barcode:
            barcodes.draw_pdf417(page, barcodes.aamva(kind.barcode.issuer, person, values), side.barcode.left, side.barcode.top)
        pages.append(page)
        by_page.append(shown)
    return Document(pages, by_page)


def _values(rng: np.random.Generator, state: State, kind: Kind) -> tuple[people.Person, dict[str, str]]:
    person = people.person(rng, validity_years=kind.validity_years)
    locale = str(rng.choice(state.locales))
    surname, given_names = names.surname(rng, locale, 24), names.given_names(rng, locale, 24)
    day = lambda date: dates.date_text(date, kind.date_form, state.calendar, state.months)  # noqa: E731
    number_form = kind.document_number or state.document_number
    number = numbers.fill(rng, number_form.shape, number_form.check)
    personal = numbers.fill(rng, state.personal_number.shape, state.personal_number.check, person.birth) if state.personal_number else ""
    nationality = "Q" + people.letters(rng, 2) if kind.foreigners else state.code
    place = lambda: names.place(rng, locale, 20) or people.name(rng, 18, 2)  # noqa: E731
    values = {
        "surname": surname,
        "given_names": given_names,
        "full_name": f"{given_names} {surname}",
        "document_number": number,
        "personal_number": personal,
        "nationality": nationality if kind.foreigners or not state.nationality else state.nationality,
        "issuing_state": state.code,
        "date_of_birth": day(person.birth),
        "place_of_birth": place(),
        "sex": state.sexes[person.sex],
        "height": f"{int(rng.integers(140, 205))} CM",
        "eye_colour": str(rng.choice(_EYES)),
        "date_of_issue": day(person.issue),
        "date_of_expiry": day(person.expiry),
        "authority": f"{rng.choice(state.authorities)} {place()}" if state.authorities else place(),
        "address": f"{people.name(rng, 16, 2)} {int(rng.integers(1, 250))}",
        "categories": categories(rng),
        "restrictions": " ".join(people.digits(rng, 2) for _ in range(int(rng.integers(1, 3)))),
        "document_code": kind.mrz_code or kind.heading[0],
        "card_access_number": people.digits(rng, 6),
    }
    if kind.mrz:
        values["mrz"] = _mrz(state, kind, person, values, nationality)
    return person, values


def _letters_and_digits(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _mrz(state: State, kind: Kind, person: people.Person, values: dict[str, str], nationality: str) -> str:
    number = _letters_and_digits(values["document_number"])
    if kind.mrz == "licence":
        return mrz.licence(state.code, number, person.expiry, values["surname"])
    optional = _letters_and_digits(values[kind.optional_data]) if kind.optional_data else ""
    build = {"td1": mrz.td1, "td2": mrz.td2, "td3": mrz.td3}[str(kind.mrz)]
    return build(kind.mrz_code, state.code, values["surname"], values["given_names"], number, nationality, person.birth, person.sex, person.expiry, optional)


def _ink(state: State, kind: Kind, name: str, text: str) -> Ink:
    value_font, number_font = kind.value_font or state.value_font, kind.number_font or state.number_font
    if name.endswith("number") and fonts.covers(number_font, text):
        return Ink(number_font, kind.number_size or kind.value_size + 0.5, colour_of(state.ink))
    return Ink(value_font, kind.value_size, colour_of(state.ink), kind.tracking)


def _caption_ink(state: State, kind: Kind) -> Ink:
    faded = artwork.mixed(colour_of(state.accent), (90, 90, 90), 0.4)
    return Ink(kind.caption_font or state.caption_font, kind.caption_size, faded)


def _room(kind: Kind, side: Side, name: str) -> float:
    """How wide a field may be: to the next one of its row, to the photograph or to the page's edge."""
    left, top = side.places[name]
    width = PORTRAIT[0] if kind.portrait else LANDSCAPE[0]
    ends = [width - _EDGE] + [x - _GAP for x, y in side.places.values() if x > left and abs(y - top) < kind.value_size]
    for box in (side.photograph, side.ghost, [*side.chip, side.chip[0] + 30, side.chip[1] + 24] if side.chip else []):
        if box and box[0] > left and box[1] < top + 20 and top < box[3]:
            ends.append(box[0] - _GAP)
    return min(ends) - left


def _caption(state: State, kind: Kind, name: str, room: float) -> str:
    if kind.captions == "numerals":
        return captions.NUMERALS.get(name, "")
    words = list(dict.fromkeys(captions.CAPTIONS[language][name][0] for language in state.languages))
    ink = _caption_ink(state, kind)
    while len(words) > 1 and ink.width(" / ".join(words)) > room:
        words.pop()
    return " / ".join(words)


def _indent(state: State, kind: Kind, caption: str) -> float:
    return _caption_ink(state, kind).width(caption) + 4 if kind.beside and caption else 0.0


def _fits(state: State, kind: Kind, side: Side, name: str, text: str) -> bool:
    room = _room(kind, side, name)
    return 0 < len(text) <= 30 and _indent(state, kind, _caption(state, kind, name, room)) + _ink(state, kind, name, text).width(text) <= room


def _draw_field(page: Page, state: State, kind: Kind, side: Side, name: str, text: str) -> None:
    left, top = side.places[name]
    caption, ink, caption_ink = _caption(state, kind, name, _room(kind, side, name)), _ink(state, kind, name, text), _caption_ink(state, kind)
    if kind.captions == "numerals":
        page.caption(left - caption_ink.width(caption) - 4, top + ink.size - caption_ink.size, caption, caption_ink)
        page.value(left, top, text, ink, name)
    elif kind.beside:
        page.caption(left, top + ink.size - caption_ink.size, caption, caption_ink)
        page.value(left + _indent(state, kind, caption), top, text, ink, name)
    else:
        page.caption(left, top, caption, caption_ink)
        page.value(left, top + caption_ink.size + 1.2, text, ink, name)


def _decorate(rng: np.random.Generator, page: Page, state: State, kind: Kind, side: Side) -> None:
    accent = colour_of(state.accent)
    faint = artwork.mixed(page.background, accent, 0.16)
    for art in kind.artwork or state.artwork:
        if art == "gradient":
            artwork.gradient(page, artwork.mixed(page.background, accent, 0.22), 30)
        elif art == "bands":
            artwork.band(page, (0, 0, page.width, 22), artwork.mixed(page.background, accent, 0.3))
        elif art == "small-print":
            artwork.small_print(page, state.name.upper(), 9, faint)
        elif art == "rosette":
            artwork.rosette(page, (page.width * 0.68, page.height * 0.55), 70, 9, faint)
        elif art == "rays":
            artwork.rays(page, (page.width, 0), 90, faint)
        elif art == "emblem":
            artwork.emblem(page, (page.width * 0.55, page.height * 0.45), 40, 6, artwork.mixed(page.background, accent, 0.1))
        elif art == "guilloche":
            page.guilloche(rng, 9, 24)
    for where, text, size in ((side.state_name, state.name.upper(), 12.0), (side.heading, kind.heading, 9.0)):
        if where:
            page.caption(where[0], where[1], text, Ink(kind.caption_font or state.caption_font, where[2] if len(where) > 2 else size, accent))
    for box in (side.photograph, side.ghost):
        if box:
            left, top, right, bottom = box
            page.portrait(rng, (left, top, right, bottom))
    if side.chip:
        artwork.chip(page, *side.chip)
